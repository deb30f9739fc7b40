//! Services, and what else leads to pods: ingresses, network policies, endpoints.
//! It must never know which addresses are free.

use std::collections::BTreeSet;

use crate::json::{Value, json};

use super::container::port;
use super::meta;
use super::spot::{Faults, Spot};
use super::words;
use crate::rehearsal::builtin::fault::Fault;

/// Checks a Service's spec.
pub fn service(spec: &Spot<'_>, faults: &mut Faults) {
    let kind = spec.get("type");
    let headless =
        spec.get("clusterIP").text() == "None" || spec.at("clusterIPs").items().any(|ip| ip.text() == "None");
    let ports = spec.get("ports");
    if ports.is_empty() && !headless && kind.text() != "ExternalName" {
        faults.required(&ports, "");
    }
    match kind.text() {
        "LoadBalancer" if headless => {
            faults.invalid(&spec.at("clusterIPs"), "may not be set to 'None' for LoadBalancer services");
        }
        "NodePort" if headless => {
            faults.invalid(&spec.at("clusterIPs"), "may not be set to 'None' for NodePort services");
        }
        "ExternalName" => external(spec, faults),
        _ => {}
    }
    each_port(&ports, faults);
    meta::labels(&spec.get("selector"), faults);
    let affinity = spec.get("sessionAffinity");
    faults.choice(&affinity, &["ClientIP", "None"]);
    if affinity.text() == "ClientIP" {
        let timeout = spec.at("sessionAffinityConfig.clientIP.timeoutSeconds");
        if !(1..=86400).contains(&timeout.int()) {
            faults.invalid(&timeout, "must be greater than 0 and less than 86400");
        }
    }
    if kind.text() != "ExternalName" {
        addresses(spec, faults);
    }
    for address in spec.get("externalIPs").items() {
        ip(&address, faults);
    }
    faults.choice(&kind, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    conflicts(&ports, kind.text(), faults);
    if kind.text() != "LoadBalancer" {
        let ranges = spec.get("loadBalancerSourceRanges");
        if !ranges.is_empty() {
            let ranges = Spot { path: "spec.LoadBalancerSourceRanges".into(), ..ranges };
            faults.forbidden(&ranges, "may only be used when `type` is 'LoadBalancer'");
        }
        for key in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            let field = spec.get(key);
            if field.is_there() {
                faults.forbidden(&field, "may only be used when `type` is 'LoadBalancer'");
            }
        }
    }
    let policy = spec.get("externalTrafficPolicy");
    let outside = matches!(kind.text(), "LoadBalancer" | "NodePort")
        || kind.text() == "ClusterIP" && !spec.get("externalIPs").is_empty();
    if !policy.is_empty() && !outside {
        faults.invalid(&policy, "may only be set for externally-accessible services");
    } else {
        faults.optional_choice(&policy, &["Cluster", "Local"]);
    }
    let inside = spec.get("internalTrafficPolicy");
    if matches!(kind.text(), "NodePort" | "LoadBalancer" | "ClusterIP") && !inside.is_there() {
        faults.required(&inside, "");
    }
    faults.optional_choice(&inside, &["Cluster", "Local"]);
}

fn external(spec: &Spot<'_>, faults: &mut Faults) {
    let addresses = spec.get("clusterIPs");
    if !addresses.is_empty() {
        faults.forbidden(&addresses, "may not be set for ExternalName services");
    }
    let name = spec.get("externalName");
    let text = name.text().trim_end_matches('.');
    if text.is_empty() {
        faults.required(&name, "");
    } else {
        faults.invalid_each_at(&name, text, words::subdomain(text));
    }
}

/// The name of a port, which it must have where there are others.
fn port_name<'a>(port: &Spot<'a>, several: bool, faults: &mut Faults) -> Spot<'a> {
    let name = port.get("name");
    if several && name.is_empty() {
        faults.required(&name, "");
    } else if !name.is_empty() {
        faults.invalid_each(&name, words::label(name.text()));
    }
    name
}

/// A number of which one that is left out is 0, and a protocol.
fn port_number(port: &Spot<'_>, faults: &mut Faults) {
    let number = Value::from(port.get("port").int());
    let number = Spot::new(&number, port.get("port").path);
    faults.invalid_each(&number, words::port(number.int()));
    faults.choice(&port.get("protocol"), &["SCTP", "TCP", "UDP"]);
}

fn each_port(ports: &Spot<'_>, faults: &mut Faults) {
    let several = ports.items().count() > 1;
    let mut names = BTreeSet::new();
    for item in ports.items() {
        let name = port_name(&item, several, faults);
        if !name.is_empty() && !names.insert(name.text()) {
            faults.duplicate(&name);
        }
        port_number(&item, faults);
        port(&item.get("targetPort"), faults);
        let protocol = item.get("appProtocol");
        if protocol.is_there() {
            faults.invalid_each(&protocol, words::qualified(protocol.text()));
        }
    }
}

/// Ports that are there twice, and those that a Service of this kind has none of.
fn conflicts(ports: &Spot<'_>, kind: &str, faults: &mut Faults) {
    let (mut of_nodes, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for item in ports.items() {
        let node = item.get("nodePort");
        let protocol = item.get("protocol").text();
        if node.int() != 0 {
            if kind == "ClusterIP" {
                faults.forbidden(&node, "may not be used when `type` is 'ClusterIP'");
            }
            if !of_nodes.insert((protocol, node.int())) {
                faults.duplicate(&node);
            }
        }
    }
    for item in ports.items() {
        let (protocol, number) = (item.get("protocol").text(), item.get("port").int());
        if !numbers.insert((protocol, number)) {
            let shown = json!({
                "Name": "", "Protocol": protocol, "AppProtocol": null, "Port": number, "TargetPort": 0, "NodePort": 0
            });
            faults.0.push(Fault::duplicate(&item.path, &shown));
        }
    }
}

fn addresses(spec: &Spot<'_>, faults: &mut Faults) {
    let (one, all) = (spec.get("clusterIP"), spec.get("clusterIPs"));
    if all.is_empty() {
        if !one.is_empty() && one.text() != "None" {
            let first = Spot::new(one.value, "spec.clusterIPs[0]");
            ip(&first, faults);
        }
    } else if all.items().next().is_some_and(|first| first.text() != one.text()) {
        faults.invalid(&all, "first value must match `clusterIP`");
    }
    for item in all.items().filter(|item| item.text() != "None") {
        ip(&item, faults);
    }
    faults.optional_choice(
        &spec.get("ipFamilyPolicy"),
        &["PreferDualStack", "RequireDualStack", "SingleStack"],
    );
    let mut families = BTreeSet::new();
    for item in spec.get("ipFamilies").items() {
        faults.optional_choice(&item, &["IPv4", "IPv6"]);
        if !families.insert(item.text()) {
            faults.duplicate(&item);
        }
    }
    let mut kinds = BTreeSet::new();
    if all.items().any(|item| !kinds.insert(item.text().contains(':'))) && all.items().count() == 2 {
        faults.invalid(&all, "may specify no more than one IP for each IP family");
    }
}

fn ip(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.text().parse::<std::net::IpAddr>().is_err() {
        faults.invalid(spot, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// Checks what a Service may not change: an address once it has one.
pub fn service_replaced(spec: &Spot<'_>, old: &Value, faults: &mut Faults) {
    let kinds = (old["type"].as_str().unwrap_or_default(), spec.get("type").text());
    if kinds.0 == "ExternalName" || kinds.1 == "ExternalName" {
        return;
    }
    let headless = |list: &Value| list.get(0).is_some_and(|first| first == "None");
    let new = spec.get("clusterIPs");
    if headless(&old["clusterIPs"]) && headless(new.value) {
        return;
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (list(&old["clusterIPs"]), list(new.value));
    let mut refuse = |index: usize, why: &str| {
        faults.0.push(Fault::invalid(format!("spec.clusterIPs[{index}]"), new.value, why));
    };
    if after.is_empty() {
        if !before.is_empty() {
            refuse(0, "primary clusterIP can not be unset");
        }
        return;
    }
    // Where their number changed, only the first must stay.
    let compared = if before.len() == after.len() { before.len() } else { 1 };
    for index in 0..compared.min(before.len()) {
        if before[index] != after[index] {
            refuse(index, "may not change once set");
        }
    }
}

/// Checks an Ingress's spec.
pub fn ingress(spec: &Spot<'_>, faults: &mut Faults) {
    let rules = spec.get("rules");
    let fallback = spec.get("defaultBackend");
    if rules.is_empty() && !fallback.is_there() {
        let rules = Spot::new(rules.value, spec.path.clone());
        faults.invalid(&rules, "either `defaultBackend` or `rules` must be specified");
    }
    if fallback.is_there() {
        backend(&fallback, faults);
    }
    for rule in rules.items() {
        let host = rule.get("host");
        if !host.is_empty() {
            domain(&host, faults);
        }
        let http = rule.get("http");
        if !http.is_there() {
            continue;
        }
        let paths = http.get("paths");
        if paths.is_empty() {
            faults.required(&paths, "");
        }
        paths.items().for_each(|path| ingress_path(&path, faults));
    }
    for tls in spec.get("tls").items() {
        tls.get("hosts").items().for_each(|host| domain(&host, faults));
        let secret = tls.get("secretName");
        if !secret.is_empty() {
            faults.invalid_each(&secret, words::subdomain(secret.text()));
        }
    }
    let class = spec.get("ingressClassName");
    if class.is_there() {
        faults.invalid_each(&class, words::subdomain(class.text()));
    }
}

fn domain(spot: &Spot<'_>, faults: &mut Faults) {
    let text = spot.text();
    match text.strip_prefix("*.") {
        Some(rest) if words::subdomain(rest).is_empty() => {}
        Some(_) => faults.invalid(spot, words::pattern(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            "\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
            &["*.example.com"],
        )),
        None => faults.invalid_each(spot, words::subdomain(text)),
    }
}

fn ingress_path(spot: &Spot<'_>, faults: &mut Faults) {
    let (kind, path) = (spot.get("pathType"), spot.get("path"));
    if !kind.is_there() {
        return faults.required(&kind, "pathType must be specified");
    }
    match kind.text() {
        "Exact" | "Prefix" => {
            if !path.text().starts_with('/') {
                faults.invalid_each_at(&path, path.text(), ["must be an absolute path".into()]);
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|part| path.text().contains(**part))
            {
                faults.invalid(&path, format!("must not contain '{part}'"));
            }
        }
        "ImplementationSpecific" => {
            if !path.is_empty() && !path.text().starts_with('/') {
                faults.invalid(&path, "must be an absolute path");
            }
        }
        _ => {
            let choices = ["Exact", "ImplementationSpecific", "Prefix"];
            faults.0.push(Fault::unsupported(&kind.path, kind.value, &choices));
        }
    }
    backend(&spot.get("backend"), faults);
}

fn backend(spot: &Spot<'_>, faults: &mut Faults) {
    let (service, resource) = (spot.get("service"), spot.get("resource"));
    match (service.is_there(), resource.is_there()) {
        (true, true) => {
            faults.invalid_each_at(spot, "", ["cannot set both resource and service backends".into()]);
        }
        (false, false) => {
            faults.invalid_each_at(spot, "", ["resource or service backend is required".into()]);
        }
        (false, true) => {}
        (true, false) => {
            let name = service.get("name");
            if name.is_empty() {
                faults.required(&name, "");
            } else {
                faults.invalid_each(&name, words::label(name.text()));
            }
            let (number, named) = (service.at("port.number"), service.at("port.name"));
            if !named.is_empty() && number.int() != 0 {
                faults.invalid_each_at(spot, "", ["cannot set both port name & port number".into()]);
            } else if !named.is_empty() {
                faults.invalid_each(&named, words::port_name(named.text()));
            } else if number.int() != 0 {
                faults.invalid_each(&number, words::port(number.int()));
            } else {
                faults.required(spot, "port name or number is required");
            }
        }
    }
}

/// Checks a NetworkPolicy's spec.
pub fn network_policy(spec: &Spot<'_>, faults: &mut Faults) {
    meta::selector(&spec.get("podSelector"), faults);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.get(rules).items() {
            for item in rule.get("ports").items() {
                faults.optional_choice(&item.get("protocol"), &["TCP", "UDP", "SCTP"]);
                let number = item.get("port");
                if number.is_there() {
                    port(&number, faults);
                }
            }
            for peer in rule.get(peers).items() {
                let (pods, namespaces, block) =
                    (peer.get("podSelector"), peer.get("namespaceSelector"), peer.get("ipBlock"));
                if !pods.is_there() && !namespaces.is_there() && !block.is_there() {
                    faults.required(&peer, "must specify a peer");
                }
                if block.is_there() && (pods.is_there() || namespaces.is_there()) {
                    faults.forbidden(&peer, "may not specify both ipBlock and another peer");
                }
                meta::selector(&pods, faults);
                meta::selector(&namespaces, faults);
            }
        }
    }
    let types = spec.get("policyTypes");
    types.items().for_each(|item| faults.optional_choice(&item, &["Ingress", "Egress"]));
}

/// Checks an EndpointSlice.
pub fn slice(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let kind = root.get("addressType");
    if old.is_some_and(|old| old["addressType"] != *kind.value) {
        faults.0.push(Fault::invalid(&kind.path, &Value::Null, "field is immutable"));
    }
    faults.choice(&kind, &["FQDN", "IPv4", "IPv6"]);
    for endpoint in root.get("endpoints").items() {
        let addresses = endpoint.get("addresses");
        if addresses.is_empty() {
            faults.required(&addresses, "");
        }
        for address in addresses.items() {
            match kind.text() {
                "FQDN" => faults.invalid_each(&address, words::subdomain(address.text())),
                "IPv4" | "IPv6" => ip(&address, faults),
                _ => {}
            }
        }
    }
    let mut names = BTreeSet::new();
    for item in root.get("ports").items() {
        let name = item.get("name");
        if !name.is_empty() {
            faults.invalid_each(&name, words::label(name.text()));
        }
        if !names.insert(name.text()) {
            faults.duplicate(&name);
        }
        faults.optional_choice(&item.get("protocol"), &["SCTP", "TCP", "UDP"]);
    }
}

/// Checks Endpoints.
pub fn endpoints(root: &Spot<'_>, faults: &mut Faults) {
    for subset in root.get("subsets").items() {
        let (ready, waiting) = (subset.get("addresses"), subset.get("notReadyAddresses"));
        if ready.is_empty() && waiting.is_empty() {
            faults.required(&subset, "must specify `addresses` or `notReadyAddresses`");
        }
        for address in ready.items().chain(waiting.items()) {
            let address = address.get("ip");
            ip(&address, faults);
            if address.text().parse::<std::net::IpAddr>().is_err() {
                faults.invalid(&address, "must be a valid IP address");
            }
        }
        let ports = subset.get("ports");
        let several = ports.items().count() > 1;
        for item in ports.items() {
            port_name(&item, several, faults);
            port_number(&item, faults);
        }
    }
}
