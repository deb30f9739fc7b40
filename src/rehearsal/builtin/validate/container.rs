//! Containers: image, ports, variables, resources, probes, hooks, mounts.
//! It must never know pods.

use std::collections::BTreeSet;

use crate::json::Value;

use super::spot::{Faults, Spot};
use super::words;
use crate::quantity::Quantity;
use crate::rehearsal::builtin::fault::Fault;

/// Checks what every container has; `volumes` are those of the pod.
pub fn common(spot: &Spot<'_>, volumes: &BTreeSet<&str>, faults: &mut Faults) {
    let name = spot.get("name");
    if name.is_empty() {
        faults.required(&name, "");
    } else {
        faults.invalid_each(&name, words::label(name.text()));
    }
    let image = spot.get("image");
    if image.is_empty() {
        faults.required(&image, "");
    }
    faults.choice(&spot.get("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    ports(&spot.get("ports"), faults);
    variables(&spot.get("env"), faults);
    for source in spot.get("envFrom").items() {
        variables_from(&source, faults);
    }
    mounts(&spot.get("volumeMounts"), volumes, faults);
    faults.choice(&spot.get("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    resources(&spot.get("resources"), faults);
    security(&spot.get("securityContext"), faults);
}

/// Checks what keeps a container that lives: probes and hooks. `grace` is the pod's.
pub fn living(spot: &Spot<'_>, grace: &Spot<'_>, faults: &mut Faults) {
    for hook in ["postStart", "preStop"] {
        let hook = spot.get("lifecycle").get(hook);
        if hook.is_there() {
            handler(&hook, grace, faults);
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = spot.get(key);
        if !probe.is_there() {
            continue;
        }
        handler(&probe, grace, faults);
        let seconds = [
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ];
        seconds.iter().for_each(|key| faults.not_negative(&probe.get(key)));
        let own = probe.get("terminationGracePeriodSeconds");
        if own.is_there() && own.int() <= 0 {
            faults.invalid(&own, "must be greater than 0");
        }
        let threshold = probe.get("successThreshold");
        match key {
            "readinessProbe" if own.is_there() => {
                faults.invalid(&own, "must not be set for readinessProbes");
            }
            "readinessProbe" => {}
            _ if threshold.int() != 1 => faults.invalid(&threshold, "must be 1"),
            _ => {}
        }
    }
}

fn ports(spot: &Spot<'_>, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for port in spot.items() {
        let name = port.get("name");
        if !name.is_empty() {
            let found = words::port_name(name.text());
            if found.is_empty() && !names.insert(name.text()) {
                faults.duplicate(&name);
            }
            faults.invalid_each(&name, found);
        }
        let number = port.get("containerPort");
        match number.int() {
            0 => faults.required(&number, ""),
            int => faults.invalid_each(&number, words::port(int)),
        }
        let host = port.get("hostPort");
        if host.int() != 0 {
            faults.invalid_each(&host, words::port(host.int()));
        }
        faults.choice(&port.get("protocol"), &["SCTP", "TCP", "UDP"]);
    }
}

fn variables(spot: &Spot<'_>, faults: &mut Faults) {
    for variable in spot.items() {
        let name = variable.get("name");
        if name.is_empty() {
            faults.required(&name, "");
        } else {
            faults.invalid_each(&name, words::variable(name.text()));
        }
        let from = variable.get("valueFrom");
        if from.is_there() {
            variable_from(&variable, &from, faults);
        }
    }
}

/// What a variable may tell of its pod.
const OF_THE_POD: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.hostNetwork",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn variable_from(variable: &Spot<'_>, from: &Spot<'_>, faults: &mut Faults) {
    let mut sources = 0;
    let field = from.get("fieldRef");
    if field.is_there() {
        sources += 1;
        field_of_pod(&field, OF_THE_POD, faults);
    }
    let resource = from.get("resourceFieldRef");
    if resource.is_there() {
        sources += 1;
        let name = resource.get("resource");
        if name.is_empty() {
            faults.required(&name, "");
        }
    }
    for key in ["configMapKeyRef", "secretKeyRef"] {
        let reference = from.get(key);
        if reference.is_there() {
            sources += 1;
            let (name, key) = (reference.get("name"), reference.get("key"));
            faults.invalid_each_at(&name, name.text(), words::subdomain(name.text()));
            if key.is_empty() {
                faults.required(&key, "");
            } else {
                faults.invalid_each(&key, words::config_key(key.text()));
            }
        }
    }
    sources += usize::from(from.get("fileKeyRef").is_there());
    let words = match sources {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if !variable.get("value").is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    faults.invalid_each_at(from, "", [words.into()]);
}

/// Checks a reference to a field of the pod; `known` are those that may be named here.
pub fn field_of_pod(spot: &Spot<'_>, known: &[&str], faults: &mut Faults) {
    let path = spot.get("fieldPath");
    let text = path.text();
    if spot.get("apiVersion").is_empty() {
        return faults.required(&spot.get("apiVersion"), "");
    }
    if text.is_empty() {
        return faults.required(&path, "");
    }
    if let Some((name, rest)) = text.split_once("['") {
        let key = rest.strip_suffix("']").unwrap_or(rest);
        return match name {
            "metadata.annotations" => {
                faults.invalid_each_at(spot, key, words::qualified(&key.to_lowercase()))
            }
            "metadata.labels" => faults.invalid_each_at(spot, key, words::qualified(key)),
            _ => faults.invalid(
                &path,
                format!("error converting fieldPath: field label does not support subscript: {text}"),
            ),
        };
    }
    let all = ["metadata.annotations", "metadata.labels"];
    if !OF_THE_POD.contains(&text) && !all.contains(&text) {
        faults.invalid(&path, format!("error converting fieldPath: field label not supported: {text}"));
    } else if !known.contains(&text) {
        faults.optional_choice(&path, known);
    }
}

fn variables_from(spot: &Spot<'_>, faults: &mut Faults) {
    let mut sources = 0;
    for key in ["configMapRef", "secretRef"] {
        let reference = spot.get(key);
        if reference.is_there() {
            sources += 1;
            let name = reference.get("name");
            faults.invalid_each_at(&name, name.text(), words::subdomain(name.text()));
        }
    }
    let words = match sources {
        0 => "must specify one of: `configMapRef` or `secretRef`",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    faults.invalid_each_at(spot, "", [words.into()]);
}

fn mounts(spot: &Spot<'_>, volumes: &BTreeSet<&str>, faults: &mut Faults) {
    let mut paths = BTreeSet::new();
    for mount in spot.items() {
        let (name, path) = (mount.get("name"), mount.get("mountPath"));
        if name.is_empty() {
            faults.required(&name, "");
        }
        if !volumes.contains(name.text()) {
            faults.0.push(Fault::not_found(&name.path, Value::String(name.text().into())));
        }
        if path.is_empty() {
            faults.required(&path, "");
        }
        if !paths.insert(path.text()) {
            faults.invalid(&path, "must be unique");
        }
        let inner = mount.get("subPath");
        if !inner.is_empty() {
            let here = Spot::new(inner.value, format!("{}.subPath", spot.path));
            if inner.text().starts_with('/') {
                faults.invalid(&here, "must be a relative path");
            }
            if inner.text().split('/').any(|part| part == "..") {
                faults.invalid(&here, "must not contain '..'");
            }
        }
    }
}

/// Resources that need no domain before their name.
const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// Checks limits and requests.
pub fn resources(spot: &Spot<'_>, faults: &mut Faults) {
    let (limits, requests) = (spot.get("limits"), spot.get("requests"));
    for list in [&limits, &requests] {
        for (name, value) in list.entries() {
            resource_name(name, &value, faults);
            not_negative(&value, faults);
        }
    }
    for (name, value) in requests.entries() {
        let (Some(asked), Some(limit)) = (amount(value.value), limits.value.get(name)) else { continue };
        if amount(limit).is_some_and(|limit| asked > limit) {
            let limit = limit.as_str().unwrap_or_default();
            let words = format!("must be less than or equal to {name} limit of {limit}");
            faults.invalid_each_at(&requests, value.text(), [words]);
        }
    }
}

fn resource_name(name: &str, spot: &Spot<'_>, faults: &mut Faults) {
    let found = words::qualified(name);
    let sound = found.is_empty();
    faults.invalid_each_at(spot, name, found);
    if sound && !name.contains('/') && !STANDARD.contains(&name) && !name.starts_with("hugepages-") {
        faults.invalid_each_at(spot, name, ["must be a standard resource for containers".into()]);
    }
}

/// The amount of a quantity.
pub fn amount(value: &Value) -> Option<Quantity> {
    Quantity::parse(value.as_str()?)
}

/// Refuses quantities below zero.
pub fn not_negative(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.text().starts_with('-') {
        faults.invalid(spot, "must be greater than or equal to 0");
    }
}

fn security(spot: &Spot<'_>, faults: &mut Faults) {
    for key in ["runAsUser", "runAsGroup"] {
        let field = spot.get(key);
        if field.is_there() {
            faults.invalid_each(&field, words::between(field.int(), 0, i64::from(i32::MAX)));
        }
    }
    let escalation = spot.get("allowPrivilegeEscalation");
    if escalation.is_there() && !escalation.is_true() {
        if spot.get("privileged").is_true() {
            faults.invalid(spot, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let adds = spot.at("capabilities.add");
        if adds.items().any(|item| item.text() == "CAP_SYS_ADMIN") {
            faults.invalid(
                spot,
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
}

fn handler(spot: &Spot<'_>, grace: &Spot<'_>, faults: &mut Faults) {
    let mut first = true;
    for key in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let handler = spot.get(key);
        if !handler.is_there() {
            continue;
        }
        if !std::mem::take(&mut first) {
            faults.forbidden(&handler, "may not specify more than 1 handler type");
            continue;
        }
        match key {
            "exec" if handler.get("command").is_empty() => faults.required(&handler.get("command"), ""),
            "exec" => {}
            "httpGet" => http(&handler, faults),
            "tcpSocket" => port(&handler.get("port"), faults),
            "grpc" => {
                let port = handler.get("port");
                let zero = Value::from(port.int());
                let port = Spot::new(&zero, port.path);
                faults.invalid_each(&port, words::port(port.int()));
            }
            _ => {
                let seconds = handler.get("seconds");
                if grace.is_there() && !(0..=grace.int()).contains(&seconds.int()) {
                    let words = format!(
                        "must be non-negative and less than terminationGracePeriodSeconds ({})",
                        grace.int()
                    );
                    faults.invalid(&seconds, words);
                }
            }
        }
    }
    if first {
        faults.required(spot, "must specify a handler type");
    }
}

fn http(spot: &Spot<'_>, faults: &mut Faults) {
    let path = spot.get("path");
    if path.is_empty() {
        faults.required(&path, "");
    }
    port(&spot.get("port"), faults);
    faults.optional_choice(&spot.get("scheme"), &["HTTP", "HTTPS"]);
    let headers = spot.get("httpHeaders");
    for header in headers.items() {
        let name = header.get("name");
        faults.invalid_each_at(&headers, name.text(), words::header(name.text()));
    }
}

/// Checks the number or name of a port.
pub fn port(spot: &Spot<'_>, faults: &mut Faults) {
    match spot.value {
        Value::String(text) => faults.invalid_each(spot, words::port_name(text)),
        other => {
            let number = Value::from(other.as_i64().unwrap_or_default());
            let spot = Spot::new(&number, spot.path.clone());
            faults.invalid_each(&spot, words::port(spot.int()));
        }
    }
}
