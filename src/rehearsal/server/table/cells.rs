//! The rows of the kinds the server has of itself, as `printers.go` of Kubernetes 1.37 makes them.
//! It must never know columns, but for their number and order.

use crate::json::{Text, Value};
use jiff::Timestamp;

use super::super::resource::Resource;
use super::super::scale;
use super::time::{age, human, read};
use super::{columns, pods};

/// The cells of an object.
pub fn of(resource: &Resource, object: &Value, now: Timestamp) -> Vec<Value> {
    let name = object["metadata"]["name"].clone();
    let created = &object["metadata"]["creationTimestamp"];
    let made = || Value::from(age(created, now));
    let (spec, status) = (&object["spec"], &object["status"]);
    let template = &spec["template"]["spec"];
    let selector = || Value::from(selector(&spec["selector"]));
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pods::cells(object, now),
        ("apps", "deployments") => {
            let ready = format!("{}/{}", number(&status["readyReplicas"]), number(&spec["replicas"]));
            let (names, images) = containers(template);
            let (updated, available) =
                (number(&status["updatedReplicas"]), number(&status["availableReplicas"]));
            vec![name, ready.into(), updated.into(), available.into(), made(), names, images, selector()]
        }
        ("apps", "replicasets") | ("", "replicationcontrollers") => {
            let (names, images) = containers(template);
            let counts = [&spec["replicas"], &status["replicas"], &status["readyReplicas"]];
            let mut cells = vec![name];
            cells.extend(counts.map(|count| number(count).into()));
            cells.extend([made(), names, images, selector()]);
            cells
        }
        ("apps", "statefulsets") => {
            let ready = format!("{}/{}", number(&status["readyReplicas"]), number(&spec["replicas"]));
            let (names, images) = containers(template);
            vec![name, ready.into(), made(), names, images]
        }
        ("apps", "daemonsets") => {
            let (names, images) = containers(template);
            let mut cells = vec![name];
            for key in [
                "desiredNumberScheduled",
                "currentNumberScheduled",
                "numberReady",
                "updatedNumberScheduled",
                "numberAvailable",
            ] {
                cells.push(number(&status[key]).into());
            }
            cells.extend([labels(&template["nodeSelector"]), made(), names, images, selector()]);
            cells
        }
        ("apps", "controllerrevisions") => {
            let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
            let owner = owners.into_iter().find(|owner| owner["controller"] == true);
            let told = owner.map(|owner| {
                let group = text(&owner["apiVersion"]);
                let group = group.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
                format!("{}{group}/{}", text(&owner["kind"]).to_lowercase(), text(&owner["name"]))
            });
            vec![name, told.unwrap_or_else(none).into(), number(&object["revision"]).into(), made()]
        }
        ("batch", "jobs") => job(object, now),
        ("batch", "cronjobs") => {
            let (names, images) = containers(&spec["jobTemplate"]["spec"]["template"]["spec"]);
            let last = match status["lastScheduleTime"].is_string() {
                true => age(&status["lastScheduleTime"], now),
                false => none(),
            };
            let active = status["active"].as_array().map_or(0, Vec::len);
            let zone = spec["timeZone"].as_str().map_or_else(none, str::to_owned);
            let suspended = spec["suspend"] == true;
            let of_jobs = super::super::scale::selector(&spec["jobTemplate"]["spec"]["selector"]);
            let of_jobs = if of_jobs.is_empty() { none() } else { of_jobs };
            vec![
                name,
                spec["schedule"].clone(),
                zone.into(),
                suspended.to_string().to_case().into(),
                active.into(),
                last.into(),
                made(),
                names,
                images,
                of_jobs.into(),
            ]
        }
        ("", "services") => service(object, now),
        ("", "endpoints") => vec![name, endpoints(&object["subsets"]).into(), made()],
        ("discovery.k8s.io", "endpointslices") => {
            let ports = object["ports"].as_array().into_iter().flatten();
            let ports = few(ports.map(|port| match port["port"].as_i64() {
                Some(number) => number.to_string(),
                None => "*".into(),
            }));
            let addresses = object["endpoints"].as_array().into_iter().flatten();
            let addresses =
                addresses.flat_map(|endpoint| endpoint["addresses"].as_array().into_iter().flatten());
            let addresses = few(addresses.map(text));
            let unset = |told: String| if told.is_empty() { "<unset>".to_owned() } else { told };
            vec![name, object["addressType"].clone(), unset(ports).into(), unset(addresses).into(), made()]
        }
        ("", "events") | ("events.k8s.io", "events") => event(object, now),
        ("", "nodes") => node(object, now),
        ("", "namespaces") => vec![name, status["phase"].clone(), made()],
        ("", "configmaps") => {
            let count = |key: &str| object[key].as_object().map_or(0, crate::json::Map::len);
            vec![name, (count("data") + count("binaryData")).into(), made()]
        }
        ("", "secrets") => {
            let count = object["data"].as_object().map_or(0, crate::json::Map::len);
            vec![name, object["type"].clone(), count.into(), made()]
        }
        ("", "serviceaccounts") => vec![name, made()],
        ("", "persistentvolumeclaims") => {
            let bound = !text(&spec["volumeName"]).is_empty();
            let capacity = if bound { text(&status["capacity"]["storage"]) } else { String::new() };
            let modes = if bound { modes(&status["accessModes"]) } else { String::new() };
            let phase = match object["metadata"].get("deletionTimestamp") {
                Some(_) => "Terminating".to_owned(),
                None => text(&status["phase"]),
            };
            vec![
                name,
                phase.into(),
                text(&spec["volumeName"]).into(),
                capacity.into(),
                modes.into(),
                text(&spec["storageClassName"]).into(),
                or(&spec["volumeAttributesClassName"], "<unset>").into(),
                made(),
                or(&spec["volumeMode"], "<unset>").into(),
            ]
        }
        ("", "resourcequotas") => quota(object, now),
        ("autoscaling", _) => {
            let target = &spec["scaleTargetRef"];
            let reference = format!("{}/{}", text(&target["kind"]), text(&target["name"]));
            let least = spec["minReplicas"].as_i64().map_or("<unset>".to_owned(), |least| least.to_string());
            let metrics = metrics(&spec["metrics"], &status["currentMetrics"]);
            let (most, current) = (number(&spec["maxReplicas"]), number(&status["currentReplicas"]));
            vec![name, reference.into(), metrics.into(), least.into(), most.into(), current.into(), made()]
        }
        ("policy", "poddisruptionbudgets") => {
            let told = |value: &Value| match value {
                Value::Null => "N/A".to_owned(),
                Value::String(text) => text.to_string(),
                other => other.to_string(),
            };
            let allowed = number(&status["disruptionsAllowed"]);
            vec![
                name,
                told(&spec["minAvailable"]).into(),
                told(&spec["maxUnavailable"]).into(),
                allowed.into(),
                made(),
            ]
        }
        ("networking.k8s.io", "ingresses") => {
            let rules = || spec["rules"].as_array().into_iter().flatten();
            let hosts = few(rules().map(|rule| text(&rule["host"])).filter(|host| !host.is_empty()));
            let hosts = if hosts.is_empty() { "*".to_owned() } else { hosts };
            let addresses = status["loadBalancer"]["ingress"].as_array().into_iter().flatten();
            let addresses = addresses.map(|address| match text(&address["ip"]) {
                ip if ip.is_empty() => text(&address["hostname"]),
                ip => ip,
            });
            let ports =
                if spec["tls"].as_array().is_some_and(|tls| !tls.is_empty()) { "80, 443" } else { "80" };
            let class = or(&spec["ingressClassName"], "<none>");
            let addresses: Vec<String> = addresses.collect();
            vec![name, class.into(), hosts.into(), addresses.join(",").into(), ports.into(), made()]
        }
        ("networking.k8s.io", "ingressclasses") => {
            vec![name, spec["controller"].clone(), none().into(), made()]
        }
        ("networking.k8s.io", "networkpolicies") => {
            vec![name, self::selector(&spec["podSelector"]).into(), made()]
        }
        ("rbac.authorization.k8s.io", "clusterrolebindings" | "rolebindings") => {
            let role = &object["roleRef"];
            let role = format!("{}/{}", text(&role["kind"]), text(&role["name"]));
            let subjects = || object["subjects"].as_array().into_iter().flatten();
            let of = |kind: &str| {
                let named = subjects().filter(|subject| subject["kind"] == kind).map(|subject| {
                    let name = text(&subject["name"]);
                    if kind == "ServiceAccount" {
                        format!("{}/{name}", text(&subject["namespace"]))
                    } else {
                        name
                    }
                });
                named.collect::<Vec<_>>().join(", ")
            };
            vec![
                name,
                role.into(),
                made(),
                of("User").into(),
                of("Group").into(),
                of("ServiceAccount").into(),
            ]
        }
        ("storage.k8s.io", "storageclasses") => {
            const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
            let is_default = object["metadata"]["annotations"][DEFAULT] == "true";
            let told = if is_default { format!("{} (default)", text(&name)) } else { text(&name) };
            let expands = object["allowVolumeExpansion"] == true;
            vec![
                told.into(),
                object["provisioner"].clone(),
                or(&object["reclaimPolicy"], "Delete").into(),
                or(&object["volumeBindingMode"], "Immediate").into(),
                expands.into(),
                made(),
            ]
        }
        ("scheduling.k8s.io", "priorityclasses") => vec![
            name,
            number(&object["value"]).into(),
            (object["globalDefault"] == true).into(),
            made(),
            object["preemptionPolicy"].clone(),
        ],
        ("coordination.k8s.io", "leases") => vec![name, text(&spec["holderIdentity"]).into(), made()],
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            let names = |list: &Value, key: &str| -> Vec<String> {
                list.as_array()
                    .into_iter()
                    .flatten()
                    .map(|item| text(if key.is_empty() { item } else { &item[key] }))
                    .collect()
            };
            let conditions = status["conditions"].as_array().into_iter().flatten();
            let established = conditions
                .into_iter()
                .any(|known| known["type"] == "Established" && known["status"] == "True");
            vec![
                name,
                spec["scope"].clone(),
                names(&spec["versions"], "name").join(",").into(),
                created.clone(),
                spec["group"].clone(),
                spec["names"]["kind"].clone(),
                names(&spec["names"]["shortNames"], "").join(",").into(),
                established.into(),
            ]
        }
        _ => {
            // Name, nothing in between that is known here, and the time of creation.
            let count = match columns::known(resource) {
                true => columns::of(resource).as_array().map_or(2, Vec::len),
                false => 2,
            };
            let mut cells = vec![name];
            cells.extend((2..count).map(|_| Value::from("")));
            cells.push(created.clone());
            cells
        }
    }
}

/// `True` and `False`, as Go templates of kubectl print truth in text.
trait Case {
    fn to_case(self) -> String;
}

impl Case for String {
    fn to_case(self) -> String {
        let mut letters = self.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn or(value: &Value, otherwise: &str) -> String {
    match text(value) {
        text if text.is_empty() => otherwise.to_owned(),
        text => text,
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

fn none() -> String {
    "<none>".into()
}

fn selector(selector: &Value) -> String {
    match scale::selector(selector) {
        told if told.is_empty() => none(),
        told => told,
    }
}

fn labels(map: &Value) -> Value {
    let mut told: Vec<String> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    told.sort();
    if told.is_empty() { none().into() } else { told.join(",").into() }
}

fn containers(spec: &Value) -> (Value, Value) {
    let all = |key: &str| {
        let containers = spec["containers"].as_array().into_iter().flatten();
        Value::from(containers.map(|container| text(&container[key])).collect::<Vec<_>>().join(","))
    };
    (all("name"), all("image"))
}

/// Three of many.
fn few(items: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = items.collect();
    match all.len() {
        0..=3 => all.join(","),
        count => format!("{} + {} more...", all[..3].join(","), count - 3),
    }
}

fn modes(list: &Value) -> String {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    };
    list.as_array().into_iter().flatten().map(short).collect::<Vec<_>>().join(",")
}

fn job(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let done = number(&status["succeeded"]);
    let completions = match (spec["completions"].as_i64(), number(&spec["parallelism"])) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, parallel @ 2..) => format!("{done}/1 of {parallel}"),
        _ => format!("{done}/1"),
    };
    let length = match (read(&status["startTime"]), read(&status["completionTime"])) {
        (None, _) => String::new(),
        (Some(start), end) => human(end.unwrap_or(now).as_second() - start.as_second()),
    };
    let has = |kind: &str| {
        let conditions = status["conditions"].as_array().into_iter().flatten();
        conditions.into_iter().any(|known| known["type"] == kind && known["status"] == "True")
    };
    let leaving = object["metadata"].get("deletionTimestamp").is_some();
    let state = match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if leaving => "Terminating",
        () if has("Suspended") => "Suspended",
        () if has("FailureTarget") => "FailureTarget",
        () if has("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    };
    let (names, images) = containers(&spec["template"]["spec"]);
    let created = age(&object["metadata"]["creationTimestamp"], now);
    let name = object["metadata"]["name"].clone();
    let selected = selector(&spec["selector"]);
    vec![
        name,
        state.into(),
        completions.into(),
        length.into(),
        created.into(),
        names,
        images,
        selected.into(),
    ]
}

fn service(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let given = || spec["externalIPs"].as_array().into_iter().flatten().map(text);
    let balanced = object["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
    let balanced = balanced.map(|address| match text(&address["ip"]) {
        ip if ip.is_empty() => text(&address["hostname"]),
        ip => ip,
    });
    let joined = |all: Vec<String>, otherwise: &str| match all.is_empty() {
        true => otherwise.to_owned(),
        false => all.join(","),
    };
    let external = match spec["type"].as_str() {
        Some("ExternalName") => text(&spec["externalName"]),
        Some("LoadBalancer") => joined(balanced.chain(given()).collect(), "<pending>"),
        Some("ClusterIP" | "NodePort") => joined(given().collect(), "<none>"),
        _ => "<unknown>".into(),
    };
    let ports = spec["ports"].as_array().into_iter().flatten().map(|port| {
        let protocol = text(&port["protocol"]);
        match number(&port["nodePort"]) {
            0 => format!("{}/{protocol}", number(&port["port"])),
            node => format!("{}:{node}/{protocol}", number(&port["port"])),
        }
    });
    vec![
        object["metadata"]["name"].clone(),
        spec["type"].clone(),
        or(&spec["clusterIPs"][0], "<none>").into(),
        external.into(),
        joined(ports.collect(), "<none>").into(),
        age(&object["metadata"]["creationTimestamp"], now).into(),
        labels(&spec["selector"]),
    ]
}

fn endpoints(subsets: &Value) -> String {
    let mut all = Vec::new();
    for subset in subsets.as_array().into_iter().flatten() {
        let addresses =
            || subset["addresses"].as_array().into_iter().flatten().map(|address| text(&address["ip"]));
        match subset["ports"].as_array().filter(|ports| !ports.is_empty()) {
            None => all.extend(addresses()),
            Some(ports) => {
                for port in ports {
                    all.extend(addresses().map(|ip| format!("{ip}:{}", number(&port["port"]))));
                }
            }
        }
    }
    if all.is_empty() { none() } else { few(all.into_iter()) }
}

fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    // Both kinds of events are written in one way.
    let part = |core: &str, new: &str| match &object[core] {
        Value::Null => object[new].clone(),
        value => value.clone(),
    };
    let about = part("involvedObject", "regarding");
    let (first_seen, last_seen) = (
        part("firstTimestamp", "deprecatedFirstTimestamp"),
        part("lastTimestamp", "deprecatedLastTimestamp"),
    );
    let first = if first_seen.is_null() { age(&object["eventTime"], now) } else { age(&first_seen, now) };
    let series = &object["series"];
    let last = match (series.is_object(), last_seen.is_null()) {
        (true, _) => age(&series["lastObservedTime"], now),
        (false, true) => first.clone(),
        (false, false) => age(&last_seen, now),
    };
    let count = match (series["count"].as_i64(), part("count", "deprecatedCount").as_i64()) {
        (Some(count), _) => count,
        (None, Some(count @ 1..)) => count,
        _ => 1,
    };
    let kind = text(&about["kind"]).to_lowercase();
    let target = match text(&about["name"]) {
        name if name.is_empty() => kind,
        name => format!("{kind}/{name}"),
    };
    let source = part("source", "deprecatedSource");
    let component = or(&source["component"], &text(&part("reportingComponent", "reportingController")));
    let instance = or(&source["host"], &text(&object["reportingInstance"]));
    let told = if instance.is_empty() { component } else { format!("{component}, {instance}") };
    vec![
        last.into(),
        object["type"].clone(),
        object["reason"].clone(),
        target.into(),
        text(&about["fieldPath"]).into(),
        told.into(),
        text(&part("message", "note")).trim().into(),
        first.into(),
        count.into(),
        object["metadata"]["name"].clone(),
    ]
}

fn node(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = &object["status"];
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let ready = conditions.into_iter().find(|known| known["type"] == "Ready");
    let mut told = match ready {
        None => "Unknown".to_owned(),
        Some(ready) if ready["status"] == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
    };
    if object["spec"]["unschedulable"] == true {
        told.push_str(",SchedulingDisabled");
    }
    const ROLE: &str = "node-role.kubernetes.io/";
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    let mut roles: Vec<&str> = labels.filter_map(|(key, _)| key.strip_prefix(ROLE)).collect();
    roles.sort_unstable();
    let roles = if roles.is_empty() { none() } else { roles.join(",") };
    let address = |kind: &str| {
        let addresses = status["addresses"].as_array().into_iter().flatten();
        let found = addresses.into_iter().find(|address| address["type"] == kind);
        found.map_or_else(none, |address| text(&address["address"]))
    };
    let info = &status["nodeInfo"];
    let mut kernel = or(&info["kernelVersion"], "<unknown>");
    if !text(&info["architecture"]).is_empty() {
        kernel = format!("{kernel} ({})", text(&info["architecture"]));
    }
    vec![
        object["metadata"]["name"].clone(),
        told.into(),
        roles.into(),
        age(&object["metadata"]["creationTimestamp"], now).into(),
        text(&info["kubeletVersion"]).into(),
        address("InternalIP").into(),
        address("ExternalIP").into(),
        or(&info["osImage"], "<unknown>").into(),
        kernel.into(),
        or(&info["containerRuntimeVersion"], "<unknown>").into(),
    ]
}

fn quota(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = &object["status"];
    let shown = |value: &Value| match value {
        Value::String(text) => text.to_string(),
        Value::Null => "0".into(),
        other => other.to_string(),
    };
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    let mut hard: Vec<(&Text, &Value)> = status["hard"].as_object().into_iter().flatten().collect();
    hard.sort_by_key(|(key, _)| key.as_str());
    for (key, value) in hard {
        let line = format!("{key}: {}/{}", shown(&status["used"][key.as_str()]), shown(value));
        if key.starts_with("limits.") { limits.push(line) } else { requests.push(line) }
    }
    vec![
        object["metadata"]["name"].clone(),
        requests.join(", ").into(),
        limits.join(", ").into(),
        age(&object["metadata"]["creationTimestamp"], now).into(),
    ]
}

fn metrics(wanted: &Value, current: &Value) -> String {
    let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
    if wanted.is_empty() {
        return none();
    }
    let list: Vec<String> = wanted
        .iter()
        .enumerate()
        .map(|(index, metric)| {
            let (key, named) = match metric["type"].as_str() {
                Some("Resource") => ("resource", true),
                Some("ContainerResource") => ("containerResource", true),
                Some("Pods") => ("pods", false),
                Some("Object") => ("object", false),
                Some("External") => ("external", false),
                _ => return "<unknown type>".to_owned(),
            };
            let (target, now) = (&metric[key]["target"], &current[index][key]["current"]);
            let unknown = || "<unknown>".to_owned();
            let told = if target["averageValue"].is_string() {
                let average = if named || key == "pods" { "" } else { " (avg)" };
                let seen = now["averageValue"].as_str().map_or_else(unknown, str::to_owned);
                format!("{seen}/{}{average}", text(&target["averageValue"]))
            } else if named {
                let percent = |value: &Value| value.as_i64().map(|percent| format!("{percent}%"));
                let seen = percent(&now["averageUtilization"]).unwrap_or_else(unknown);
                let wanted = percent(&target["averageUtilization"]).unwrap_or_else(|| "<auto>".into());
                format!("{seen}/{wanted}")
            } else {
                let seen = now["value"].as_str().map_or_else(unknown, str::to_owned);
                format!("{seen}/{}", text(&target["value"]))
            };
            if named { format!("{}: {told}", text(&metric[key]["name"])) } else { told }
        })
        .collect();
    match list.len() {
        0..=2 => list.join(", "),
        count => format!("{} + {} more...", list[..2].join(", "), count - 2),
    }
}
