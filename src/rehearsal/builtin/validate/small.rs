//! Kinds of which a page says everything: configuration, quotas, autoscalers, budgets, roles, leases.
//! It must never know pods.

use std::collections::BTreeSet;

use crate::json::Value;

use super::container::{amount, not_negative};
use super::meta;
use super::spot::{Faults, Spot};
use super::words;
use super::workload::{at_most_all, count_or_percent};
use crate::rehearsal::builtin::fault::Fault;

/// What a ConfigMap or a Secret may hold, in bytes.
const MOST: usize = 1024 * 1024;

/// Checks a ConfigMap.
pub fn config_map(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    if let Some(old) = old {
        unchangeable(root, old, &["data", "binaryData"], faults);
    }
    let (data, binary) = (root.get("data"), root.get("binaryData"));
    let mut size = 0;
    for (key, value) in data.entries() {
        faults.invalid_each_at(&value, key, words::config_key(key));
        if binary.value.get(key).is_some() {
            faults.invalid_each_at(&value, key, ["duplicate of key present in binaryData".into()]);
        }
        size += value.text().len();
    }
    for (key, value) in binary.entries() {
        faults.invalid_each_at(&value, key, words::config_key(key));
        size += value.text().len() / 4 * 3;
    }
    if size > MOST {
        faults.0.push(Fault::too_long("[]", MOST));
    }
}

fn unchangeable(root: &Spot<'_>, old: &Value, keys: &[&str], faults: &mut Faults) {
    if old["immutable"] != true {
        return;
    }
    const WHY: &str = "field is immutable when `immutable` is set";
    if !root.get("immutable").is_true() {
        faults.forbidden(&root.get("immutable"), WHY);
    }
    for key in keys {
        if *root.get(key).value != old.get(*key).cloned().unwrap_or_default() {
            faults.forbidden(&root.get(key), WHY);
        }
    }
}

/// Checks a Secret.
pub fn secret(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    if let Some(old) = old {
        faults.immutable(&root.get("type"), old, "/type");
        unchangeable(root, old, &["data"], faults);
    }
    let data = root.get("data");
    let mut size = 0;
    for (key, value) in data.entries() {
        faults.invalid_each_at(&value, key, words::config_key(key));
        size += value.text().len() / 4 * 3;
    }
    if size > MOST {
        faults.0.push(Fault::too_long("data", MOST));
    }
    let has = |key: &str| data.value.get(key).is_some();
    let mut needs = |keys: &[&str]| {
        for key in keys.iter().filter(|key| !has(key)) {
            faults.0.push(Fault::required(format!("data[{key}]"), ""));
        }
    };
    match root.get("type").text() {
        "kubernetes.io/dockercfg" => needs(&[".dockercfg"]),
        "kubernetes.io/dockerconfigjson" => needs(&[".dockerconfigjson"]),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            needs(&["username", "password"])
        }
        "kubernetes.io/ssh-auth" => needs(&["ssh-privatekey"]),
        "kubernetes.io/tls" => needs(&["tls.crt", "tls.key"]),
        "kubernetes.io/service-account-token" => {
            let account = root.at("metadata.annotations").get("kubernetes.io/service-account.name");
            if account.is_empty() {
                let field = "metadata.annotations[kubernetes.io/service-account.name]";
                faults.0.push(Fault::required(field, ""));
            }
        }
        _ => {}
    }
}

/// Checks a HorizontalPodAutoscaler's spec.
pub fn autoscaler(spec: &Spot<'_>, faults: &mut Faults) {
    let (least, most) = (spec.get("minReplicas"), spec.get("maxReplicas"));
    faults.not_negative(&least);
    if least.is_there() && most.int() < least.int() {
        let shown = Value::from(most.int());
        let most = Spot::new(&shown, most.path.clone());
        faults.invalid(&most, "must be greater than or equal to `minReplicas`");
    }
    target(&spec.get("scaleTargetRef"), faults);
    let mut outside = false;
    for metric in spec.get("metrics").items() {
        self::metric(&metric, faults);
        outside |= matches!(metric.get("type").text(), "Object" | "External");
    }
    if least.is_there() && least.int() == 0 && !outside {
        let why = "must specify at least one Object or External metric to support scaling to zero replicas";
        faults.forbidden(&spec.get("metrics"), why);
    }
    for key in ["scaleUp", "scaleDown"] {
        let rules = spec.get("behavior").get(key);
        if rules.is_there() {
            self::rules(&rules, faults);
        }
    }
    // What the type itself declares is looked at last.
    match most.int() {
        0 => faults.required(&most, ""),
        int if int < 0 => faults.invalid(&most, "must be greater than or equal to 1"),
        _ => {}
    }
}

fn target(spot: &Spot<'_>, faults: &mut Faults) {
    for key in ["kind", "name"] {
        let field = spot.get(key);
        if field.is_empty() {
            faults.required(&field, "");
        } else {
            faults.invalid_each(&field, meta::path_segment(field.text()));
        }
    }
    let version = spot.get("apiVersion");
    if !version.text().contains('/') && spot.get("kind").text() != "ReplicationController" {
        faults.invalid_each_at(&version, version.text(), ["apiVersion must specify API group".into()]);
    }
}

fn metric(spot: &Spot<'_>, faults: &mut Faults) {
    const TYPES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];
    let kind = spot.get("type");
    if kind.is_empty() {
        faults.required(&kind, "must specify a metric source type");
    }
    if !TYPES.contains(&kind.text()) {
        faults.0.push(Fault::unsupported(&kind.path, Value::from(kind.text()), TYPES));
    }
    let field = match kind.text() {
        "ContainerResource" => "containerResource",
        "External" => "external",
        "Object" => "object",
        "Pods" => "pods",
        "Resource" => "resource",
        _ => "",
    };
    for key in ["object", "external", "pods", "resource", "containerResource"] {
        let source = spot.get(key);
        match (source.is_there(), key == field) {
            (true, true) => self::source(&source, key, faults),
            (true, false) if !field.is_empty() => {
                faults.forbidden(&source, "must populate the given metric source only");
            }
            (true, false) => self::source(&source, key, faults),
            (false, true) => {
                faults.required(&source, "must populate information for the given metric source");
            }
            (false, false) => {}
        }
    }
}

fn source(spot: &Spot<'_>, kind: &str, faults: &mut Faults) {
    if matches!(kind, "resource" | "containerResource") && spot.get("name").is_empty() {
        faults.required(&spot.get("name"), "must specify a resource name");
    }
    let aim = spot.get("target");
    let form = aim.get("type");
    if form.is_empty() {
        faults.required(&form, "must specify a metric target type");
    }
    if !matches!(form.text(), "Utilization" | "Value" | "AverageValue") {
        let why = "must be either Utilization, Value, or AverageValue";
        faults.invalid_each_at(&form, form.text(), [why.into()]);
    }
    let (value, average, share) = (aim.get("value"), aim.get("averageValue"), aim.get("averageUtilization"));
    for amount in [&value, &average].iter().filter(|amount| amount.is_there()) {
        if matches!(amount.text(), "0") || amount.text().starts_with('-') {
            faults.invalid(amount, "must be positive");
        }
    }
    if share.is_there() && share.int() < 1 {
        faults.invalid(&share, "must be greater than 0");
    }
    if matches!(kind, "resource" | "containerResource") {
        if !share.is_there() && !average.is_there() {
            faults.required(&share, "must set either a target raw value or a target utilization");
        }
        if share.is_there() && average.is_there() {
            faults.forbidden(&average, "may not set both a target raw value and a target utilization");
        }
    }
}

fn rules(spot: &Spot<'_>, faults: &mut Faults) {
    let window = spot.get("stabilizationWindowSeconds");
    if window.int() < 0 {
        faults.invalid(&window, "must be greater than or equal to zero");
    } else if window.int() > 3600 {
        faults.invalid(&window, "must be less than or equal to 3600");
    }
    faults.optional_choice(&spot.get("selectPolicy"), &["Disabled", "Max", "Min"]);
    let policies = spot.get("policies");
    if policies.is_empty() {
        faults.required(&policies, "must specify at least one Policy");
    }
    for policy in policies.items() {
        faults.optional_choice(&policy.get("type"), &["Percent", "Pods"]);
        let (value, period) = (policy.get("value"), policy.get("periodSeconds"));
        if value.int() <= 0 {
            faults.invalid(&value, "must be greater than zero");
        }
        if period.int() <= 0 {
            faults.invalid(&period, "must be greater than zero");
        } else if period.int() > 1800 {
            faults.invalid(&period, "must be less than or equal to 1800");
        }
    }
}

/// Checks a PodDisruptionBudget's spec.
pub fn budget(spec: &Spot<'_>, faults: &mut Faults) {
    let (least, most) = (spec.get("minAvailable"), spec.get("maxUnavailable"));
    if least.is_there() && most.is_there() {
        faults.invalid(spec, "minAvailable and maxUnavailable cannot be both set");
    }
    for spot in [&least, &most].iter().filter(|spot| spot.is_there()) {
        count_or_percent(spot, faults);
        at_most_all(spot, faults);
    }
    meta::selector(&spec.get("selector"), faults);
    faults.optional_choice(&spec.get("unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
}

/// Checks the rules of a Role or ClusterRole.
pub fn role(root: &Spot<'_>, namespaced: bool, faults: &mut Faults) {
    for rule in root.get("rules").items() {
        let verbs = rule.get("verbs");
        if verbs.is_empty() {
            faults.required(&verbs, "");
        }
        let urls = rule.get("nonResourceURLs");
        let (groups, resources) = (rule.get("apiGroups"), rule.get("resources"));
        if !urls.is_empty() {
            if namespaced {
                faults.invalid(&urls, "namespaced rules cannot apply to non-resource URLs");
            }
            if !groups.is_empty() || !resources.is_empty() || !rule.get("resourceNames").is_empty() {
                faults.invalid(&urls, "rules cannot apply to both regular resources and non-resource URLs");
            }
            continue;
        }
        if groups.is_empty() {
            faults.required(&groups, "resource rules must supply at least one api group");
        }
        if resources.is_empty() {
            faults.required(&resources, "resource rules must supply at least one resource");
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Checks a RoleBinding or ClusterRoleBinding.
pub fn binding(root: &Spot<'_>, namespaced: bool, old: Option<&Value>, faults: &mut Faults) {
    let role = root.get("roleRef");
    faults.optional_choice(&role.get("apiGroup"), &[RBAC]);
    let (kind, name) = (role.get("kind"), role.get("name"));
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&kind.text()) {
        faults.0.push(Fault::unsupported(&kind.path, Value::from(kind.text()), kinds));
    }
    if name.is_empty() {
        faults.required(&name, "");
    } else {
        faults.invalid_each(&name, meta::path_segment(name.text()));
    }
    for subject in root.get("subjects").items() {
        let (name, kind, group) = (subject.get("name"), subject.get("kind"), subject.get("apiGroup"));
        if name.is_empty() {
            faults.required(&name, "");
        }
        match kind.text() {
            "ServiceAccount" => {
                if !name.is_empty() {
                    faults.invalid_each(&name, words::subdomain(name.text()));
                }
                faults.optional_choice(&group, &[""]);
                if !namespaced && subject.get("namespace").is_empty() {
                    faults.required(&subject.get("namespace"), "");
                }
            }
            "User" | "Group" => faults.optional_choice(&group, &[RBAC]),
            _ => {
                let kinds = ["ServiceAccount", "User", "Group"];
                faults.0.push(Fault::unsupported(&kind.path, Value::from(kind.text()), &kinds));
            }
        }
    }
    if let Some(old) = old.filter(|old| *role.value != old["roleRef"]) {
        let _ = old;
        let shown = crate::json::json!({
            "APIGroup": role.get("apiGroup").text(),
            "Kind": role.get("kind").text(),
            "Name": role.get("name").text(),
        });
        faults.0.push(Fault::invalid(&role.path, &shown, "field is immutable"));
    }
}

/// Checks a Lease's spec.
pub fn lease(spec: &Spot<'_>, faults: &mut Faults) {
    let duration = spec.get("leaseDurationSeconds");
    if duration.is_there() && duration.int() <= 0 {
        faults.invalid(&duration, "must be greater than 0");
    }
    let transitions = spec.get("leaseTransitions");
    if transitions.int() < 0 {
        faults.invalid(&transitions, "must be greater than or equal to 0");
    }
}

/// Checks a PriorityClass.
pub fn priority(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let name = root.at("metadata.name").text();
    let value = root.get("value");
    if !name.starts_with("system-") && value.int() > 1_000_000_000 {
        faults.forbidden(&value, "maximum allowed value of a user defined priority is 1000000000");
    }
    let policy = root.get("preemptionPolicy");
    let Some(old) = old else {
        return faults.optional_choice(&policy, &["Never", "PreemptLowerPriority"]);
    };
    {
        if *value.value != old["value"] {
            faults.forbidden(&value, "may not be changed in an update.");
        }
        faults.immutable(&policy, old, "/preemptionPolicy");
    }
}

/// Checks an Event: it is where the object is that it is about, those of a whole cluster in `default`.
pub fn event(root: &Spot<'_>, faults: &mut Faults) {
    let namespace = root.at("metadata.namespace").text();
    let about = root.at("involvedObject.namespace");
    let fits = match about.text() {
        "" => matches!(namespace, "" | "default"),
        about => about == namespace,
    };
    if !fits {
        faults.invalid_each_at(&about, about.text(), ["does not match event.namespace".into()]);
    }
}

/// Checks a ResourceQuota's spec.
pub fn quota(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let hard = spec.get("hard");
    for (name, value) in hard.entries() {
        let found = words::qualified(name);
        let sound = found.is_empty();
        faults.invalid_each_at(&value, name, found);
        if sound
            && !name.contains('/')
            && !COUNTED.contains(&name)
            && !name.starts_with("requests.")
            && !name.starts_with("limits.")
        {
            faults.invalid_each_at(&value, name, ["must be a standard resource for quota".into()]);
        }
        not_negative(&value, faults);
    }
    if let Some(old) = old {
        faults.immutable(&spec.get("scopes"), old, "/scopes");
    }
}

/// What a quota can count without a domain before the name.
const COUNTED: &[&str] = &[
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// Checks a LimitRange's spec.
pub fn limit_range(spec: &Spot<'_>, faults: &mut Faults) {
    let mut kinds = BTreeSet::new();
    for item in spec.get("limits").items() {
        let kind = item.get("type");
        let found = words::qualified(kind.text());
        let sound = found.is_empty();
        faults.invalid_each_at(&kind, kind.text(), found);
        let known = ["Container", "PersistentVolumeClaim", "Pod"];
        if sound && !kind.text().contains('/') && !known.contains(&kind.text()) {
            faults.invalid(&kind, "must be a standard limit type or fully qualified");
        }
        if !kinds.insert(kind.text()) {
            faults.duplicate(&kind);
        }
        if kind.text() == "Pod" {
            for key in ["default", "defaultRequest"].iter().filter(|key| !item.get(key).is_empty()) {
                faults.forbidden(&item.get(key), "may not be specified when `type` is 'Pod'");
            }
        }
        bounds(&item, faults);
    }
}

/// Which bounds contradict each other: the greater, the lesser, where it is told, what is shown, and the words between.
const CONTRADICTIONS: &[(&str, &str, &str, &str, &str)] = &[
    ("min", "max", "min", "min", "min value {} is greater than max value {}"),
    (
        "min",
        "defaultRequest",
        "defaultRequest",
        "defaultRequest",
        "min value {} is greater than default request value {}",
    ),
    (
        "defaultRequest",
        "max",
        "defaultRequest",
        "defaultRequest",
        "default request value {} is greater than max value {}",
    ),
    (
        "defaultRequest",
        "default",
        "defaultRequest",
        "defaultRequest",
        "default request value {} is greater than default limit value {}",
    ),
    ("min", "default", "default", "min", "min value {} is greater than default value {}"),
    ("default", "max", "default", "max", "default value {} is greater than max value {}"),
];

fn bounds(item: &Spot<'_>, faults: &mut Faults) {
    let names: BTreeSet<&str> = ["max", "min", "default", "defaultRequest"]
        .iter()
        .flat_map(|key| item.get(key).entries().map(|(name, _)| name).collect::<Vec<_>>())
        .collect();
    for name in names {
        for (greater, lesser, told, shown, text) in CONTRADICTIONS {
            let of = |key: &str| item.get(key).value.get(name).cloned().unwrap_or_default();
            let (a, b) = (of(greater), of(lesser));
            if let (Some(x), Some(y)) = (amount(&a), amount(&b))
                && x > y
            {
                let words = text.replacen("{}", a.as_str().unwrap_or_default(), 1);
                let words = words.replacen("{}", b.as_str().unwrap_or_default(), 1);
                let path = format!("{}[{name}]", item.get(told).path);
                faults.0.push(Fault::invalid(path, of(shown), words));
            }
        }
    }
}
