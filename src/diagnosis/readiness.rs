//! Containers that run and are not ready.
//! Must never know what they serve.

use super::finding::Finding;
use super::pod::Container;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{items, text, title, told};

/// A container runs, and its startup or readiness probe has not passed.
pub(super) fn probe(scene: &Scene) -> Vec<Finding> {
    let idle = Container::all(scene).filter(|container| {
        let ready = container.status["ready"] == true;
        !container.init && container.runs() && !ready && container.ended().is_none()
    });
    let told = idle.map(|container| {
        let starting = container.status["started"] == false && container.spec["startupProbe"].is_object();
        let (word, probe) = match starting {
            true => ("Startup", &container.spec["startupProbe"]),
            false => ("Readiness", &container.spec["readinessProbe"]),
        };
        let event = scene.happened_to(container.pod).rfind(|event| {
            event.reason == "Unhealthy" && event.message.starts_with(&format!("{word} probe"))
        });
        let (what, fix) = match asked(probe) {
            None => (
                format!("container {} runs, has no readiness probe, and is not called ready", container.name()),
                "See its log, and whether its node's kubelet is well.",
            ),
            Some(asked) => {
                let answer = event.map_or_else(String::new, |event| format!(": {}", answer(&event.message)));
                (
                    format!(
                        "container {} runs and is not ready, since its {} probe ({asked}) has not passed{answer}",
                        container.name(),
                        word.to_lowercase()
                    ),
                    "See its log; check the probe's path and port, and give it the time that it needs to start.",
                )
            }
        };
        let event = event.map(|event| format!("{}: {}", event.object(), event.words()));
        Finding::new("not-ready", title(scene.maker(container.pod)), what)
            .shown_by(container.shown())
            .shown_by_all(event)
            .shown_by_all(scene.log_of(container.pod, container.name()))
            .fix(fix)
    });
    told.collect()
}

/// What a probe asks: `GET :8080/ready`.
fn asked(probe: &Value) -> Option<String> {
    let port = |probe: &Value| told(&probe["port"]);
    if let Some(get) = probe.get("httpGet") {
        let path = text(&get["path"]);
        return Some(format!("GET :{}{}", port(get), if path.is_empty() { "/" } else { path }));
    }
    if let Some(tcp) = probe.get("tcpSocket") {
        return Some(format!("TCP :{}", port(tcp)));
    }
    if let Some(grpc) = probe.get("grpc") {
        return Some(format!("gRPC :{}", port(grpc)));
    }
    let command =
        probe.get("exec").map(|exec| items(&exec["command"]).iter().map(text).collect::<Vec<_>>().join(" "));
    command.map(|command| format!("`{command}`"))
}

/// What the probe was answered: the event's words behind those that say which probe it was.
fn answer(message: &str) -> String {
    let said = message.split_once("probe failed:").or_else(|| message.split_once("probe errored:"));
    said.map_or(message, |(_, said)| said).trim().to_owned()
}

/// All containers are ready, and a readiness gate is not met.
pub(super) fn gate(scene: &Scene) -> Vec<Finding> {
    let pods = scene.pods().filter(|pod| {
        let mut containers = items(&pod["status"]["containerStatuses"]).iter();
        containers.len() > 0 && containers.all(|container| container["ready"] == true)
    });
    let unmet = pods.flat_map(|pod| {
        let gates = items(&pod["spec"]["readinessGates"]).iter().map(|gate| text(&gate["conditionType"]));
        gates.filter(|gate| !crate::kinds::holds(pod, gate)).map(move |gate| {
            let why = crate::kinds::condition(pod, gate).map_or_else(String::new, crate::kinds::because);
            let what = format!("its containers are ready, and its readiness gate {gate} is not met{why}");
            Finding::new("readiness-gate", title(scene.maker(pod)), what)
                .shown_by(format!("{}: condition {gate} is not True", title(pod)))
                .fix("Whoever sets this condition (a load balancer's or mesh's controller) does not work, or does not see the Pod.")
        })
    });
    unmet.collect()
}
