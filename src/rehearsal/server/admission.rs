//! What the server's own admission does with a write: fills in, and refuses, by looking at other objects.
//! It must never know what one kind's fields may hold.

use crate::json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::state::State;
use super::{addresses, limits, meta, quota};

/// Fills in what other objects decide, and refuses what they forbid. Comes before validation.
///
/// # Errors
/// 403.
pub fn admit(
    state: &mut State,
    call: &Call<'_>,
    object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    let resource = &*call.resource;
    if resource.is("", "pods") && old.is_none() && call.subresource.is_empty() {
        limits::fill_in(state, call.namespace, object);
        rank(state, call, object)?;
        give_account(state, call, object)?;
        tolerate(object);
    }
    if resource.is("", "persistentvolumeclaims") && old.is_none() && call.subresource.is_empty() {
        protect_claim(object);
    }
    match resource.is("", "services") {
        true => addresses::give(state, call, object, old),
        false => Ok(()),
    }
}

/// A claim stays until no pod uses it any more.
fn protect_claim(claim: &mut Value) {
    const PROTECTED: &str = "kubernetes.io/pvc-protection";
    let mut finalizers = meta::finalizers(claim);
    if !finalizers.iter().any(|finalizer| finalizer == PROTECTED) {
        finalizers.push(PROTECTED.into());
        meta::edit(claim, |meta| meta.insert("finalizers".into(), json!(finalizers)));
    }
}

/// Refuses what is valid in itself, and not with what else there is. Comes after validation.
///
/// # Errors
/// 403.
pub fn validate(
    state: &mut State,
    call: &Call<'_>,
    object: &Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    if call.resource.is("", "pods") && old.is_none() && call.subresource.is_empty() {
        limits::check(state, call, object)?;
    }
    quota::charge(state, call, object, old)
}

/// The priority that a pod's class stands for.
fn rank(state: &State, call: &Call<'_>, pod: &mut Value) -> Result<(), Refusal> {
    let class = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_owned();
    let (mut priority, mut preemption) = (json!(0), json!("PreemptLowerPriority"));
    if !class.is_empty() {
        let Some(class) = state.find("scheduling.k8s.io", "priorityclasses", "", &class) else {
            let why = format!("no PriorityClass with name {class} was found");
            return Err(Refusal::forbidden(&call.resource, meta::text(pod, "name"), why));
        };
        priority = class["value"].clone();
        preemption = class["preemptionPolicy"].clone();
    }
    let given = &pod["spec"]["priority"];
    if !given.is_null() && *given != priority {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name"
        );
        return Err(Refusal::forbidden(&call.resource, meta::text(pod, "name"), why));
    }
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("priority".into(), priority);
        if !preemption.is_null() {
            spec.entry("preemptionPolicy").or_insert(preemption);
        }
    }
    Ok(())
}

/// The service account of a pod, and the volume with its token.
fn give_account(state: &mut State, call: &Call<'_>, pod: &mut Value) -> Result<(), Refusal> {
    let name = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    let name = name.unwrap_or("default").to_owned();
    let account = state.find("", "serviceaccounts", call.namespace, &name);
    // The account of a new namespace comes a moment after it; a real server waits for it.
    if account.is_none() && name != "default" {
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            call.namespace
        );
        return Err(Refusal::forbidden(&call.resource, meta::text(pod, "name"), why));
    }
    let account = account.unwrap_or_default();
    let wanted =
        [&pod["spec"], &account].into_iter().find_map(|from| from["automountServiceAccountToken"].as_bool());
    let volume = format!("kube-api-access-{}", state.random.suffix(5));
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    spec.insert("serviceAccountName".into(), name.clone().into());
    spec.insert("serviceAccount".into(), name.into());
    if let (Value::Array(secrets), false) =
        (&account["imagePullSecrets"], spec.contains_key("imagePullSecrets"))
    {
        spec.insert("imagePullSecrets".into(), json!(secrets));
    }
    if wanted == Some(false) {
        return Ok(());
    }
    const PLACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let mut mounted = false;
    for key in ["initContainers", "containers"] {
        let containers = spec.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
            let Some(mounts) = mounts.as_array_mut() else { continue };
            if mounts.iter().all(|mount| mount["mountPath"] != PLACE) {
                mounts.push(json!({ "name": volume, "readOnly": true, "mountPath": PLACE }));
                mounted = true;
            }
        }
    }
    if mounted {
        let token = json!({ "name": volume, "projected": { "sources": [
            { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
            { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
            { "downwardAPI": { "items": [{ "path": "namespace",
                "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } }] } },
        ], "defaultMode": 420 } });
        if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
            volumes.push(token);
        }
    }
    Ok(())
}

/// A pod stays for five minutes on a node that is not ready or not reached.
fn tolerate(pod: &mut Value) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let tolerations = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(tolerations) = tolerations.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |toleration: &Value| {
            let effect = toleration["effect"].as_str().unwrap_or_default();
            let of = toleration["key"].as_str().unwrap_or_default();
            (of == key || of.is_empty()) && matches!(effect, "" | "NoExecute")
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(
                json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }),
            );
        }
    }
}
