//! Judges a condition on an object: combines its parts, asks `kinds` what names mean, and gates all of it by freshness.
//! It must never fetch anything: what is judged is what is seen.

use crate::cluster::Written;
use crate::event::Unmet;
use crate::json::pointer::unescaped;
use crate::json::{Text, Value};
use crate::kinds::{self, Freshness, Reason, Verdict};
use crate::playbook::condition::{Condition, Named};
use crate::playbook::expression::{self, Truth};
use crate::source::Span;

/// What judging gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Observation {
    /// The condition holds; in short, how, where there is more to say than that.
    Met(String),
    /// It does not hold, and why.
    NotYet(Vec<Why>),
    /// It will never hold, and why.
    Never(Vec<Why>),
}

/// A part of a condition that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Why {
    /// What is, beside what is wanted.
    pub unmet: Unmet,
    /// A sentence for one line, where there is one that is better.
    pub sentence: Option<Text>,
    /// The part as written.
    pub span: Span,
}

impl Why {
    /// In a line.
    pub(super) fn words(&self) -> String {
        self.sentence.as_ref().map_or_else(|| self.unmet.to_string(), Text::to_string)
    }

    /// In a line that says which object it is, for one among several.
    pub(super) fn words_with_name(&self) -> String {
        let words = self.words();
        if words.contains(&*self.unmet.object) { words } else { format!("{}: {words}", self.unmet.object) }
    }

    /// What its sentence says beyond the actual value and the wanted one.
    pub(super) fn more(&self) -> Option<String> {
        let Unmet { actual, wanted, .. } = &self.unmet;
        let sentence = self.sentence.as_ref()?;
        let says_less = sentence.contains(actual.as_str()) && sentence.contains(wanted.as_str());
        (!says_less).then(|| self.words_with_name())
    }
}

/// What is seen of an object.
pub(super) struct Sight<'v> {
    /// Its name, `Kind/name`.
    pub name: &'v str,
    /// The object; none where it is not there.
    pub object: Option<&'v Value>,
    /// The objects that its kind's rules look at too.
    pub children: &'v [&'v Value],
    /// The last write of this run to it.
    pub written: Option<&'v Written>,
    /// Whether what is seen is older than that write.
    pub outdated: bool,
    /// Whether the children cannot be read.
    pub childless: bool,
}

/// Answers for conditions on other objects, by where they are written.
pub(super) type Elsewhere<'e> = &'e dyn Fn(Span) -> Observation;

/// Whether a status could be believed, and what then.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Belief {
    /// The status speaks of the object as it is, and why.
    Fresh(Option<String>),
    /// It does not, and which clause is missing.
    Stale(Why),
    /// Nothing tells: what is true at first must stay true for a while after a write.
    Settle,
}

/// Judges a condition on what is seen, freshness left aside.
pub(super) fn judge(condition: &Condition, sight: &Sight<'_>, elsewhere: Elsewhere<'_>) -> Observation {
    if sight.object.is_none() && !is_presence(condition) && !is_elsewhere(condition) {
        return Observation::NotYet(vec![why(
            condition.span(),
            sight.name,
            "",
            "not there",
            "",
            Some(format!("{} is not there", sight.name)),
        )]);
    }
    match condition {
        Condition::Expression(expression) => {
            truth(expression.judge(sight.object.unwrap_or(&Value::Null)), sight)
        }
        Condition::Entry(entry) => truth(entry.judge(sight.object.unwrap_or(&Value::Null)), sight),
        Condition::Like(like) => truth(like.judge(sight.object.unwrap_or(&Value::Null)), sight),
        Condition::Named(named) => named_condition(named.value, named.span, sight),
        Condition::All(parts, _) => all(parts.iter().map(|part| judge(part, sight, elsewhere)).collect()),
        Condition::Any(parts, _) => any(parts.iter().map(|part| judge(part, sight, elsewhere)).collect()),
        Condition::Not(part, span) => match judge(part, sight, elsewhere) {
            Observation::Met(_) => {
                let wanted = format!("not {}", part.source());
                Observation::NotYet(vec![why(
                    *span,
                    sight.name,
                    &part.source(),
                    "so",
                    &wanted,
                    Some(format!("{}: {} still holds", sight.name, part.source())),
                )])
            }
            Observation::NotYet(_) | Observation::Never(_) => {
                Observation::Met(format!("not {}", part.source()))
            }
        },
        Condition::On(on) => match elsewhere(on.span) {
            Observation::Met(words) => Observation::Met(format!("{}: {words}", on.target.source())),
            other => other,
        },
    }
}

fn named_condition(named: Named, span: Span, sight: &Sight<'_>) -> Observation {
    let verdict = match (named, sight.object) {
        (Named::Exists, Some(_)) => return Observation::Met("there".into()),
        (Named::Absent, None) => return Observation::Met("gone".into()),
        (Named::Absent, Some(object)) => {
            return Observation::NotYet(vec![still_there(span, sight.name, object)]);
        }
        (_, None) => {
            let sentence = Some(format!("{} is not there", sight.name));
            return Observation::NotYet(vec![why(span, sight.name, "", "not there", "", sentence)]);
        }
        (Named::Ready, Some(object)) => kinds::ready(object, sight.children),
        (Named::Scaled, Some(object)) => {
            let before = sight.written.and_then(|written| written.spec_before.as_ref());
            match before.and_then(|before| kinds::written_in_vain(object, before)) {
                Some(reason) => Verdict::Never(vec![reason]),
                None => kinds::scaled(object, sight.children),
            }
        }
    };
    let told = |reasons: Vec<Reason>| reasons.into_iter().map(|reason| told(span, sight, reason)).collect();
    match verdict {
        Verdict::Met(words) => Observation::Met(words),
        Verdict::NotYet(reasons) => Observation::NotYet(told(reasons)),
        Verdict::Never(reasons) => Observation::Never(told(reasons)),
    }
}

fn still_there(span: Span, name: &str, object: &Value) -> Why {
    let metadata = object.get("metadata");
    let finalizers: Vec<&str> = metadata
        .and_then(|metadata| metadata.get("finalizers"))
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |finalizers| finalizers.iter().filter_map(Value::as_str).collect());
    let deleting = metadata.is_some_and(|metadata| metadata.get("deletionTimestamp").is_some());
    let state = match (deleting, finalizers.as_slice()) {
        (true, []) => "being deleted".to_owned(),
        (true, finalizers) => format!("being deleted, held by the finalizer {}", finalizers.join(", ")),
        (false, _) => "there".to_owned(),
    };
    let sentence = if deleting { format!("{name} is {state}") } else { format!("{name} is still there") };
    why(span, name, "", &state, "gone", Some(sentence))
}

fn told(span: Span, sight: &Sight<'_>, reason: Reason) -> Why {
    let path = reason.entry().unwrap_or_else(|| path_of(&reason.pointer));
    let object = reason.object.unwrap_or_else(|| sight.name.to_owned());
    let sentence =
        if object == sight.name { reason.message.clone() } else { format!("{object}: {}", reason.message) };
    Why {
        unmet: Unmet {
            object: object.into(),
            path: path.into(),
            actual: reason.actual.into(),
            wanted: reason.wanted.into(),
        },
        sentence: Some(sentence.into()),
        span,
    }
}

fn why(span: Span, object: &str, path: &str, actual: &str, wanted: &str, sentence: Option<String>) -> Why {
    let unmet =
        Unmet { object: object.into(), path: path.into(), actual: actual.into(), wanted: wanted.into() };
    Why { unmet, sentence: sentence.map(Text::from), span }
}

fn truth(truth: Truth, sight: &Sight<'_>) -> Observation {
    let told = |unmet: expression::Unmet| {
        let expression::Unmet { span, path, actual, wanted } = unmet;
        why(span, sight.name, &path, &actual, &wanted, None)
    };
    match truth {
        Truth::Met => Observation::Met(String::new()),
        Truth::Unmet(parts) => Observation::NotYet(parts.into_iter().map(told).collect()),
    }
}

/// All of them hold; one that never will decides.
pub(super) fn all(parts: Vec<Observation>) -> Observation {
    let mut words = Vec::new();
    let mut open = Vec::new();
    for part in parts {
        match part {
            Observation::Met(met) if met.is_empty() => {}
            Observation::Met(met) => words.push(met),
            Observation::NotYet(whys) => open.extend(whys),
            never @ Observation::Never(_) => return never,
        }
    }
    if open.is_empty() { Observation::Met(words.join(", ")) } else { Observation::NotYet(open) }
}

/// One of them holds; only where none ever will, it never does.
fn any(parts: Vec<Observation>) -> Observation {
    let mut whys = Vec::new();
    let mut hope = false;
    for part in parts {
        match part {
            Observation::Met(words) => return Observation::Met(words),
            Observation::NotYet(open) => {
                hope = true;
                whys.extend(open);
            }
            Observation::Never(closed) => whys.extend(closed),
        }
    }
    if hope { Observation::NotYet(whys) } else { Observation::Never(whys) }
}

/// Whether a condition is made only of `exists` and `absent`, so that it can be judged on what is not there.
pub(super) fn is_presence(condition: &Condition) -> bool {
    match condition {
        Condition::Named(named) => matches!(named.value, Named::Exists | Named::Absent),
        Condition::All(parts, _) | Condition::Any(parts, _) => parts.iter().all(is_presence),
        Condition::Not(part, _) => is_presence(part),
        Condition::Expression(_) | Condition::Entry(_) | Condition::Like(_) | Condition::On(_) => false,
    }
}

/// Whether a condition is only about other objects.
fn is_elsewhere(condition: &Condition) -> bool {
    match condition {
        Condition::On(_) => true,
        Condition::All(parts, _) | Condition::Any(parts, _) => {
            !parts.is_empty() && parts.iter().all(|part| is_elsewhere(part) || is_presence(part))
        }
        Condition::Not(part, _) => is_elsewhere(part),
        Condition::Expression(_) | Condition::Entry(_) | Condition::Like(_) | Condition::Named(_) => false,
    }
}

/// Whether a condition waits for an object not to be there.
pub(super) fn wants_absence(condition: &Condition) -> bool {
    match condition {
        Condition::Named(named) => named.value == Named::Absent,
        Condition::All(parts, _) | Condition::Any(parts, _) => parts.iter().any(wants_absence),
        Condition::Not(part, _) => {
            matches!(part.as_ref(), Condition::Named(named) if named.value == Named::Exists)
        }
        Condition::Expression(_) | Condition::Entry(_) | Condition::Like(_) | Condition::On(_) => false,
    }
}

/// Whether a condition looks at the status of the object itself.
fn on_status(condition: &Condition) -> bool {
    match condition {
        Condition::Expression(expression) => {
            expression.queries().iter().any(|used| may_see_status(used.query.source()))
        }
        Condition::Entry(_) => true,
        Condition::Like(like) => like.value().get("status").is_some(),
        Condition::Named(named) => matches!(named.value, Named::Ready | Named::Scaled),
        Condition::All(parts, _) | Condition::Any(parts, _) => parts.iter().any(on_status),
        Condition::Not(part, _) => on_status(part),
        Condition::On(_) => false,
    }
}

/// Whether a query's first step may select `status`: by that name, by a wildcard, a filter or by descent.
fn may_see_status(query: &str) -> bool {
    let rest = query
        .trim()
        .trim_start_matches(['$', '@', '{'])
        .trim_start_matches('.')
        .trim_start_matches(['[', ' ', '\'', '"']);
    let name: String =
        rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_' || *char == '-').collect();
    name.is_empty() || name == "status"
}

/// Whether the status may be believed, before the condition is judged: the language reference's "Fresh status".
pub(super) fn believe(condition: &Condition, sight: &Sight<'_>) -> Belief {
    let Some(object) = sight.object else { return Belief::Fresh(None) };
    let stale = |message: String, actual: &str, wanted: &str| {
        Belief::Stale(why(condition.span(), sight.name, "", actual, wanted, Some(message)))
    };
    if sight.outdated {
        let version = sight.written.map_or("", |written| written.resource_version.as_str());
        let message = format!("{} as seen is older than this run's write", sight.name);
        return stale(message, "an older state", &format!("resourceVersion {version} or later"));
    }
    if !on_status(condition) {
        return Belief::Fresh(None);
    }
    if sight.childless {
        return Belief::Settle;
    }
    let written = sight.written.map(|written| kinds::Written {
        resource_version: written.resource_version.clone(),
        spec_before: written.spec_before.clone(),
        generation_changed: written.generation_changed,
    });
    let named = named_entries(condition, object);
    let freshness = match (kinds::freshness(object, sight.children, written.as_ref()), named) {
        // The conditions that are asked for say themselves which generation they speak of.
        (Freshness::Fresh(_) | Freshness::Unknowable, Some(Freshness::Stale(reason))) => {
            Freshness::Stale(reason)
        }
        (Freshness::Unknowable, Some(fresh)) => fresh,
        (freshness, _) => freshness,
    };
    match freshness {
        Freshness::Fresh(evidence) => Belief::Fresh(Some(format!("{}: {evidence}", sight.name))),
        Freshness::Stale(reason) => {
            let mut why = told(condition.span(), sight, reason);
            why.sentence = why.sentence.map(|sentence| format!("status not fresh yet: {sentence}").into());
            Belief::Stale(why)
        }
        Freshness::Unknowable => Belief::Settle,
    }
}

/// What the entries of `status.conditions` that a condition names say of their generation: the first that is stale, else
/// fresh if all of them are; nothing where one does not say, or none is named.
fn named_entries(condition: &Condition, object: &Value) -> Option<Freshness> {
    let mut said = Vec::new();
    condition.leaves(&mut |leaf, elsewhere| {
        if let (Condition::Entry(entry), None) = (leaf, elsewhere) {
            said.push(kinds::condition_freshness(object, &entry.kind).unwrap_or(Freshness::Unknowable));
        }
    });
    if let Some(stale) = said.iter().find(|said| matches!(said, Freshness::Stale(_))) {
        return Some(stale.clone());
    }
    let all = !said.is_empty() && said.iter().all(|said| matches!(said, Freshness::Fresh(_)));
    all.then(|| said.swap_remove(0))
}

/// A JSON Pointer as a JSONPath, for people: `/spec/predictors/0/replicas` is `spec.predictors[0].replicas`.
pub(super) fn path_of(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = unescaped(segment);
        if segment.bytes().all(|byte| byte.is_ascii_digit()) && !segment.is_empty() {
            path.push_str(&format!("[{segment}]"));
        } else if segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            && !segment.is_empty()
        {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        } else {
            path.push_str(&format!("['{segment}']"));
        }
    }
    path
}
