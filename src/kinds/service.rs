//! Services and Ingresses: ready when traffic has an address to go to.
//! Must never know Pods or endpoints.

use super::fresh::{Observes, by_itself};
use super::read::{items, text, told};
use super::verdict::{Freshness, Reason, Verdict, Written};
use crate::json::Value;

/// Ready: a load balancer has been given an address; the other types have theirs at once.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let spec = &object["spec"];
    match text(&spec["type"]) {
        "LoadBalancer" => balanced(object),
        "ExternalName" => Verdict::Met(format!("stands for {}", told(&spec["externalName"]))),
        _ if spec["clusterIP"] == "None" => Verdict::Met("headless".to_owned()),
        _ if text(&spec["clusterIP"]).is_empty() => Verdict::not_yet(Reason::new(
            "/spec/clusterIP",
            "nothing",
            "an address",
            "it has no cluster address yet",
        )),
        _ => Verdict::Met(format!("at {}", text(&spec["clusterIP"]))),
    }
}

/// Ready: its controller has published an address. kstatus calls every Ingress ready.
pub(crate) fn balanced(object: &Value) -> Verdict {
    let ingress = items(&object["status"]["loadBalancer"]["ingress"]);
    let address = ingress.iter().find_map(|entry| entry["hostname"].as_str().or(entry["ip"].as_str()));
    match address {
        Some(address) => Verdict::Met(format!("at {address}")),
        None => {
            let message = "no load balancer has given it an address yet";
            Verdict::not_yet(Reason::new("/status/loadBalancer/ingress", "nothing", "an address", message))
        }
    }
}

/// As [`balanced`], for an Ingress.
pub(crate) fn ingress_ready(object: &Value, _children: &[&Value]) -> Verdict {
    balanced(object)
}

/// Only a load balancer's status is set by a controller.
pub(crate) fn freshness(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    let observes =
        if object["spec"]["type"] == "LoadBalancer" { Observes::WhereGiven } else { Observes::AtOnce };
    by_itself(object, observes, written)
}
