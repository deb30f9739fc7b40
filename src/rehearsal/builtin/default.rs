//! What the server fills in where an object of a built-in kind says nothing.
//! It must never overwrite a value, nor look at other objects.
//!
//! Follows `pkg/apis/*/v1/defaults.go` of Kubernetes 1.37: a definition's own fields first, then what is below. What two words can say is in
//! [`super::filled`]; what depends on something else has a function.

use crate::json::{Map, Value, json};

use super::filled::{Fill, filled};
use super::spelling;
use crate::structural::{Absent, Cursor, Schema};

type Object = Map;

/// What can be filled in at each place of a kind's schema, by the numbers of places.
#[derive(Debug)]
pub(super) struct Filling(Vec<Fillable>);

/// What can be filled in at a place.
#[derive(Debug)]
struct Fillable {
    /// What depends on more than the field itself.
    depending: Option<fn(&mut Object)>,
    filled: &'static [(&'static str, Fill)],
    /// Whether the schema has values for its fields.
    stated: bool,
    /// Whether there is anything here or below.
    any: bool,
}

impl Filling {
    /// What can be filled in in objects of this schema, and of those that were made together with it.
    pub fn of(schema: &Schema) -> Filling {
        let mut found = Filling(schema.places().map(Fillable::at).collect());
        // What holds itself comes before what is below it.
        while found.spread(schema) {}
        found
    }

    /// What is above of what can be filled in leads to it. Whether that is news.
    fn spread(&mut self, schema: &Schema) -> bool {
        let mut news = false;
        // What is below comes later, most often.
        for at in schema.places().rev() {
            if !self.0[at.number()].any && at.below().any(|below| self.0[below.number()].any) {
                self.0[at.number()].any = true;
                news = true;
            }
        }
        news
    }

    /// Fills in what an object lacks; it is in the form that [`read()`](super::read()) gives it.
    pub fn fill(&self, at: Cursor<'_>, value: &mut Value) {
        let here = &self.0[at.number()];
        match value {
            Value::Object(map) if here.any => {
                here.fill(at, map);
                *map = map.mapped(|key, value| {
                    let at = at.field(key).or_else(|| at.entry());
                    Some(at.map_or_else(|| value.clone(), |at| self.filled(at, value)))
                });
            }
            Value::Array(items) if here.any => {
                if let Some(at) = at.item() {
                    *items = items.mapped(|_, item| self.filled(at, item));
                }
            }
            _ => {}
        }
    }

    fn filled(&self, at: Cursor<'_>, value: &Value) -> Value {
        let mut value = value.clone();
        self.fill(at, &mut value);
        value
    }
}

impl Fillable {
    fn at(at: Cursor<'_>) -> Fillable {
        let name = at.name().unwrap_or_default();
        let (depending, filled) = (depending(name), filled(name.rsplit('.').next().unwrap_or(name)));
        let stated = at.fields().any(|(_, below)| below.default().is_some());
        Fillable { depending, filled, stated, any: stated || depending.is_some() || !filled.is_empty() }
    }

    fn fill(&self, at: Cursor<'_>, map: &mut Object) {
        if let Some(depending) = self.depending {
            depending(map);
        }
        for (field, value) in self.filled {
            let Some((absent, _)) = at.known(field) else { continue };
            // A field that is always written is empty text where nothing was said.
            if absent == Absent::Zero && map.get(field).is_some_and(|value| value == "") {
                map.shift_remove(field);
            }
            put(map, field, || value.value());
        }
        if !self.stated {
            return;
        }
        for (field, below) in at.fields() {
            let Some(default) = below.default() else { continue };
            let zero = default == "" || default == 0 || default == false;
            if !(zero && at.absent(field) == Absent::NothingForZero) {
                put(map, field, || default.clone());
            }
        }
    }
}

/// Whether a field says nothing: it is not there, or null. Empty text that counts as nothing was dropped when the object was read.
fn lacks(map: &Object, key: &str) -> bool {
    map.get(key).is_none_or(Value::is_null)
}

fn put(map: &mut Object, key: &str, value: impl FnOnce() -> Value) {
    if lacks(map, key) {
        map.insert(key.into(), value());
    }
}

fn is(map: &Object, key: &str, text: &str) -> bool {
    map.get(key).is_some_and(|value| value == text)
}

/// The mapping of a field, made if it is not there.
fn inner<'a>(map: &'a mut Object, key: &str) -> Option<&'a mut Object> {
    if lacks(map, key) {
        map.insert(key.into(), Value::Object(Object::new()));
    }
    map.get_mut(key)?.as_object_mut()
}

fn items<'a>(map: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Object> {
    map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// What fills in of a definition what depends on more than the field itself.
fn depending(name: &str) -> Option<fn(&mut Object)> {
    Some(match name {
        "Pod" => pod,
        "PodSpec" => pod_spec,
        "Container" | "EphemeralContainer" => |map| pull_policy(map, "image", "imagePullPolicy"),
        "ImageVolumeSource" => |map| pull_policy(map, "reference", "pullPolicy"),
        "Volume" => |map| {
            if map.keys().all(|key| key == "name") {
                map.insert("emptyDir".into(), json!({}));
            }
        },
        "ResourceRequirements" | "VolumeResourceRequirements" => |map| {
            for key in ["limits", "requests"] {
                if let Some(list) = map.get_mut(key).and_then(Value::as_object_mut) {
                    round_up(list);
                }
            }
        },
        "ReplicationController" => replication_controller,
        "Service" => |map| {
            if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
                service(spec);
            }
        },
        "Namespace" => namespace,
        "Secret" => secret,
        "DaemonSet" => |map| {
            let metadata = inner(map, "metadata");
            if let Some(annotations) = metadata.and_then(|metadata| inner(metadata, "annotations")) {
                put(annotations, "deprecated.daemonset.template.generation", || "1".into());
            }
        },
        "StatefulSetSpec" => |map| {
            for claim in items(map, "volumeClaimTemplates") {
                claim.insert("apiVersion".into(), "v1".into());
                claim.insert("kind".into(), "PersistentVolumeClaim".into());
            }
        },
        "NodeStatus" => |map| {
            if let Some(capacity) = map.get("capacity").cloned() {
                put(map, "allocatable", || capacity);
            }
        },
        "LimitRangeItem" => limits,
        "DeploymentStrategy" => |map| {
            if rolls(map) {
                rolling(map, &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))]);
            }
        },
        "DaemonSetUpdateStrategy" => |map| {
            if rolls(map) {
                rolling(map, &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))]);
            }
        },
        "StatefulSetUpdateStrategy" => |map| {
            let fresh = lacks(map, "type");
            put(map, "type", || "RollingUpdate".into());
            if is(map, "type", "RollingUpdate") && (fresh || !lacks(map, "rollingUpdate")) {
                rolling(map, &[("partition", json!(0)), ("maxUnavailable", json!(1))]);
            }
        },
        "Job" => job,
        "HorizontalPodAutoscalerSpec" => autoscaler,
        "HorizontalPodAutoscalerBehavior" => behavior,
        "NetworkPolicySpec" => |map| {
            let both = map.get("egress").and_then(Value::as_array).is_some_and(|egress| !egress.is_empty());
            put(map, "policyTypes", || if both { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
        },
        "Subject" => |map| {
            if lacks(map, "apiGroup") && (is(map, "kind", "User") || is(map, "kind", "Group")) {
                map.insert("apiGroup".into(), "rbac.authorization.k8s.io".into());
            }
        },
        "discovery.v1.EndpointPort" => |map| put(map, "name", || "".into()),
        "CSIDriverSpec" => |map| put(map, "volumeLifecycleModes", || json!(["Persistent"])),
        "CustomResourceDefinition" => definition,
        _ => return None,
    })
}

/// Whether a strategy rolls: what it does if it says nothing.
fn rolls(strategy: &Object) -> bool {
    lacks(strategy, "type") || is(strategy, "type", "RollingUpdate")
}

fn rolling(map: &mut Object, values: &[(&str, Value)]) {
    if let Some(update) = inner(map, "rollingUpdate") {
        values.iter().for_each(|(key, value)| put(update, key, || value.clone()));
    }
}

fn pod(map: &mut Object) {
    let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds < 0) {
        spec.insert("terminationGracePeriodSeconds".into(), 1.into());
    }
    put(spec, "enableServiceLinks", || true.into());
    let on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            if let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) {
                requests(resources);
            }
            for port in items(container, "ports").filter(|_| on_host) {
                let number = port.get("containerPort").cloned().unwrap_or_default();
                put(port, "hostPort", || number);
            }
        }
    }
}

/// Requests are what the limits say, where they say nothing.
fn requests(resources: &mut Object) {
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else { return };
    let Some(requests) = inner(resources, "requests") else { return };
    for (name, limit) in limits {
        put(requests, &name, || limit);
    }
}

fn pod_spec(map: &mut Object) {
    let account = match map.get("serviceAccountName").filter(|name| **name != "") {
        Some(name) => name.clone(),
        None => map.get("serviceAccount").cloned().unwrap_or_default(),
    };
    if !account.is_null() {
        map.insert("serviceAccountName".into(), account.clone());
        map.insert("serviceAccount".into(), account);
    }
    if let Some(overhead) = map.get_mut("overhead").and_then(Value::as_object_mut) {
        round_up(overhead);
    }
}

/// Quantities of resources have no parts smaller than a thousandth.
fn round_up(list: &mut Object) {
    for value in list.values_mut() {
        if let Some(rounded) = value.as_str().and_then(spelling::rounded_up) {
            *value = rounded.into();
        }
    }
}

/// What is pulled always: an image whose tag is `latest`, or left out.
fn pull_policy(map: &mut Object, image: &str, policy: &str) {
    let image = map.get(image).and_then(Value::as_str).unwrap_or_default();
    let (name, digest) = image.split_once('@').map_or((image, false), |(name, _)| (name, true));
    let last = name.rsplit('/').next().unwrap_or_default();
    let (repository, tag) = match last.split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], tag),
        None => (name, if digest { "" } else { "latest" }),
    };
    let path =
        repository.split_once('/').filter(|(host, _)| host.contains(['.', ':']) || *host == "localhost");
    let path = path.map_or(repository, |(_, path)| path);
    let readable = !path.is_empty() && !path.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b' ');
    let always = readable && tag == "latest";
    put(map, policy, || if always { "Always".into() } else { "IfNotPresent".into() });
}

fn replication_controller(map: &mut Object) {
    let labels = map.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    let Some(labels) = labels else { return };
    if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
        put(spec, "selector", || labels.clone());
        put(spec, "replicas", || 1.into());
    }
    if let Some(metadata) = inner(map, "metadata") {
        put(metadata, "labels", || labels);
    }
}

fn service(spec: &mut Object) {
    if is(spec, "sessionAffinity", "ClientIP") {
        let timeout =
            spec.get("sessionAffinityConfig").and_then(|config| config.pointer("/clientIP/timeoutSeconds"));
        if timeout.is_none_or(Value::is_null) {
            spec.insert("sessionAffinityConfig".into(), json!({"clientIP": {"timeoutSeconds": 10800}}));
        }
    } else if lacks(spec, "sessionAffinity") || is(spec, "sessionAffinity", "None") {
        spec.shift_remove("sessionAffinityConfig");
    }
    put(spec, "type", || "ClusterIP".into());
    for port in items(spec, "ports") {
        let number = port.get("port").cloned().unwrap_or_default();
        let says = port.get("targetPort").is_some_and(|target| *target != 0 && *target != "");
        if !says {
            port.insert("targetPort".into(), number);
        }
    }
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let outside = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    if matches!(&*kind, "NodePort" | "LoadBalancer") || kind == "ClusterIP" && outside {
        put(spec, "externalTrafficPolicy", || "Cluster".into());
    }
    if matches!(&*kind, "NodePort" | "LoadBalancer" | "ClusterIP") {
        put(spec, "internalTrafficPolicy", || "Cluster".into());
    }
    if kind == "LoadBalancer" {
        put(spec, "allocateLoadBalancerNodePorts", || true.into());
    }
}

fn namespace(map: &mut Object) {
    let Some(metadata) = inner(map, "metadata") else { return };
    let Some(name) = metadata.get("name").cloned().filter(|name| *name != "") else { return };
    if let Some(labels) = inner(metadata, "labels") {
        labels.insert("kubernetes.io/metadata.name".into(), name);
    }
}

/// What is written as text is kept as bytes.
fn secret(map: &mut Object) {
    use base64::Engine;
    let Some(Value::Object(texts)) = map.shift_remove("stringData") else { return };
    if let Some(data) = inner(map, "data") {
        for (key, text) in texts {
            let text = text.as_str().unwrap_or_default();
            data.insert(key, base64::engine::general_purpose::STANDARD.encode(text).into());
        }
    }
}

fn limits(map: &mut Object) {
    if !is(map, "type", "Container") {
        return;
    }
    let of = |map: &Object, key: &str| map.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut defaults = of(map, "default");
    of(map, "max").into_iter().for_each(|(name, value)| put(&mut defaults, &name, || value));
    let mut asked = of(map, "defaultRequest");
    defaults.clone().into_iter().for_each(|(name, value)| put(&mut asked, &name, || value));
    of(map, "min").into_iter().for_each(|(name, value)| put(&mut asked, &name, || value));
    for (key, list) in [("default", defaults), ("defaultRequest", asked)] {
        if !list.is_empty() {
            map.insert(key.into(), Value::Object(list));
        }
    }
}

fn job(map: &mut Object) {
    let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if lacks(spec, "completions") && lacks(spec, "parallelism") {
        spec.insert("completions".into(), 1.into());
    }
    put(spec, "parallelism", || 1.into());
    put(spec, "completionMode", || "NonIndexed".into());
    put(spec, "manualSelector", || false.into());
    put(spec, "suspend", || false.into());
    let by_index = !lacks(spec, "backoffLimitPerIndex");
    put(spec, "backoffLimit", || if by_index { i32::MAX.into() } else { 6.into() });
    let failing = !lacks(spec, "podFailurePolicy");
    put(
        spec,
        "podReplacementPolicy",
        || if failing { "Failed".into() } else { "TerminatingOrFailed".into() },
    );
    let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels")).cloned();
    if let (Some(labels), Some(metadata)) = (labels, inner(map, "metadata")) {
        put(metadata, "labels", || labels);
    }
}

fn autoscaler(map: &mut Object) {
    let cpu = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    put(map, "metrics", || cpu);
}

fn behavior(map: &mut Object) {
    let up = json!({
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15}
        ]
    });
    let down = json!({
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]
    });
    for (key, rules) in [("scaleUp", up), ("scaleDown", down)] {
        let (Some(map), Value::Object(rules)) = (inner(map, key), rules) else { continue };
        rules.into_iter().for_each(|(key, value)| put(map, &key, || value));
    }
}

fn definition(map: &mut Object) {
    if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
        put(spec, "conversion", || json!({"strategy": "None"}));
        if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
            let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !kind.is_empty() {
                put(names, "singular", || kind.to_lowercase().into());
                put(names, "listKind", || format!("{kind}List").into());
            }
        }
    }
    let versions = map.get("spec").and_then(|spec| spec["versions"].as_array()).cloned().unwrap_or_default();
    let stored =
        versions.iter().find(|version| version["storage"] == true).map(|version| version["name"].clone());
    if let (Some(stored), Some(status)) = (stored, inner(map, "status")) {
        let none = status.get("storedVersions").and_then(Value::as_array).is_none_or(Vec::is_empty);
        if none {
            status.insert("storedVersions".into(), json!([stored]));
        }
    }
}
