//! The general rule, for kinds nobody knows: condition Ready, else Available, else a state or phase, else that it exists.
//! Must never know any kind by name.

use super::read::{a_kind, condition, count, desired, number, replicas, want, want_condition};
use super::verdict::{Decides, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleTo, ScaleWrite, Verdict};
use crate::json::Value;

/// Words of `status.state` and `status.phase` that mean ready, compared without regard to case.
const READY_WORDS: &[&str] = &[
    "ready",
    "available",
    "active",
    "running",
    "succeeded",
    "success",
    "successful",
    "complete",
    "completed",
    "healthy",
    "bound",
    "established",
    "deployed",
    "installed",
    "synced",
    "online",
    "ok",
    "reconciled",
    "started",
    "up",
];

/// The general rule for `ready`.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status.as_object().is_none_or(|status| status.is_empty()) {
        return Verdict::Met("exists".to_owned());
    }
    for kind in ["Ready", "Available"] {
        if condition(object, kind).is_some() {
            return by_condition(object, kind);
        }
    }
    for field in ["state", "phase"] {
        if let Some(word) = status[field].as_str().filter(|word| !word.is_empty()) {
            let met = READY_WORDS.iter().any(|ready| ready.eq_ignore_ascii_case(word));
            let wanted = "a word that means ready, such as Ready or Available";
            let reason =
                || Reason::new(format!("/status/{field}"), word, wanted, format!("its {field} is {word}"));
            return if met { Verdict::Met(word.to_lowercase()) } else { Verdict::not_yet(reason()) };
        }
    }
    let message = "nothing in its status says whether it is ready (no condition Ready or Available, no state, no phase): \
                   wait for an expression";
    Verdict::not_yet(Reason::new(
        "/status",
        "neither",
        "condition Ready or Available, a state or a phase",
        message,
    ))
}

/// Ready when this one condition is True.
pub(crate) fn by_condition(object: &Value, kind: &str) -> Verdict {
    Verdict::unless(want_condition(object, kind).into_iter().collect(), || kind.to_lowercase())
}

/// The general rule for `scaled`, by `spec.replicas` and whichever counts the status gives.
pub(crate) fn scaled(object: &Value, _children: &[&Value]) -> Verdict {
    match number(&object["spec"]["replicas"]) {
        Some(wanted) => counted(object, wanted),
        None => {
            let message = "it states no spec.replicas, so there is no number to compare with";
            Verdict::not_yet(Reason::new("/spec/replicas", "nothing", "a number", message))
        }
    }
}

/// Met when every count that the status gives is the wanted number; one that gives none counts 0 replicas.
pub(crate) fn counted(object: &Value, wanted: i64) -> Verdict {
    let status = &object["status"];
    let given = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"];
    let mut given: Vec<&str> = given.into_iter().filter(|field| !status[*field].is_null()).collect();
    if given.is_empty() {
        given.push("replicas");
    }
    let mut reasons = Vec::new();
    for field in given {
        let actual = count(&status[field]);
        want(&mut reasons, &format!("/status/{field}"), actual, wanted, || {
            format!("{field} is {actual}, not {wanted}")
        });
    }
    Verdict::unless(reasons, || format!("{wanted}/{wanted} replicas"))
}

/// `scaled` of a kind that has no replicas at all.
pub(crate) fn never_scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let message = format!("nothing counts the replicas of {}", a_kind(object));
    Verdict::Never(vec![Reason::new("", "no counts", "a kind whose replicas are counted", message)])
}

/// `spec.replicas` decides for the object itself.
pub(crate) fn own_replicas(object: &Value) -> Vec<ScaleField> {
    let value = number(&object["spec"]["replicas"]);
    let deciding = value.map_or(Decides::Unset, |_| Decides::Field("/spec/replicas".to_owned()));
    vec![ScaleField { child: super::read::title(object), deciding, value, losing: Vec::new() }]
}

/// No field says how many.
pub(crate) fn no_replicas(_object: &Value) -> Vec<ScaleField> {
    Vec::new()
}

/// Scales through `/scale`, whatever the object says of `spec.replicas`.
pub(crate) fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    alone(object, request)?;
    let to = plain_number(object, request)?;
    Ok(vec![ScaleWrite {
        child: super::read::title(object),
        label: "replicas".to_owned(),
        pointer: "/spec/replicas".to_owned(),
        from: number(&object["spec"]["replicas"]),
        to,
        through_scale: true,
        parent: None,
        leaves: Vec::new(),
        tests: Vec::new(),
    }])
}

/// Refuses: this kind has no replicas to set.
pub(crate) fn not_scalable(object: &Value, _request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let message = format!("{} has no replicas that could be set", a_kind(object));
    Err(ScaleRefusal::new("", message, ""))
}

/// Refuses `predictor` and `component`, which only some kinds have.
pub(crate) fn alone(object: &Value, request: &ScaleRequest) -> Result<(), ScaleRefusal> {
    let part = request.predictor.map(|_| "predictors").or(request.component.map(|_| "components"));
    match part {
        None => Ok(()),
        Some(part) => {
            Err(ScaleRefusal::new("", format!("{} has no {part}", a_kind(object)), "Leave it out."))
        }
    }
}

/// The number asked for, in the range of an int32; bounds are refused.
pub(crate) fn plain_number(object: &Value, request: &ScaleRequest) -> Result<i64, ScaleRefusal> {
    match request.to {
        ScaleTo::Replicas(to) => in_range(to),
        ScaleTo::Bounds { .. } => {
            let message = format!("no autoscaler decides the replicas of {}", super::read::title(object));
            Err(ScaleRefusal::new("", message, "Write `scale: 2`, a plain number."))
        }
    }
}

/// Numbers of replicas are int32 and not negative.
pub(crate) fn in_range(to: i64) -> Result<i64, ScaleRefusal> {
    if (0..=i64::from(i32::MAX)).contains(&to) {
        return Ok(to);
    }
    Err(ScaleRefusal::new(
        "",
        format!("{to} is no number of replicas"),
        "It is a whole number from 0 to 2147483647.",
    ))
}

/// An autoscaler's two bounds as fields of the object itself.
pub(crate) struct Bounds {
    /// JSON pointer of the object that holds both.
    pub at: String,
    /// Names of the lower and the upper one.
    pub names: [&'static str; 2],
    /// What they are called on the console.
    pub label: String,
    /// Whom they bound.
    pub child: String,
}

/// The writes that set bounds; refused where the lower would exceed the upper one, or a plain number is asked for.
pub(crate) fn scale_bounds(
    object: &Value,
    bounds: &Bounds,
    to: ScaleTo,
) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let holder = object.pointer(&bounds.at).unwrap_or(&Value::Null);
    let now = bounds.names.map(|name| number(&holder[name]));
    let ScaleTo::Bounds { min, max } = to else {
        let told = |bound: Option<i64>| bound.map_or("its default".to_owned(), |bound| bound.to_string());
        let (low, high) = (told(now[0]), told(now[1]));
        let message =
            format!("an autoscaler decides the replicas of {}, between {low} and {high}", bounds.child);
        return Err(ScaleRefusal::new(
            bounds.at.clone(),
            message,
            "Change its bounds: `scale: { min: 1, max: 3 }`.",
        ));
    };
    for bound in [min, max].into_iter().flatten() {
        in_range(bound)?;
    }
    if let (Some(low), Some(high)) = (min.or(now[0]), max.or(now[1]))
        && low > high
    {
        let message =
            format!("the lower bound {low} would exceed the upper bound {high} of {}", bounds.child);
        return Err(ScaleRefusal::new(bounds.at.clone(), message, "Give both: `scale: { min: 1, max: 3 }`."));
    }
    let wanted = bounds.names.into_iter().zip(["at least", "at most"]).zip(now).zip([min, max]);
    let writes = wanted.filter_map(|(((name, limit), from), to)| {
        Some(ScaleWrite {
            child: bounds.child.clone(),
            label: format!("{} {limit}", bounds.label),
            pointer: format!("{}/{name}", bounds.at),
            from,
            to: to?,
            through_scale: false,
            parent: None,
            leaves: Vec::new(),
            tests: Vec::new(),
        })
    });
    Ok(writes.collect())
}

/// `2 replicas, as asked`, for kinds whose own replicas are counted.
pub(crate) fn as_asked(object: &Value) -> String {
    format!("{}, as asked", replicas(desired(object)))
}
