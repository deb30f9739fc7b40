//! What may be done about a write whose answer was lost: judged by the object from before the first attempt
//! and the object as it is now. Pure.
//! Never sends anything.

use crate::json::{Value, json};

use super::effect::{json_patch_is_visible, merge_is_visible};
use super::error::Status;

/// What kind of write it is, as far as repeating it goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Repeat {
    /// Carried out twice, it does what it does once: an unguarded merge, a scale.
    Always,
    /// The same, and it may have made the object: server-side apply.
    Apply { manager: String },
    /// It cannot be looked at.
    Never,
    /// A second attempt is refused if the first was carried out.
    Create { manager: String },
    /// Each operation counts; `guarded` by a resourceVersion of the caller's.
    Json { operations: Value, guarded: bool },
    /// A merge patch with a resourceVersion in it.
    GuardedMerge { patch: Value },
    /// A patch with a resourceVersion in it whose effect cannot be computed here.
    Guarded,
}

/// What a look has shown.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Nothing was carried out, or it does no harm twice. `made`: the lost attempt made the object.
    SendAgain { made: bool },
    /// The same, with this body, which cannot be carried out twice.
    SendInstead(Value),
    /// It was carried out; this is the object.
    Done(Value),
}

const AGAIN: Verdict = Verdict::SendAgain { made: false };

impl Repeat {
    /// Judges by the object as it was and as it is. An error says why it cannot be told.
    pub fn judge(&self, before: Option<&Value>, now: Option<Value>) -> Result<Verdict, String> {
        Ok(match self {
            Repeat::Always => AGAIN,
            Repeat::Never => return Err("it cannot be looked at".into()),
            Repeat::Apply { manager } => {
                let ours = |now: Value| is_managed_by(&now, manager, "Apply");
                Verdict::SendAgain { made: before.is_none() && now.is_some_and(ours) }
            }
            Repeat::Create { manager } => match now {
                // It was not there before and was made under our name: that was this write.
                Some(now) if before.is_none() && is_managed_by(&now, manager, "Update") => Verdict::Done(now),
                // Otherwise the server refuses the second attempt in its own words.
                _ => AGAIN,
            },
            Repeat::Json { operations, guarded } => match (before, now) {
                (Some(before), Some(now)) if version(before) == version(&now) => match guarded {
                    true => AGAIN,
                    false => Verdict::SendInstead(guard(operations, &now)),
                },
                (Some(before), Some(now)) => match json_patch_is_visible(before, &now, operations) {
                    true => Verdict::Done(now),
                    false => return somebody_wrote(),
                },
                _ => AGAIN,
            },
            Repeat::GuardedMerge { patch } => match (before, now) {
                (Some(before), Some(now)) if version(before) != version(&now) => {
                    match merge_is_visible(&now, patch) {
                        true => Verdict::Done(now),
                        false => return somebody_wrote(),
                    }
                }
                _ => AGAIN,
            },
            Repeat::Guarded => match (before, now) {
                (Some(before), Some(now)) if version(before) != version(&now) => return somebody_wrote(),
                _ => AGAIN,
            },
        })
    }

    /// True if a second attempt is answered so because the first one was carried out.
    pub fn may_be_an_echo(&self, status: &Status) -> bool {
        match self {
            Repeat::Create { .. } => status.reason == "AlreadyExists",
            Repeat::Json { .. } => matches!(status.code, 409 | 422),
            Repeat::GuardedMerge { .. } | Repeat::Guarded => status.code == 409,
            Repeat::Always | Repeat::Apply { .. } | Repeat::Never => false,
        }
    }

    /// True for a 409 that only means that others wrote at the same moment: to the object or, for one that is
    /// made, to the quota it counts against.
    pub fn is_lost_race(&self, status: &Status) -> bool {
        let raced = status.code == 409 && status.message.contains("the object has been modified");
        let made = status.code == 409 && status.reason == "AlreadyExists";
        match self {
            Repeat::Always | Repeat::Apply { .. } => raced || made,
            Repeat::Create { .. } | Repeat::Never => raced,
            Repeat::Json { guarded, .. } => raced && !guarded,
            Repeat::GuardedMerge { .. } | Repeat::Guarded => false,
        }
    }
}

fn somebody_wrote() -> Result<Verdict, String> {
    Err("the object was written meanwhile, and it does not show this write's effect".into())
}

fn version(object: &Value) -> (&Value, &Value) {
    (&object["metadata"]["uid"], &object["metadata"]["resourceVersion"])
}

fn is_managed_by(object: &Value, manager: &str, operation: &str) -> bool {
    let entries = object["metadata"]["managedFields"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().any(|entry| entry["manager"] == manager && entry["operation"] == operation)
}

/// Puts a test of the version seen in front, so that a first attempt still under way spoils this one.
fn guard(operations: &Value, now: &Value) -> Value {
    let version = &now["metadata"]["resourceVersion"];
    let test = json!({ "op": "test", "path": "/metadata/resourceVersion", "value": version });
    let rest = operations.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut guarded: Vec<Value> = rest.to_vec();
    guarded.retain(|operation| *operation != test);
    guarded.insert(0, test);
    guarded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: &str, replicas: i64, args: &[&str]) -> Value {
        json!({
            "metadata": {"uid": "u", "resourceVersion": version,
                "managedFields": [{"manager": "seldonplay", "operation": "Update"}]},
            "spec": {"replicas": replicas, "args": args},
        })
    }

    fn json_patch() -> Repeat {
        let operations = json!([
            {"op": "test", "path": "/spec/replicas", "value": 1},
            {"op": "replace", "path": "/spec/replicas", "value": 2},
            {"op": "add", "path": "/spec/args/-", "value": "b"},
        ]);
        Repeat::Json { operations, guarded: false }
    }

    #[test]
    fn a_json_patch_is_sent_again_only_where_nothing_was_written_and_then_guarded() {
        let before = object("1", 1, &["a"]);
        let Ok(Verdict::SendInstead(body)) = json_patch().judge(Some(&before), Some(before.clone())) else {
            panic!("not sent again");
        };
        assert_eq!(body[0], json!({"op": "test", "path": "/metadata/resourceVersion", "value": "1"}));
        assert_eq!(body.as_array().map(Vec::len), Some(4));
    }

    #[test]
    fn a_json_patch_whose_effect_shows_was_carried_out() {
        let before = object("1", 1, &["a"]);
        let done = object("3", 2, &["a", "b"]);
        assert_eq!(json_patch().judge(Some(&before), Some(done.clone())), Ok(Verdict::Done(done)));
        let half = object("3", 2, &["a"]);
        assert!(json_patch().judge(Some(&before), Some(half)).is_err());
        let twice = object("3", 2, &["a", "b", "b"]);
        assert!(json_patch().judge(Some(&before), Some(twice)).is_err());
    }

    #[test]
    fn a_created_object_is_ours_only_if_it_was_not_there_and_bears_our_name() {
        let repeat = Repeat::Create { manager: "seldonplay".into() };
        let now = object("1", 1, &[]);
        assert_eq!(repeat.judge(None, Some(now.clone())), Ok(Verdict::Done(now.clone())));
        assert_eq!(repeat.judge(Some(&now), Some(now.clone())), Ok(AGAIN));
        assert_eq!(repeat.judge(None, None), Ok(AGAIN));
        let other = Repeat::Create { manager: "kubectl".into() };
        assert_eq!(other.judge(None, Some(now)), Ok(AGAIN));
    }

    #[test]
    fn an_apply_that_made_the_object_before_its_answer_was_lost_has_made_it() {
        let repeat = Repeat::Apply { manager: "seldonplay".into() };
        let mut now = object("1", 1, &[]);
        now["metadata"]["managedFields"][0]["operation"] = "Apply".into();
        assert_eq!(repeat.judge(None, Some(now.clone())), Ok(Verdict::SendAgain { made: true }));
        assert_eq!(repeat.judge(Some(&now), Some(now.clone())), Ok(AGAIN));
        assert_eq!(repeat.judge(None, Some(object("1", 1, &[]))), Ok(AGAIN));
        assert_eq!(repeat.judge(None, None), Ok(AGAIN));
    }

    #[test]
    fn a_guarded_merge_counts_as_done_only_if_it_shows() {
        let patch = json!({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 2, "gone": null}});
        let repeat = Repeat::GuardedMerge { patch };
        let before = object("1", 1, &[]);
        assert_eq!(repeat.judge(Some(&before), Some(before.clone())), Ok(AGAIN));
        let done = object("2", 2, &[]);
        assert_eq!(repeat.judge(Some(&before), Some(done.clone())), Ok(Verdict::Done(done)));
        assert!(repeat.judge(Some(&before), Some(object("2", 1, &[]))).is_err());
        let blind = Repeat::Guarded.judge(Some(&before), Some(object("2", 2, &[])));
        assert!(blind.is_err());
    }
}
