//! The addresses of Services: cluster IPs and node ports, each given once.
//! It must never route anything.

use std::collections::BTreeSet;

use crate::json::{Value, json};

use super::call::Call;
use super::meta;
use super::refusal::{Refusal, quote};
use super::resource::Shelf;
use super::state::State;
use crate::rehearsal::builtin::Fault;

/// Gives a Service the addresses that its type asks for, and takes away those it does not.
///
/// # Errors
/// 422 if an address is asked for that another Service has.
pub fn give(
    state: &mut State,
    call: &Call<'_>,
    service: &mut Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    if !call.subresource.is_empty() {
        return Ok(());
    }
    let kind = service["spec"]["type"].as_str().unwrap_or("ClusterIP").to_owned();
    let name = meta::text(service, "name").to_owned();
    let Some(spec) = service.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    if kind == "ExternalName" {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] {
            if old.is_some()
                || spec.get(key).is_some_and(|value| value == "")
                || key == "internalTrafficPolicy"
            {
                spec.shift_remove(key);
            }
        }
        return Ok(());
    }
    if let Some(old) = old.map(|old| &old["spec"]) {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if let (Some(value), true) = (old.get(key), spec.get(key).is_none_or(Value::is_null)) {
                spec.insert(key.into(), value.clone());
            }
        }
    }
    if old.is_some_and(|old| old["spec"]["type"] != kind.as_str()) {
        let of_type: &[&str] = match kind.as_str() {
            "NodePort" => &["allocateLoadBalancerNodePorts", "loadBalancerClass"],
            "LoadBalancer" => &[],
            _ => &[
                "externalTrafficPolicy",
                "allocateLoadBalancerNodePorts",
                "loadBalancerClass",
                "healthCheckNodePort",
            ],
        };
        of_type.iter().for_each(|key| drop(spec.shift_remove(key)));
    }
    let wanted = spec.get("clusterIP").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kept = old.is_some_and(|old| old["spec"]["clusterIP"] == wanted.as_str());
    let address = match wanted.as_str() {
        "" => draw(state),
        "None" => "None".to_owned(),
        _ if !kept && has_address(state, &wanted) => {
            let why = "failed to allocate IP {ip}: provided IP is already allocated".replace("{ip}", &wanted);
            let fault = Fault::invalid("spec.clusterIPs", format!("[{}]", quote(&wanted)), why);
            return Err(Refusal::invalid("", "Service", &name, &[fault]));
        }
        _ => wanted,
    };
    spec.insert("clusterIP".into(), address.clone().into());
    spec.insert("clusterIPs".into(), json!([address]));
    // What selects nothing and has no address may have endpoints of both families.
    let selects =
        spec.get("selector").and_then(Value::as_object).is_some_and(|selector| !selector.is_empty());
    let both = spec.get("clusterIP").is_some_and(|address| address == "None") && !selects && old.is_none();
    let (families, policy) = match both {
        true => (json!(["IPv4", "IPv6"]), "RequireDualStack"),
        false => (json!(["IPv4"]), "SingleStack"),
    };
    spec.entry("ipFamilies").or_insert(families);
    spec.entry("ipFamilyPolicy").or_insert_with(|| policy.into());
    let wants_ports = matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false));
    let mut ports = if wants_ports { node_ports(state) } else { BTreeSet::new() };
    let before = old.map(|old| old["spec"]["ports"].clone()).unwrap_or_default();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else { continue };
        if !wants_ports {
            if old.is_some() {
                port.shift_remove("nodePort");
            }
            continue;
        }
        if port.get("nodePort").is_some_and(|port| port.as_i64().is_some_and(|port| port > 0)) {
            continue;
        }
        let same = |known: &&Value| {
            known["port"] == port["port"] && known["name"] == *port.get("name").unwrap_or(&Value::Null)
        };
        let known =
            before.as_array().into_iter().flatten().find(same).and_then(|known| known["nodePort"].as_i64());
        let number = known.unwrap_or_else(|| {
            loop {
                let number = 30_000 + (state.random.number() % 2768) as i64;
                if ports.insert(number) {
                    break number;
                }
            }
        });
        port.insert("nodePort".into(), number.into());
    }
    Ok(())
}

fn has_address(state: &State, address: &str) -> bool {
    state.addresses.contains(address)
}

/// Notes the address of a Service that was made or changed, or gives it back with one that is gone.
pub fn note(state: &mut State, before: Option<&Value>, after: Option<&Value>) {
    let address =
        |service: &Value| service["spec"]["clusterIP"].as_text().filter(|it| *it != "None").cloned();
    if let Some(given_back) = before.and_then(address) {
        state.addresses.remove(&given_back);
    }
    state.addresses.extend(after.and_then(address));
}

/// The node ports that Services have.
fn node_ports(state: &State) -> BTreeSet<i64> {
    let shelf = Shelf { group: String::new(), plural: "services".into() };
    let mut ports = BTreeSet::new();
    for spec in state.store.list(&shelf, "").map(|stored| &stored.value["spec"]) {
        let of_service = spec["ports"].as_array().into_iter().flatten();
        ports.extend(of_service.filter_map(|port| port["nodePort"].as_i64()));
    }
    ports
}

/// An address of 10.96.0.0/16 that nobody has.
fn draw(state: &mut State) -> String {
    // Of sixty thousand some may be taken; a cluster that has them all is none.
    let mut address = String::new();
    for _ in 0..1_000 {
        let number = state.random.number();
        address = format!("10.96.{}.{}", (number >> 8) & 0xff, 1 + number % 254);
        if !has_address(state, &address) {
            break;
        }
    }
    address
}
