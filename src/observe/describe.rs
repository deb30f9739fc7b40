//! An object and all that it owns in lines for people: what stands in them, their states, and what happened to them.
//! Must never show what a Secret holds, nor judge.

use crate::diagnosis::{Scene, ready};
use crate::json::Value;
use crate::json::pointer::escaped;
use crate::kinds::{Occurrence, Verdict, because, dotted, items, text, title};

/// How many Pods of one owner are told whole; of the others a line each.
const MOST_PODS: usize = 5;
/// The longest value that is told whole.
const LONGEST: usize = 300;
/// Fields that say nothing to people, or are told otherwise.
const SILENT: &[&str] = &[
    "/metadata/managedFields",
    "/metadata/uid",
    "/metadata/generation",
    "/metadata/generateName",
    "/metadata/resourceVersion",
    "/metadata/name",
    "/metadata/namespace",
    "/metadata/ownerReferences",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    "/metadata/annotations/seldon.io~1last-applied",
    "/status/conditions",
    "/apiVersion",
    "/kind",
];

/// The root and what it owns, each below its owner: two blanks a level.
pub fn describe(scene: &Scene) -> Vec<String> {
    let mut lines = Vec::new();
    let root = scene.root();
    lines.push(headline(root));
    lines.extend(identity(root));
    let owners = items(&root["metadata"]["ownerReferences"]).iter();
    lines.extend(owners.map(|owner| format!("  owned by {}/{}", text(&owner["kind"]), text(&owner["name"]))));
    lines.push(match ready(scene) {
        Verdict::Met(words) => format!("  ready: {words}"),
        Verdict::NotYet(reasons) | Verdict::Never(reasons) => {
            let why: Vec<&str> = reasons.iter().map(|reason| reason.message.as_str()).collect();
            format!("  not ready: {}", why.join("; "))
        }
    });
    body(scene, root, 1, &mut lines);
    below(scene, root, 1, &mut lines);
    lines
}

fn headline(object: &Value) -> String {
    let namespace = text(&object["metadata"]["namespace"]);
    if namespace.is_empty() { title(object) } else { format!("{} in {namespace}", title(object)) }
}

/// What tells an object from others of its name, and one state of it from another.
fn identity(object: &Value) -> Option<String> {
    let metadata = &object["metadata"];
    let part = |word: &str, value: &Value| {
        let told = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!value.is_null()).then(|| format!("{word}{told}"))
    };
    let parts = [
        part("", &object["apiVersion"]),
        part("uid ", &metadata["uid"]),
        part("generation ", &metadata["generation"]),
        part("version ", &metadata["resourceVersion"]),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("  {}", parts.join(", ")))
}

/// What an owner owns, one level deeper.
fn below(scene: &Scene, owner: &Value, depth: usize, lines: &mut Vec<String>) {
    let uid = &owner["metadata"]["uid"];
    let owned = scene.owned().iter().filter(|object| {
        let mut owners = items(&object["metadata"]["ownerReferences"]).iter();
        // Of several owners the one that controls it tells of it, so that nothing is told twice.
        let controller = owners.clone().find(|owner| owner["controller"] == true).or(owners.next());
        uid.is_string() && controller.is_some_and(|owner| owner["uid"] == *uid)
    });
    let (mut pods, indent) = (0, "  ".repeat(depth));
    for object in owned.filter(|_| depth < 8) {
        lines.push(format!("{indent}{}", title(object)));
        let is_pod = object["kind"] == "Pod";
        pods += usize::from(is_pod);
        if is_pod && pods > MOST_PODS {
            lines.push(format!("{indent}  phase {}", text(&object["status"]["phase"])));
            continue;
        }
        body(scene, object, depth + 1, lines);
        below(scene, object, depth + 1, lines);
    }
}

/// What stands in an object, its states, and what happened to it.
fn body(scene: &Scene, object: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    if !object["metadata"]["deletionTimestamp"].is_null() {
        lines.push(format!("{indent}is being deleted"));
    }
    for condition in items(&object["status"]["conditions"]) {
        let (kind, status, why) = (text(&condition["type"]), text(&condition["status"]), because(condition));
        let since = condition["lastTransitionTime"].as_str();
        let since = since.map_or_else(String::new, |since| format!(" (since {since})"));
        lines.push(format!("{indent}condition {kind} {status}{why}{since}"));
    }
    lines.extend(scene.users(object).map(|pod| format!("{indent}used by {}", title(pod))));
    for (list, word) in [("initContainerStatuses", "init container"), ("containerStatuses", "container")] {
        for entry in items(&object["status"][list]) {
            lines.push(format!("{indent}{word} {}", container(entry)));
        }
    }
    let mut fields = Vec::new();
    flatten(object, "", object["kind"] == "Secret", &mut fields);
    lines.extend(fields.into_iter().map(|field| format!("{indent}{field}")));
    for event in scene.events_of(object) {
        lines.push(format!("{indent}event {}", occurrence(event)));
    }
}

/// `Warning BackOff (3 times since 2026-01-01T00:00:00Z, last 2026-01-01T00:01:00Z, kubelet): again`
fn occurrence(event: &Occurrence) -> String {
    let times = match (event.count, event.first.as_str()) {
        (0 | 1, _) => String::new(),
        (count, "") => format!("{count} times, last "),
        (count, first) => format!("{count} times since {first}, last "),
    };
    let source = if event.source.is_empty() { String::new() } else { format!(", {}", event.source) };
    format!("{} {} ({times}{}{source}): {}", event.sort, event.reason, event.last, event.message)
}

fn container(entry: &Value) -> String {
    let state = entry["state"].as_object().and_then(|state| state.iter().next());
    let state = state.map_or_else(
        || "not started".to_owned(),
        |(word, detail)| {
            let code =
                detail["exitCode"].as_i64().map(|code| format!(" with exit code {code}")).unwrap_or_default();
            format!("{word}{code}{}", because(detail))
        },
    );
    let last = &entry["lastState"]["terminated"];
    let before = match last["exitCode"].as_i64() {
        Some(code) => format!(", before that terminated with exit code {code}{}", because(last)),
        None => String::new(),
    };
    let ready = if entry["ready"] == true { "ready" } else { "not ready" };
    let restarts = entry["restartCount"].as_i64().unwrap_or(0);
    format!("{}: {ready}, {state}{before}, {restarts} restarts", text(&entry["name"]))
}

/// Every field with its value, `spec.replicas: 2`; of a Secret's data only how much it is.
fn flatten(value: &Value, at: &str, secret: bool, into: &mut Vec<String>) {
    if SILENT.contains(&at) {
        return;
    }
    let hidden = secret && (at.starts_with("/data/") || at.starts_with("/stringData/"));
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = escaped(key);
                flatten(value, &format!("{at}/{key}"), secret, into);
            }
        }
        Value::Array(list) if list.iter().any(|item| item.is_object() || item.is_array()) => {
            list.iter()
                .enumerate()
                .for_each(|(index, item)| flatten(item, &format!("{at}/{index}"), secret, into));
        }
        Value::Null => {}
        Value::Object(map) if map.is_empty() => {}
        Value::Array(list) if list.is_empty() => {}
        value => {
            let told = match value {
                _ if hidden => format!("{} bytes", text(value).len()),
                Value::String(text) => text.as_str().to_owned(),
                other => other.to_string(),
            };
            let cut = told.char_indices().nth(LONGEST).map(|(end, _)| format!("{}…", &told[..end]));
            into.push(format!("{}: {}", dotted(at), cut.unwrap_or(told)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn an_object_is_told_with_all_that_it_owns_and_what_happened() {
        let root = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "shop", "uid": "d",
            "generation": 1, "labels": { "app": "web" } }, "spec": { "replicas": 1 }, "status": { "observedGeneration": 1,
            "conditions": [{ "type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable" }] } });
        let set = json!({ "kind": "ReplicaSet", "metadata": { "name": "web-1", "uid": "r", "ownerReferences": [{ "uid": "d", "controller": true }] } });
        let pod = json!({ "kind": "Pod", "metadata": { "name": "web-1-a", "uid": "p", "ownerReferences": [{ "uid": "r", "controller": true }] },
            "spec": { "containers": [{ "name": "app", "image": "web:1", "args": ["-v"] }] },
            "status": { "containerStatuses": [{ "name": "app", "ready": false, "restartCount": 2,
                "state": { "waiting": { "reason": "CrashLoopBackOff" } }, "lastState": { "terminated": { "exitCode": 1, "reason": "Error" } } }] } });
        let event = json!({ "kind": "Event", "metadata": { "uid": "e" }, "involvedObject": { "kind": "Pod", "name": "web-1-a", "uid": "p" },
            "type": "Warning", "reason": "BackOff", "message": "again", "count": 3, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:01:00Z",
            "source": { "component": "kubelet" } });
        let scene = Scene::new(root, vec![event, pod, set]);
        let wanted = "Deployment/web in shop
  apps/v1, uid d, generation 1
  not ready: 0 of 1 replica available; 0 of 1 replica updated; 0 of 1 replica made
  condition Available False: MinimumReplicasUnavailable
  metadata.labels.app: web
  spec.replicas: 1
  status.observedGeneration: 1
  ReplicaSet/web-1
    Pod/web-1-a
      container app: not ready, waiting: CrashLoopBackOff, before that terminated with exit code 1: Error, 2 restarts
      spec.containers[0].name: app
      spec.containers[0].image: web:1
      spec.containers[0].args: [\"-v\"]
      status.containerStatuses[0].name: app
      status.containerStatuses[0].ready: false
      status.containerStatuses[0].restartCount: 2
      status.containerStatuses[0].state.waiting.reason: CrashLoopBackOff
      status.containerStatuses[0].lastState.terminated.exitCode: 1
      status.containerStatuses[0].lastState.terminated.reason: Error
      event Warning BackOff (3 times since 2026-01-01T00:00:00Z, last 2026-01-01T00:01:00Z, kubelet): again";
        assert_eq!(describe(&scene).join("\n"), wanted);
    }

    #[test]
    fn a_secret_keeps_its_secrets() {
        let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "keys", "uid": "s",
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{ s3cret }" } }, "data": { "token": "czNjcmV0" } });
        let told = describe(&Scene::new(secret, Vec::new())).join("\n");
        assert!(
            told.contains("data.token: 8 bytes") && !told.contains("czNjcmV0") && !told.contains("s3cret"),
            "{told}"
        );
    }
}
