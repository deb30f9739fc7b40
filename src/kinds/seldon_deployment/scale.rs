//! Scaling a SeldonDeployment: at the field that decides, never at one that loses; and writes that hit one that loses.
//! Must never know how a field is written.

use super::children::{AUTOSCALERS, Child, Role, expected, predictors, replicas};
use crate::json::Value;
use crate::kinds::general::{Bounds, in_range, scale_bounds};
use crate::kinds::read::{dotted, items, number, text, told};
use crate::kinds::verdict::{Decides, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleTo, ScaleWrite};
use std::collections::BTreeMap;

/// A child with what decides its replicas, and whether the request means it.
struct Part {
    child: Child,
    field: ScaleField,
    chosen: bool,
}

/// Every child's deciding field (explainers excepted), each once. A field that children decide by which are not meant is left
/// alone: a nearer one, heard by those that are meant alone, is written in its place.
pub(crate) fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let parts = parts(object, request)?;
    match request.to {
        ScaleTo::Replicas(to) => scale_to(object, &parts, in_range(to)?),
        ScaleTo::Bounds { .. } => scale_autoscalers(object, &parts, request.to),
    }
}

fn parts(object: &Value, request: &ScaleRequest) -> Result<Vec<Part>, ScaleRefusal> {
    let all = predictors(object);
    let wanted = match request.predictor {
        Some(asked) => Some(
            by_name_or_index(all.len(), asked, |at| text(&all[at]["name"]) == asked).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|predictor| text(&predictor["name"])).collect();
                ScaleRefusal::new(
                    "/spec/predictors",
                    format!("there is no predictor {asked}"),
                    format!("Name one of: {}.", names.join(", ")),
                )
            })?,
        ),
        None => None,
    };
    let scalable =
        expected(object).into_iter().filter(|child| child.role != Role::Explainer && !child.optional);
    let parts: Vec<Part> = scalable
        .map(|child| {
            let field = replicas(object, &child);
            let component =
                request.component.is_none_or(|asked| is_component(&all[child.predictor], &child, asked));
            let chosen = component && wanted.is_none_or(|at| at == child.predictor);
            Part { child, field, chosen }
        })
        .collect();
    if parts.iter().any(|part| part.chosen) {
        return Ok(parts);
    }
    let children: Vec<&str> = parts.iter().map(|part| part.child.name.as_str()).collect();
    Err(match request.component {
        Some(asked) => {
            let help = format!("Its Deployments are: {}.", children.join(", "));
            ScaleRefusal::new("/spec/predictors", format!("there is no component {asked}"), help)
        }
        None => ScaleRefusal::new(
            "/spec/predictors",
            "its predictors make no Deployments that could be scaled",
            "",
        ),
    })
}

fn by_name_or_index(len: usize, asked: &str, is_name: impl Fn(usize) -> bool) -> Option<usize> {
    (0..len).find(|at| is_name(*at)).or_else(|| asked.parse().ok().filter(|at| *at < len))
}

fn is_component(predictor: &Value, child: &Child, asked: &str) -> bool {
    let Role::Component(index) = child.role else { return asked == "svc-orch" };
    let named = |at: usize| {
        let component = &predictor["componentSpecs"][at];
        let containers = items(&component["spec"]["containers"]);
        component["metadata"]["name"] == *asked
            || containers.iter().any(|container| container["name"] == *asked)
    };
    let count = items(&predictor["componentSpecs"]).len().max(1);
    let injected = index == 0 && child.name.ends_with(&format!("-{asked}")) && !(0..count).any(named);
    injected || by_name_or_index(count, asked, named) == Some(index)
}

fn scale_to(object: &Value, parts: &[Part], to: i64) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    if let Some(owned) =
        parts.iter().find(|part| part.chosen && matches!(part.field.deciding, Decides::Autoscaler { .. }))
    {
        return scale_bounds(object, &bounds(object, owned)?, ScaleTo::Replicas(to));
    }
    let mut writes: BTreeMap<String, (Vec<String>, &Part)> = BTreeMap::new();
    for part in parts.iter().filter(|part| part.chosen) {
        let pointer = target(object, parts, part)?;
        writes.entry(pointer).or_insert_with(|| (Vec::new(), part)).0.push(part.child.title());
    }
    Ok(writes
        .into_iter()
        .map(|(pointer, (children, part))| write(object, pointer, children.join(", "), part, to))
        .collect())
}

/// The field to write for a part: where its number is decided now, if only chosen parts are decided there, else a nearer one.
fn target(object: &Value, parts: &[Part], part: &Part) -> Result<String, ScaleRefusal> {
    let at = part.child.predictor;
    let now = decided_at(part);
    if parts.iter().all(|other| other.chosen || decided_at(other) != now) {
        return Ok(now);
    }
    let of_predictor = format!("/spec/predictors/{at}/replicas");
    let shared = |other: &&Part| other.child.predictor == at && decided_at(other) == now;
    if now != of_predictor && parts.iter().filter(shared).all(|other| other.chosen) {
        return Ok(of_predictor);
    }
    match part.child.role {
        Role::Component(index) if object["spec"]["predictors"][at]["componentSpecs"][index].is_object() => {
            Ok(format!("/spec/predictors/{at}/componentSpecs/{index}/replicas"))
        }
        Role::Orchestrator => Ok(format!("/spec/predictors/{at}/svcOrchSpec/replicas")),
        _ => {
            let message =
                format!("{} has no replicas field of its own, and {now} is shared", part.child.title());
            Err(ScaleRefusal::new(now, message, "Add a componentSpec for it."))
        }
    }
}

fn decided_at(part: &Part) -> String {
    match &part.field.deciding {
        Decides::Field(pointer) => pointer.clone(),
        Decides::Unset => "/spec/replicas".to_owned(),
        Decides::Autoscaler { pointer, .. } => pointer.clone(),
    }
}

fn write(object: &Value, pointer: String, child: String, part: &Part, to: i64) -> ScaleWrite {
    let predictor = &predictors(object)[part.child.predictor];
    let name = text(&predictor["name"]);
    let label = match pointer.rsplit_once('/').map(|(holder, _)| holder) {
        Some("/spec") => "replicas".to_owned(),
        Some(holder) if holder.ends_with("/svcOrchSpec") => format!("predictor {name} orchestrator"),
        Some(holder) if holder.contains("/componentSpecs/") => {
            format!("predictor {name} component {}", index_of(holder))
        }
        _ => format!("predictor {name}"),
    };
    let parent =
        pointer.strip_suffix("/replicas").filter(|holder| object.pointer(holder).is_none_or(Value::is_null));
    let decided = part.field.deciding != Decides::Unset;
    let stated = part.field.value.filter(|_| decided).map(|value| (decided_at(part), value));
    let others = stated.into_iter().chain(part.field.losing.iter().cloned());
    ScaleWrite {
        child,
        label,
        from: object.pointer(&pointer).and_then(number),
        to,
        through_scale: pointer == "/spec/replicas",
        parent: parent.map(str::to_owned),
        leaves: others.filter(|(other, value)| *other != pointer && *value != to).collect(),
        tests: guards(object, &pointer),
        pointer,
    }
}

fn index_of(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// Tests that what the list indices of a pointer lead to is still what was read there.
fn guards(object: &Value, pointer: &str) -> Vec<(String, Value)> {
    let mut tests = Vec::new();
    let mut at = String::new();
    for segment in pointer.split('/').skip(1) {
        at = format!("{at}/{segment}");
        let item = object.pointer(&at).filter(|_| segment.parse::<usize>().is_ok());
        let known = ["/name", "/metadata/name", "/spec/containers/0/name"];
        let name = item.and_then(|item| {
            known.iter().find_map(|name| Some((name, item.pointer(name).filter(|name| name.is_string())?)))
        });
        tests.extend(name.map(|(name, value)| (format!("{at}{name}"), value.clone())));
    }
    tests
}

fn scale_autoscalers(object: &Value, parts: &[Part], to: ScaleTo) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let scaled = |part: &&Part| part.chosen && matches!(part.field.deciding, Decides::Autoscaler { .. });
    let mut writes = Vec::new();
    for part in parts.iter().filter(scaled) {
        for bound in scale_bounds(object, &bounds(object, part)?, to)? {
            let tests = guards(object, &bound.pointer);
            writes.push(ScaleWrite { tests, ..bound });
        }
    }
    if writes.is_empty() {
        let help = "Write a plain number: `scale: 2`.";
        return Err(ScaleRefusal::new("/spec/predictors", "no autoscaler decides the replicas here", help));
    }
    Ok(writes)
}

fn bounds(object: &Value, part: &Part) -> Result<Bounds, ScaleRefusal> {
    let at = decided_at(part);
    let scaler = AUTOSCALERS.iter().find(|(name, _)| at.ends_with(&format!("/{name}")));
    let Some((_, names)) = scaler else {
        return Err(ScaleRefusal::new(at, format!("no autoscaler decides for {}", part.child.title()), ""));
    };
    let name = text(&predictors(object)[part.child.predictor]["name"]);
    Ok(Bounds { at, names: *names, label: format!("predictor {name}"), child: part.child.title() })
}

/// The run changed a replicas field that decides for no child, to a number that the deciding field (which it left alone) does not say.
pub(crate) fn written_in_vain(object: &Value, spec_before: &Value) -> Option<Reason> {
    let fields: Vec<ScaleField> = expected(object).iter().map(|child| replicas(object, child)).collect();
    let before = |pointer: &str| spec_before.pointer(pointer.strip_prefix("/spec")?);
    let same_predictor = |pointer: &str| {
        let end = pointer.match_indices('/').nth(4).map_or(pointer.len(), |(end, _)| end);
        let name = format!("{}/name", &pointer[..end]);
        !pointer.starts_with("/spec/predictors/") || before(&name) == object.pointer(&name)
    };
    let changed = |pointer: &str| before(pointer) != object.pointer(pointer);
    let decides =
        |pointer: &str| fields.iter().any(|field| field.deciding == Decides::Field(pointer.to_owned()));
    for field in &fields {
        let (deciding, settled, says) = match &field.deciding {
            Decides::Field(pointer) => (pointer, field.value, told(&field.value.into())),
            Decides::Autoscaler { pointer, .. } => (pointer, None, "an autoscaler".to_owned()),
            Decides::Unset => continue,
        };
        let vain = field.losing.iter().find(|(pointer, value)| {
            Some(*value) != settled && !decides(pointer) && same_predictor(pointer) && changed(pointer)
        });
        if let Some((pointer, value)) = vain.filter(|_| !changed(deciding)) {
            let (written, heard) = (dotted(pointer), dotted(deciding));
            let message = format!(
                "{written} was written, but {heard} ({says}) decides for {}: write that one",
                field.child
            );
            return Some(Reason::new(
                pointer.clone(),
                value.to_string(),
                format!("{heard} ({says})"),
                message,
            ));
        }
    }
    None
}
