//! What holds a deletion.
//! Must never know how to remove it.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{items, text, title};

/// The conditions of a Namespace that tell why it is not gone.
const HELD: &[&str] = &[
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
];

/// The namespace of the root is being deleted, and the root is not.
pub(super) fn namespace(scene: &Scene) -> Vec<Finding> {
    if is_going(scene.root()) {
        return Vec::new();
    }
    let name = &scene.root()["metadata"]["namespace"];
    let going = scene
        .around("Namespace")
        .filter(|namespace| namespace["metadata"]["name"] == *name && is_going(namespace));
    let told = going.map(|namespace| {
        let what = format!("its namespace {} is being deleted, so nothing new is made in it", text(name));
        Finding::new("namespace", title(scene.root()), what)
            .shown_by_all(held(namespace))
            .fix("Wait until the namespace is gone and make it anew, or use another one.")
    });
    told.collect()
}

/// The root is being deleted: its own finalizers hold it, or those of what it owns.
pub(super) fn finalizer(scene: &Scene) -> Vec<Finding> {
    let root = scene.root();
    if !is_going(root) {
        return Vec::new();
    }
    if root["kind"] == "Namespace" {
        return emptied(scene);
    }
    let mut found = Vec::new();
    let below = scene.owned().iter().filter(|object| is_going(object));
    for object in below.chain([root]) {
        for finalizer in items(&object["metadata"]["finalizers"]).iter().map(text) {
            let (why, fix) = meaning(scene, object, finalizer);
            let what = format!("it is being deleted, and held by the finalizer {finalizer}{why}");
            let since = text(&object["metadata"]["deletionTimestamp"]);
            found.push(
                Finding::new("finalizer", title(object), what)
                    .shown_by(format!("{}: deleted at {since}", title(object)))
                    .fix(fix),
            );
        }
    }
    if found.is_empty() {
        let what = "it is being deleted, and nothing in it holds it: it goes when its grace period is over";
        found.push(Finding::new("finalizer", title(root), what));
    }
    found
}

/// A Namespace that is being deleted: what is left in it, and what holds that.
fn emptied(scene: &Scene) -> Vec<Finding> {
    let root = scene.root();
    let here = |object: &&Value| object["metadata"]["namespace"] == root["metadata"]["name"];
    let mut inside: Vec<&Value> = scene.things_around().filter(here).collect();
    inside.sort_by_cached_key(|object| title(object));
    let is_held = |object: &&&Value| !items(&object["metadata"]["finalizers"]).is_empty();
    let told = held(root);
    let what = match (inside.iter().find(is_held), inside.as_slice(), told.first()) {
        (Some(object), ..) => {
            let finalizer = text(&object["metadata"]["finalizers"][0]);
            let (why, _) = meaning(scene, object, finalizer);
            let name = title(object);
            format!("it is being deleted, and {name} in it is held by the finalizer {finalizer}{why}")
        }
        (None, [], None) => "it is being deleted; its objects go first".to_owned(),
        (None, [], Some(first)) => format!("it is being deleted, and not gone: {first}"),
        (None, [only], _) => format!("it is being deleted, and {} is still in it", title(only)),
        (None, [first, rest @ ..], _) => {
            format!("it is being deleted, and {} and {} more are still in it", title(first), rest.len())
        }
    };
    let left = inside.iter().map(|object| {
        let finalizers: Vec<&str> = items(&object["metadata"]["finalizers"]).iter().map(text).collect();
        let state = if is_going(object) { "is being deleted" } else { "is still there" };
        let by = if finalizers.is_empty() {
            String::new()
        } else {
            format!(", held by {}", finalizers.join(", "))
        };
        format!("{} {state}{by}", title(object))
    });
    vec![
        Finding::new("finalizer", title(root), what)
            .shown_by_all(told)
            .shown_by_all(left.take(MOST_LEFT))
            .fix(FIX),
    ]
}

/// How many objects are named that are left in a Namespace.
const MOST_LEFT: usize = 10;

const FIX: &str = "See whether the controller that it waits for runs; take the finalizer out by hand only if nobody else will.";

/// What a finalizer waits for, as far as it is one of those that everybody has.
fn meaning(scene: &Scene, object: &Value, finalizer: &str) -> (String, &'static str) {
    match finalizer {
        "foregroundDeletion" => {
            let left: Vec<String> =
                scene.owned().iter().map(title).filter(|owned| *owned != title(object)).take(3).collect();
            let left = if left.is_empty() { String::new() } else { format!(": {}", left.join(", ")) };
            (format!(", until what it owns is gone{left}"), "See what holds those that it owns.")
        }
        "orphan" => (
            ", until what it owns is set free".to_owned(),
            "The cluster's garbage collector does that; see whether it runs.",
        ),
        "kubernetes.io/pvc-protection" => {
            let user = scene.users(object).next().map_or_else(|| "a Pod".to_owned(), title);
            (format!(", since {user} still uses it"), "Delete the Pods that use the claim.")
        }
        "kubernetes.io/pv-protection" => {
            (", since a claim still uses it".to_owned(), "Delete the claim that uses the volume.")
        }
        "service.kubernetes.io/load-balancer-cleanup" => (
            ", until its load balancer is gone".to_owned(),
            "See whether the cloud's controller manager runs.",
        ),
        "seldon.model.finalizer" => (
            ", until the scheduler has unloaded the model".to_owned(),
            "See whether the Seldon scheduler runs and can reach the server.",
        ),
        // By convention a finalizer begins with the domain of whoever takes it out.
        _ => match finalizer.split_once('/') {
            Some((domain, _)) => (format!(", until the controller of {domain} takes it out"), FIX),
            None => (", until whoever put it there takes it out".to_owned(), FIX),
        },
    }
}

fn is_going(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// What a Namespace says of why it is not gone.
fn held(namespace: &Value) -> Vec<String> {
    let conditions = items(&namespace["status"]["conditions"]).iter();
    let told = conditions
        .filter(|condition| condition["status"] == "True" && HELD.contains(&text(&condition["type"])));
    let mut told: Vec<(usize, String)> = told
        .map(|condition| {
            let rank = HELD.iter().position(|held| condition["type"] == **held).unwrap_or(HELD.len());
            (rank, text(&condition["message"]).to_owned())
        })
        .collect();
    told.sort();
    told.into_iter().map(|(_, message)| message).collect()
}
