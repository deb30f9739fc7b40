//! Pods and their templates.
//! It must never know which controller a template belongs to.

use std::collections::BTreeSet;

use crate::json::Value;

use super::container;
use super::meta;
use super::spot::{Faults, Spot};
use super::volumes;
use super::words;

/// Checks the template of a workload.
pub fn template(spot: &Spot<'_>, faults: &mut Faults) {
    let metadata = spot.get("metadata");
    if spot.is_judged() {
        return;
    }
    let named = |key: &str| Spot { path: spot.get(key).path, ..metadata.get(key) };
    meta::labels(&named("labels"), faults);
    meta::annotations(&named("annotations"), faults);
    spec(&spot.get("spec"), faults);
    let ephemeral = spot.at("spec.ephemeralContainers");
    if !ephemeral.is_empty() {
        faults.forbidden(&ephemeral, "ephemeral containers not allowed in pod template");
    }
}

/// Checks what a pod is to run.
pub fn spec(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.is_judged() {
        return;
    }
    let grace = spot.get("terminationGracePeriodSeconds");
    if !grace.is_there() {
        faults.required(&grace, "");
    }
    let names = volumes::check(&spot.get("volumes"), faults);
    containers(spot, &names, faults);
    on_host_network(spot, faults);
    faults.choice(&spot.get("restartPolicy"), &["Always", "OnFailure", "Never"]);
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    faults.choice(&spot.get("dnsPolicy"), &dns);
    meta::labels(&spot.get("nodeSelector"), faults);
    security(&spot.get("securityContext"), faults);
    for secret in spot.get("imagePullSecrets").items() {
        let name = secret.get("name");
        if name.is_empty() {
            faults.required(&name, "");
        }
    }
    affinity(&spot.get("affinity"), faults);
    spread(&spot.get("topologySpreadConstraints"), faults);
    for (key, name) in [
        ("serviceAccountName", words::subdomain as meta::Name),
        ("nodeName", words::subdomain),
        ("hostname", words::label),
        ("subdomain", words::label),
        ("priorityClassName", words::subdomain),
        ("runtimeClassName", words::subdomain),
    ] {
        let field = spot.get(key);
        if !field.is_empty() {
            faults.invalid_each(&field, name(field.text()));
        }
    }
    let deadline = spot.get("activeDeadlineSeconds");
    if deadline.is_there() {
        faults.invalid_each(&deadline, words::between(deadline.int(), 1, i64::from(i32::MAX)));
    }
    tolerations(&spot.get("tolerations"), faults);
    faults.optional_choice(&spot.get("preemptionPolicy"), &["PreemptLowerPriority", "Never"]);
}

fn containers(spot: &Spot<'_>, volumes: &BTreeSet<&str>, faults: &mut Faults) {
    let list = spot.get("containers");
    if list.is_empty() {
        faults.required(&list, "");
    }
    let grace = spot.get("terminationGracePeriodSeconds");
    let mut names = BTreeSet::new();
    let mut ports = BTreeSet::new();
    for item in list.items() {
        container::common(&item, volumes, faults);
        unique(&item.get("name"), &mut names, faults);
        container::living(&item, &grace, faults);
    }
    list.items().for_each(|item| host_ports(&item, &mut ports, faults));
    for item in spot.get("initContainers").items() {
        container::common(&item, volumes, faults);
        let policy = item.get("restartPolicy");
        if policy.is_there() {
            faults.optional_choice(&policy, &["Always", "Never", "OnFailure"]);
        }
        unique(&item.get("name"), &mut names, faults);
        host_ports(&item, &mut BTreeSet::new(), faults);
        if policy.text() == "Always" {
            container::living(&item, &grace, faults);
            continue;
        }
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            let field = item.get(key);
            if field.is_there() {
                faults.forbidden(&field, "may not be set for init containers without restartPolicy=Always");
            }
        }
    }
}

fn unique<'a>(name: &Spot<'a>, names: &mut BTreeSet<&'a str>, faults: &mut Faults) {
    if !names.insert(name.text()) && !name.is_empty() {
        faults.duplicate(name);
    }
}

fn host_ports(container: &Spot<'_>, taken: &mut BTreeSet<String>, faults: &mut Faults) {
    for port in container.get("ports").items() {
        let host = port.get("hostPort");
        if host.int() == 0 {
            continue;
        }
        let text = format!("{}/{}/{}", port.get("protocol").text(), port.get("hostIP").text(), host.int());
        if !taken.insert(text.clone()) {
            let value = Value::from(text);
            faults.duplicate(&Spot::new(&value, host.path));
        }
    }
}

fn on_host_network(spot: &Spot<'_>, faults: &mut Faults) {
    if !spot.get("hostNetwork").is_true() {
        return;
    }
    for list in ["containers", "initContainers"] {
        for port in spot.get(list).items().flat_map(|item| item.get("ports").items().collect::<Vec<_>>()) {
            let host = port.get("hostPort");
            if host.int() != 0 && host.int() != port.get("containerPort").int() {
                faults.invalid(&host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

fn security(spot: &Spot<'_>, faults: &mut Faults) {
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        let field = spot.get(key);
        if field.is_there() {
            faults.invalid_each(&field, words::between(field.int(), 0, i64::from(i32::MAX)));
        }
    }
    for item in spot.get("supplementalGroups").items() {
        faults.invalid_each(&item, words::between(item.int(), 0, i64::from(i32::MAX)));
    }
}

fn affinity(spot: &Spot<'_>, faults: &mut Faults) {
    let node = spot.get("nodeAffinity");
    let required = node.get("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_there() {
        let terms = required.get("nodeSelectorTerms");
        if terms.is_empty() {
            faults.required(&terms, "must have at least one node selector term");
        }
        terms.items().for_each(|term| node_term(&term, faults));
    }
    for item in node.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        weight(&item.get("weight"), faults);
        node_term(&item.get("preference"), faults);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let spot = spot.get(kind);
        for term in spot.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            pod_term(&term, faults);
        }
        for item in spot.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            weight(&item.get("weight"), faults);
            pod_term(&item.get("podAffinityTerm"), faults);
        }
    }
}

fn weight(spot: &Spot<'_>, faults: &mut Faults) {
    if !(1..=100).contains(&spot.int()) {
        faults.invalid(spot, "must be in the range 1-100");
    }
}

fn node_term(spot: &Spot<'_>, faults: &mut Faults) {
    for requirement in spot.get("matchExpressions").items() {
        let values = requirement.get("values");
        let operator = requirement.get("operator");
        let count = values.items().count();
        match operator.text() {
            "In" | "NotIn" if count == 0 => {
                faults.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if count > 0 => {
                faults
                    .forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if count != 1 => {
                faults.required(&values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => faults.invalid(&operator, "not a valid selector operator"),
        }
        let key = requirement.get("key");
        faults.invalid_each(&key, words::qualified(key.text()));
        values.items().for_each(|value| faults.invalid_each(&value, words::label_value(value.text())));
    }
}

fn pod_term(spot: &Spot<'_>, faults: &mut Faults) {
    meta::selector(&spot.get("labelSelector"), faults);
    meta::selector(&spot.get("namespaceSelector"), faults);
    let namespace = spot.get("namespace");
    for name in spot.get("namespaces").items() {
        faults.invalid_each_at(&namespace, name.text(), words::label(name.text()));
    }
    let key = spot.get("topologyKey");
    if key.is_empty() {
        faults.required(&key, "can not be empty");
    }
    faults.invalid_each_at(&key, key.text(), words::qualified(key.text()));
}

fn spread(spot: &Spot<'_>, faults: &mut Faults) {
    for item in spot.items() {
        let skew = item.get("maxSkew");
        if skew.int() <= 0 {
            faults.invalid(&skew, "must be greater than zero");
        }
        let key = item.get("topologyKey");
        if key.is_empty() {
            faults.required(&key, "can not be empty");
        } else {
            faults.invalid_each(&key, words::qualified(key.text()));
        }
        faults.optional_choice(&item.get("whenUnsatisfiable"), &["DoNotSchedule", "ScheduleAnyway"]);
        meta::selector(&item.get("labelSelector"), faults);
    }
}

fn tolerations(spot: &Spot<'_>, faults: &mut Faults) {
    for item in spot.items() {
        let (key, operator, effect) = (item.get("key"), item.get("operator"), item.get("effect"));
        let value = item.get("value");
        if !key.is_empty() {
            faults.invalid_each(&key, words::qualified(key.text()));
        } else if operator.text() != "Exists" {
            let words =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            faults.invalid_each_at(&operator, operator.text(), [words.into()]);
        }
        if item.get("tolerationSeconds").is_there() && effect.text() != "NoExecute" {
            let words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            faults.invalid_each_at(&effect, effect.text(), [words.into()]);
        }
        match operator.text() {
            "" | "Equal" => {
                let words = words::label_value(value.text()).join(";");
                faults.invalid_each_at(&operator, value.text(), (!words.is_empty()).then_some(words));
            }
            "Exists" if !value.is_empty() => {
                let words = "value must be empty when `operator` is 'Exists'";
                faults.invalid_each_at(&operator, value.text(), [words.into()]);
            }
            "Exists" => {}
            _ => faults.optional_choice(&operator, &["Equal", "Exists"]),
        }
        faults.optional_choice(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}

/// What may change in a pod that runs, in the server's words.
const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Checks that nothing else changed of a pod than what may.
pub fn replaced(spec: &Spot<'_>, old: &Value, faults: &mut Faults) {
    for before in old["tolerations"].as_array().into_iter().flatten() {
        let stays = spec.get("tolerations").items().any(|after| {
            let mut before = before.clone();
            before["tolerationSeconds"] = after.get("tolerationSeconds").value.clone();
            let mut after = after.value.clone();
            after["tolerationSeconds"] = before["tolerationSeconds"].clone();
            before == after
        });
        if !stays {
            let why = "existing toleration can not be modified except its tolerationSeconds";
            faults.forbidden(&spec.get("tolerations"), why);
            break;
        }
    }
    let mut changed = spec.value.clone();
    for list in ["containers", "initContainers"] {
        let before = old[list].as_array().map_or(&[][..], Vec::as_slice);
        let after = changed.get_mut(list).and_then(Value::as_array_mut);
        let count = after.as_ref().map_or(0, |items| items.len());
        if count != before.len() {
            let list = spec.get(list);
            return faults.forbidden(&list, "pod updates may not add or remove containers");
        }
        for (after, before) in after.into_iter().flatten().zip(before) {
            if let Some(image) = before.get("image") {
                after["image"] = image.clone();
            }
        }
    }
    for key in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        let Some(map) = changed.as_object_mut() else { return };
        match old.get(key) {
            Some(value) => map.insert(key.into(), value.clone()),
            None => map.shift_remove(key),
        };
    }
    if changed != *old {
        faults.forbidden(spec, CHANGEABLE);
    }
}
