//! Reviews: may I, may they, who am I. Objects that are asked by being created, and are not kept.
//! It must never decide by anything but the rules.

use crate::json::{Value, json};

use super::call::Call;
use super::decode;
use super::management;
use super::managers::Managers;
use super::meta;
use super::refusal::Refusal;
use super::reply::Reply;
use super::rights::{Deed, allowed, rules, why};
use super::state::State;
use super::user::User;
use crate::rehearsal::builtin::Fault;

/// Whether the kind is one that is asked and not kept.
pub fn is_review(call: &Call<'_>) -> bool {
    matches!(call.resource.group.as_str(), "authorization.k8s.io" | "authentication.k8s.io")
        && call.resource.custom.is_none()
}

/// Answers a review.
///
/// # Errors
/// 400 or 422 for one that asks nothing.
pub fn review(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut review = decode::object(call)?;
    meta::edit(&mut review, |meta| meta.retain(|_, value| !value.is_null()));
    if let Some(review) = review.as_object_mut() {
        review.shift_remove("status");
    }
    let now = state.clock.seconds();
    let resource = &*call.resource;
    match resource.plural.as_str() {
        "selfsubjectreviews" => {
            let who = json!({ "username": call.user.name, "uid": call.user.name, "groups": call.user.all_groups() });
            meta::edit(&mut review, |meta| meta.insert("creationTimestamp".into(), now.into()));
            review["status"] = json!({ "userInfo": who });
        }
        "selfsubjectrulesreviews" => {
            let namespace = review["spec"]["namespace"].as_str().unwrap_or_default().to_owned();
            if namespace.is_empty() {
                return Err(Refusal::bad_request("no namespace on request"));
            }
            review["spec"] = json!({});
            review["status"] = told_rules(state, call.user, &namespace);
        }
        "tokenreviews" => {
            review["status"] = json!({ "user": {}, "error": "invalid bearer token" });
        }
        _ => {
            let user = match resource.plural.as_str() {
                "selfsubjectaccessreviews" => call.user.clone(),
                _ => named(&review),
            };
            let (allowed, why) = judge(state, &user, &review)?;
            let brought = Managers::taken(&mut review);
            review = management::updated(call, None, &review, brought, &now).on(review);
            review["status"] = json!({ "allowed": allowed });
            if let Some(why) = why {
                review["status"]["reason"] = why.into();
            }
        }
    }
    Ok(Reply { code: 201, ..Reply::json(review) })
}

/// Of whom a review asks.
fn named(review: &Value) -> User {
    let spec = &review["spec"];
    let groups = spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
    User {
        name: spec["user"].as_str().unwrap_or_default().into(),
        groups: groups.map(str::to_owned).collect(),
    }
}

/// Whether a user may, and by which rule.
fn judge(state: &State, user: &User, review: &Value) -> Result<(bool, Option<String>), Refusal> {
    // Masters may without any rule, but where a rule lets everybody it is told.
    let told = |deed: &Deed<'_>| {
        let why = why(state, user, deed);
        (allowed(state, user, deed), why.filter(|_| !user.is_master()))
    };
    let spec = &review["spec"];
    let (objects, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    match (objects.is_object(), path.is_object()) {
        (true, false) => {
            let part = |key: &str| text(objects, key);
            let (verb, group, plural, below) =
                (part("verb"), part("group"), part("resource"), part("subresource"));
            let (namespace, name) = (part("namespace"), part("name"));
            let deed = Deed::Objects {
                verb: &verb,
                group: &group,
                plural: &plural,
                subresource: &below,
                namespace: &namespace,
                name: &name,
            };
            Ok(told(&deed))
        }
        (false, true) => {
            let (verb, path) = (text(path, "verb"), text(path, "path"));
            Ok(told(&Deed::Path { verb: &verb, path: &path }))
        }
        _ => {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            // As Go shows the second of both; null if there is none.
            let shown = match path.is_object() {
                true => json!({ "Path": path["path"], "Verb": path["verb"] }),
                false => Value::Null,
            };
            let fault = Fault::invalid("spec", shown, why);
            Err(Refusal::invalid("authorization.k8s.io", "", "", &[fault]))
        }
    }
}

fn told_rules(state: &State, user: &User, namespace: &str) -> Value {
    let mut all = rules(state, user, namespace);
    if user.is_master() {
        let everything = json!([
            { "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] },
            { "verbs": ["*"], "nonResourceURLs": ["*"] },
        ]);
        let known: Vec<Value> = everything.as_array().cloned().unwrap_or_default();
        all.extend(known.into_iter().filter(|rule| !all.contains(rule)).collect::<Vec<_>>());
    }
    let (paths, objects): (Vec<Value>, Vec<Value>) =
        all.into_iter().partition(|rule| rule.get("nonResourceURLs").is_some());
    json!({ "resourceRules": objects, "nonResourceRules": paths, "incomplete": false })
}
