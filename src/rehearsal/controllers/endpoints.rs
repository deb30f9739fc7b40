//! Who is behind a Service: its Endpoints and EndpointSlices, from the pods that it selects.
//! Must never know how a pod becomes ready.
//!
//! Source: kubernetes 1.37, pkg/controller/endpoint and endpointslice.

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::pods;
use super::read::{deleting, fields, items, name, namespace, owner_reference, text, uid};
use super::resource::{ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES};
use crate::json::{Value, json};
use std::collections::BTreeMap;

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[SERVICES, PODS, ENDPOINTS, ENDPOINT_SLICES];
/// As many endpoints stand in one slice.
const SLICE: usize = 100;

/// A Service, those that may select a pod, and that of endpoints which are gone.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let within = namespace(change.object);
    match change.resource {
        SERVICES => names.push(Name::of(SERVICES, change.object)),
        PODS => {
            let same = change.before.is_some_and(|before| {
                let part = |pod: &Value| {
                    let ended = (pods::is_ready(pod), pods::is_ended(pod), deleting(pod));
                    (pod["status"]["podIP"].clone(), pod["metadata"]["labels"].clone(), ended)
                };
                part(before) == part(change.object)
            });
            if same && !change.gone {
                return;
            }
            let labels = [Some(change.object), change.before]
                .into_iter()
                .flatten()
                .map(|pod| &pod["metadata"]["labels"]);
            let found = labels.flat_map(|labels| view.store.services_for(within, labels));
            names.extend(found.map(|service| Name::new(SERVICES, within, service)));
        }
        ENDPOINTS if change.gone => names.push(Name::of(SERVICES, change.object)),
        _ if change.gone => {
            let service = text(&change.object["metadata"]["labels"]["kubernetes.io/service-name"]);
            names.push(Name::new(SERVICES, within, service));
        }
        _ => {}
    }
}

/// One look at a Service.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(service) = view.get(SERVICES, &at.namespace, &at.name) else {
        if let Some(endpoints) =
            view.get(ENDPOINTS, &at.namespace, &at.name).filter(|endpoints| is_ours(endpoints))
        {
            outcome.delete(ENDPOINTS, endpoints);
        }
        return outcome;
    };
    let selector = &service["spec"]["selector"];
    if selector.as_object().is_none_or(crate::json::Map::is_empty) || deleting(service) {
        return outcome;
    }
    let found = view.store.pods_with(&at.namespace, selector);
    let pods: Vec<&Value> = found
        .into_iter()
        .map(|entry| &entry.object)
        .filter(|pod| !pods::is_ended(pod) && !text(&pod["status"]["podIP"]).is_empty())
        .collect();
    endpoints(view, service, &pods, &mut outcome);
    slices(view, service, &pods, &mut outcome);
    outcome
}

fn is_ours(endpoints: &Value) -> bool {
    endpoints["metadata"]["labels"]["endpoints.kubernetes.io/managed-by"] == "endpoint-controller"
}

/// The ports of a Service on a pod.
fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    let ports = items(&service["spec"]["ports"]).iter().filter_map(|port| {
        let number = match &port["targetPort"] {
            Value::String(named) => {
                let containers = items(&pod["spec"]["containers"]).iter();
                let all = containers.flat_map(|container| items(&container["ports"]));
                all.into_iter().find(|there| there["name"] == **named)?["containerPort"].clone()
            }
            Value::Null => port["port"].clone(),
            number => number.clone(),
        };
        let protocol = if port["protocol"].is_null() { json!("TCP") } else { port["protocol"].clone() };
        let mut stated = json!({});
        if !port["name"].is_null() {
            stated["name"] = port["name"].clone();
        }
        if !port["appProtocol"].is_null() {
            stated["appProtocol"] = port["appProtocol"].clone();
        }
        stated["port"] = number;
        stated["protocol"] = protocol;
        Some(stated)
    });
    ports.collect()
}

fn target(pod: &Value) -> Value {
    json!({ "kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod) })
}

/// Whether pods stand for endpoints before they are ready.
fn early(service: &Value) -> bool {
    service["spec"]["publishNotReadyAddresses"] == true
}

/// Addresses that have their ports in common.
#[derive(Default)]
struct Subset {
    ready: Vec<Value>,
    unready: Vec<Value>,
    ports: Vec<Value>,
}

fn endpoints(view: &View, service: &Value, pods: &[&Value], outcome: &mut Outcome) {
    let mut subsets: BTreeMap<String, Subset> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| !deleting(pod)) {
        let ports = ports(service, pod);
        let mut address = json!({ "ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod) });
        if pod["spec"]["subdomain"] == service["metadata"]["name"]
            && !text(&pod["spec"]["hostname"]).is_empty()
        {
            address["hostname"] = pod["spec"]["hostname"].clone();
        }
        let subset = subsets
            .entry(Value::from(ports.clone()).to_string())
            .or_insert_with(|| Subset { ports, ..Subset::default() });
        if pods::is_ready(pod) || early(service) {
            subset.ready.push(address);
        } else {
            subset.unready.push(address);
        }
    }
    let by_address = |mut addresses: Vec<Value>| {
        addresses.sort_by_cached_key(|address| text(&address["ip"]).to_owned());
        addresses
    };
    let subsets: Vec<Value> = subsets
        .into_values()
        .map(|Subset { ready, unready, ports }| {
            let mut subset = json!({});
            for (field, addresses) in
                [("addresses", by_address(ready)), ("notReadyAddresses", by_address(unready))]
            {
                if !addresses.is_empty() {
                    subset[field] = addresses.into();
                }
            }
            if !ports.is_empty() {
                subset["ports"] = ports.into();
            }
            subset
        })
        .collect();
    let mut labels = fields(&service["metadata"]["labels"]);
    labels.insert("endpoints.kubernetes.io/managed-by".into(), "endpoint-controller".into());
    if service["spec"]["clusterIP"] == "None" {
        labels.insert("service.kubernetes.io/headless".into(), "".into());
    }
    let subsets = Value::from(subsets);
    match view.get(ENDPOINTS, namespace(service), name(service)) {
        None => {
            let mut object = json!({ "apiVersion": "v1", "kind": "Endpoints",
                "metadata": { "name": name(service), "namespace": namespace(service), "labels": labels } });
            if subsets != json!([]) {
                object["subsets"] = subsets;
            }
            outcome.create(ENDPOINTS, object);
        }
        Some(there) => {
            let before = if there["subsets"].is_null() { json!([]) } else { there["subsets"].clone() };
            if before == subsets && there["metadata"]["labels"] == Value::Object(labels.clone()) {
                return;
            }
            let mut object = there.clone();
            object["metadata"]["labels"] = labels.into();
            match subsets == json!([]) {
                true => _ = object.as_object_mut().and_then(|object| object.shift_remove("subsets")),
                false => object["subsets"] = subsets,
            }
            outcome.update(ENDPOINTS, object);
        }
    }
}

fn slices(view: &View, service: &Value, pods: &[&Value], outcome: &mut Outcome) {
    let mut wanted: BTreeMap<String, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for pod in pods {
        let (ports, ready) = (ports(service, pod), pods::is_ready(pod));
        let conditions = json!({ "ready": (ready || early(service)) && !deleting(pod), "serving": ready, "terminating": deleting(pod) });
        let mut endpoint = json!({ "addresses": [pod["status"]["podIP"]], "conditions": conditions, "targetRef": target(pod),
            "nodeName": pod["spec"]["nodeName"] });
        if pod["spec"]["subdomain"] == service["metadata"]["name"]
            && !text(&pod["spec"]["hostname"]).is_empty()
        {
            endpoint["hostname"] = pod["spec"]["hostname"].clone();
        }
        wanted
            .entry(Value::from(ports.clone()).to_string())
            .or_insert_with(|| (Vec::new(), ports))
            .0
            .push(endpoint);
    }
    // Even a Service that nobody is behind has a slice.
    if wanted.is_empty() {
        wanted.insert(String::new(), (Vec::new(), Vec::new()));
    }
    let chunks: Vec<(Vec<Value>, Vec<Value>)> = wanted
        .into_values()
        .flat_map(|(endpoints, ports)| {
            let mut chunks: Vec<_> =
                endpoints.chunks(SLICE).map(|chunk| (chunk.to_vec(), ports.clone())).collect();
            if chunks.is_empty() {
                chunks.push((Vec::new(), ports));
            }
            chunks
        })
        .collect();
    let there: Vec<&Value> =
        view.store.owned(uid(service), ENDPOINT_SLICES).map(|entry| &entry.object).collect();
    let mut labels = fields(&service["metadata"]["labels"]);
    labels.insert("endpointslice.kubernetes.io/managed-by".into(), "endpointslice-controller.k8s.io".into());
    labels.insert("kubernetes.io/service-name".into(), name(service).into());
    if service["spec"]["clusterIP"] == "None" {
        labels.insert("service.kubernetes.io/headless".into(), "".into());
    }
    let labels = Value::from(labels);
    for (at, (endpoints, ports)) in chunks.iter().enumerate() {
        // A server states no list of which nothing is said as null.
        let is = |there: &Value, wanted: &[Value]| items(there) == wanted;
        match there.get(at) {
            Some(slice)
                if is(&slice["endpoints"], endpoints)
                    && is(&slice["ports"], ports)
                    && slice["metadata"]["labels"] == labels => {}
            Some(slice) => {
                let mut next = (*slice).clone();
                next["endpoints"] = endpoints.clone().into();
                next["ports"] = ports.clone().into();
                next["metadata"]["labels"] = labels.clone();
                outcome.update(ENDPOINT_SLICES, next);
            }
            None => {
                let family = items(&service["spec"]["ipFamilies"]).first().map_or("IPv4", text);
                let slice = json!({ "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
                    "metadata": { "generateName": format!("{}-", name(service)), "namespace": namespace(service), "labels": labels,
                        "ownerReferences": [owner_reference(service)] },
                    "endpoints": endpoints, "ports": ports });
                outcome.create(ENDPOINT_SLICES, slice);
            }
        }
    }
    there.into_iter().skip(chunks.len()).for_each(|slice| outcome.delete(ENDPOINT_SLICES, slice));
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Verb;
    use super::super::testing::World;
    use super::*;

    fn world() -> World {
        let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web", "namespace": "ns", "uid": "s", "labels": { "a": "b" } },
            "spec": { "selector": { "app": "web" }, "ports": [{ "name": "http", "port": 80, "targetPort": "x", "protocol": "TCP" }] } });
        let pod = |name: &str, ready: &str, address: &str| {
            json!({ "metadata": { "name": name, "namespace": "ns", "uid": name, "labels": { "app": "web" } },
                "spec": { "nodeName": "n", "containers": [{ "ports": [{ "name": "x", "containerPort": 9000 }] }] },
                "status": { "podIP": address, "conditions": [{ "type": "Ready", "status": ready }] } })
        };
        World::of([
            (SERVICES, service),
            (PODS, pod("b", "True", "10.0.0.2")),
            (PODS, pod("a", "False", "10.0.0.3")),
        ])
    }

    fn look(world: &World) -> Outcome {
        reconcile(&world.view(), &Name::new(SERVICES, "ns", "web"))
    }

    #[test]
    fn ready_pods_are_addresses_and_others_are_not_ready() {
        let mut world = world();
        let outcome = look(&world);
        let [Verb::Create(endpoints), Verb::Create(slice)] =
            [&outcome.writes[0].verb, &outcome.writes[1].verb]
        else {
            panic!("both are made")
        };
        let subset = &endpoints["subsets"][0];
        assert_eq!(
            (&subset["addresses"][0]["ip"], &subset["notReadyAddresses"][0]["ip"]),
            (&json!("10.0.0.2"), &json!("10.0.0.3"))
        );
        assert_eq!(subset["ports"], json!([{ "name": "http", "port": 9000, "protocol": "TCP" }]));
        assert_eq!(
            slice["endpoints"][1]["conditions"],
            json!({ "ready": true, "serving": true, "terminating": false })
        );
        let (mut endpoints, mut slice) = (endpoints.clone(), slice.clone());
        endpoints["metadata"]["uid"] = "e".into();
        slice["metadata"]["uid"] = "l".into();
        slice["metadata"]["name"] = "web-x".into();
        world.put(ENDPOINTS, endpoints);
        world.put(ENDPOINT_SLICES, slice);
        assert!(!look(&world).writes());
        world.store.remove(PODS, "ns", "a", Some("a"));
        world.store.remove(PODS, "ns", "b", Some("b"));
        let outcome = look(&world);
        assert!(matches!(&outcome.writes[0].verb, Verb::Update(endpoints) if endpoints["subsets"].is_null()));
        assert!(matches!(&outcome.writes[1].verb, Verb::Update(slice) if slice["endpoints"] == json!([])));
    }
}
