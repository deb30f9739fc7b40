//! What a SeldonDeployment asks for: its Deployments, Services and autoscalers, whole, as they are applied.
//! Must never know what of it is there.

use super::super::read::{fields, items, name, namespace, owner_reference, text};
use super::super::resource::{AUTOSCALERS, DEPLOYMENTS, SERVICES};
use super::pods;
use crate::json::{Map, Value, json};
use crate::kinds::shortened;
use std::collections::BTreeMap;

/// An object that the operator makes.
pub(super) struct Child {
    /// Its resource's id.
    pub resource: &'static str,
    /// Its name.
    pub name: String,
    /// As it is applied.
    pub object: Value,
}

impl Child {
    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self.resource {
            DEPLOYMENTS => "Deployment",
            SERVICES => "Service",
            _ => "HorizontalPodAutoscaler",
        }
    }

    /// `Kind/name`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.kind(), self.name)
    }
}

/// All that is asked for, up to what cannot be understood.
#[derive(Default)]
pub(super) struct Children {
    /// In the order in which they are made.
    pub all: Vec<Child>,
    /// Whether any has an autoscaler.
    pub scaled: bool,
    /// What cannot be understood.
    pub error: Option<String>,
}

impl Children {
    /// Those of one resource.
    pub fn of(&self, resource: &str) -> impl Iterator<Item = &Child> {
        self.all.iter().filter(move |child| child.resource == resource)
    }
}

/// What a SeldonDeployment asks for.
pub(super) fn of(owner: &Value) -> Children {
    let mut builder = Builder { owner, ports: BTreeMap::new(), children: Children::default() };
    for predictor in items(&owner["spec"]["predictors"]) {
        if let Err(error) = builder.predictor(predictor) {
            builder.children.error = Some(error);
            break;
        }
    }
    builder.children
}

struct Builder<'a> {
    owner: &'a Value,
    /// By container name, counted through the whole object.
    ports: BTreeMap<String, i64>,
    children: Children,
}

/// The engine's container of a predictor, and whether it has a pod of its own.
struct Engine {
    container: Value,
    apart: bool,
}

impl Builder<'_> {
    fn predictor(&mut self, predictor: &Value) -> Result<(), String> {
        let service = service_name(self.owner, predictor);
        let graph = &predictor["graph"];
        let mut components = items(&predictor["componentSpecs"]).to_vec();
        if components.is_empty() && pods::is_served(graph) {
            components.push(json!({ "spec": { "containers": [] } }));
        }
        let engine = self.engine(predictor);
        if engine.as_ref().is_some_and(|engine| !engine.apart) && !pods::hosts_engine(&components, graph) {
            return Err(
                "engine not separate and no pu with localhost service - not clear where to inject engine"
                    .into(),
            );
        }
        for (at, component) in components.iter().enumerate() {
            self.component(predictor, component, at, &service, engine.as_ref());
        }
        if let Some(engine) = engine.filter(|engine| engine.apart) {
            self.apart(predictor, &service, engine.container);
        }
        self.service(&service, "seldon-app", json!({ "http": 8000, "grpc": 5001 }));
        if !text(&predictor["explainer"]["type"]).is_empty() {
            self.explainer(predictor);
        }
        Ok(())
    }

    fn engine(&self, predictor: &Value) -> Option<Engine> {
        let is_true = |value: &Value| text(value).eq_ignore_ascii_case("true");
        if is_true(&predictor["annotations"]["seldon.io/no-engine"]) {
            return None;
        }
        let apart = is_true(&self.owner["spec"]["annotations"]["seldon.io/engine-separate-pod"]);
        Some(Engine { container: pods::engine(self.owner, predictor), apart })
    }

    fn component(
        &mut self,
        predictor: &Value,
        component: &Value,
        at: usize,
        service: &str,
        engine: Option<&Engine>,
    ) {
        let graph = &predictor["graph"];
        let mut pod = fields(&component["spec"]);
        let mut containers = pods::containers(predictor, component, at);
        let mut labels = Map::new();
        for container in &containers {
            let name = text(&container["name"]);
            // A sidecar is no node of the graph.
            let Some(role) = pods::role(graph, name) else { continue };
            let own = shortened(format!("{service}-{name}"));
            labels.insert(format!("seldon.io/{role}").into(), "true".into());
            labels.insert(format!("seldon-app-svc-{name}").into(), own.clone().into());
            let next = 9000 + i64::try_from(self.ports.len()).unwrap_or(0);
            let port = *self.ports.entry(name.to_owned()).or_insert(next);
            self.service(
                &own,
                &format!("seldon-app-svc-{name}"),
                json!({ "http": port, "grpc": port + 500 }),
            );
        }
        let names: Vec<&str> = containers.iter().map(|container| text(&container["name"])).collect();
        let suffix = match text(&component["metadata"]["name"]) {
            "" => names.join("-"),
            own => own.to_owned(),
        };
        let whole = format!("{}-{}-{at}-{suffix}", name(self.owner), text(&predictor["name"]));
        if at == 0 && engine.is_none_or(|engine| !engine.apart) {
            labels.insert("seldon-app".into(), service.into());
            if let Some(engine) = engine {
                labels.insert("seldon-deployment-contains-svcorch".into(), "true".into());
                containers.push(engine.container.clone());
            }
        }
        pod.insert("containers".into(), containers.into());
        let replicas = [component, predictor, &self.owner["spec"]]
            .iter()
            .map(|holder| holder["replicas"].clone())
            .collect();
        let scaler = (!component["hpaSpec"].is_null()).then(|| component["hpaSpec"].clone());
        let autoscaled = scaler.is_some() || !component["kedaSpec"].is_null();
        let made = Made { name: shortened(whole), labels, component, pod, replicas, autoscaled };
        let (name, labels) = self.deployment(predictor, made);
        if let Some(scaler) = scaler {
            self.autoscaler(&name, labels, &scaler);
        }
    }

    /// The orchestrator in a pod of its own.
    fn apart(&mut self, predictor: &Value, service: &str, container: Value) {
        let name = shortened(format!("{}-{}-svc-orch", name(self.owner), text(&predictor["name"])));
        let mut labels = Map::new();
        labels.insert("seldon-app".into(), service.into());
        labels.insert("seldon-deployment-contains-svcorch".into(), "true".into());
        let pod = Map::from_iter([("containers".to_owned(), json!([container]))]);
        let holders = [&predictor["svcOrchSpec"], predictor, &self.owner["spec"]];
        let replicas = holders.iter().map(|holder| holder["replicas"].clone()).collect();
        let made = Made { name, labels, component: &Value::Null, pod, replicas, autoscaled: false };
        self.deployment(predictor, made);
    }

    fn explainer(&mut self, predictor: &Value) {
        let name = shortened(format!("{}-{}-explainer", name(self.owner), text(&predictor["name"])));
        let mut labels = Map::new();
        labels.insert("seldon-app".into(), name.clone().into());
        let pod = pods::explainer(self.owner, predictor, &name);
        let zero = [predictor, &self.owner["spec"]]
            .into_iter()
            .map(|holder| &holder["replicas"])
            .find(|value| !value.is_null());
        let replicas = match zero {
            Some(zero) if *zero == 0 => vec![zero.clone()],
            _ => vec![predictor["explainer"]["replicas"].clone()],
        };
        let made =
            Made { name: name.clone(), labels, component: &Value::Null, pod, replicas, autoscaled: false };
        self.deployment(predictor, made);
        self.service(&name, "seldon-app", json!({ "http": 9000, "grpc": 9500 }));
    }

    /// Adds a Deployment; its name and labels.
    fn deployment(&mut self, predictor: &Value, made: Made) -> (String, Map) {
        let (spec, id) = (&self.owner["spec"], shortened(name(self.owner).to_owned()));
        let Made { name, mut labels, component, pod, replicas, autoscaled } = made;
        let mut annotations = fields(&component["metadata"]["annotations"]);
        annotations.extend(fields(&predictor["annotations"]));
        annotations.extend(fields(&spec["annotations"]));
        let own = [
            ("app", name.as_str()),
            ("seldon-deployment-id", &id),
            ("app.kubernetes.io/managed-by", "seldon-core"),
            ("version", text(&predictor["name"])),
            ("fluentd", "true"),
        ];
        labels.extend(own.map(|(key, value)| (key, value)));
        labels.extend(fields(&predictor["labels"]));
        labels.extend(fields(&component["metadata"]["labels"]));
        let deadline = match &predictor["progressDeadlineSeconds"] {
            Value::Null => json!(600),
            stated => stated.clone(),
        };
        let mut asked = json!({
            "selector": { "matchLabels": { "app": name, "seldon-deployment-id": id } }, "progressDeadlineSeconds": deadline,
            "template": { "metadata": { "labels": labels, "annotations": annotations }, "spec": pod },
        });
        if let Some(replicas) = replicas.into_iter().find(|value| !value.is_null()).filter(|_| !autoscaled) {
            asked["replicas"] = replicas;
        }
        self.add(DEPLOYMENTS, "apps/v1", "Deployment", &name, &labels, asked);
        (name, labels)
    }

    fn autoscaler(&mut self, name: &str, labels: Map, asked: &Value) {
        self.children.scaled = true;
        let mut spec = json!({
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": name }, "maxReplicas": asked["maxReplicas"],
        });
        if !asked["minReplicas"].is_null() {
            spec["minReplicas"] = asked["minReplicas"].clone();
        }
        self.add(AUTOSCALERS, "autoscaling/v2", "HorizontalPodAutoscaler", name, &labels, spec);
    }

    fn service(&mut self, name: &str, label: &str, ports: Value) {
        let port = |port: &str| json!({ "name": port, "port": ports[port], "targetPort": ports[port], "protocol": "TCP" });
        let spec = json!({ "selector": { label: name }, "ports": [port("http"), port("grpc")] });
        let id = shortened(super::name(self.owner).to_owned());
        let labels = fields(&json!({ label: name, "seldon-deployment-id": id }));
        self.add(SERVICES, "v1", "Service", name, &labels, spec);
    }

    fn add(
        &mut self,
        resource: &'static str,
        version: &str,
        kind: &str,
        name: &str,
        labels: &Map,
        spec: Value,
    ) {
        let mut owner = owner_reference(self.owner);
        owner["apiVersion"] = "machinelearning.seldon.io/v1".into();
        owner["kind"] = "SeldonDeployment".into();
        let object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name, "namespace": namespace(self.owner),
            "labels": labels, "ownerReferences": [owner] }, "spec": spec });
        self.children.all.push(Child { resource, name: name.to_owned(), object });
    }
}

/// What a Deployment is made of.
struct Made<'a> {
    name: String,
    labels: Map,
    component: &'a Value,
    pod: Map,
    /// What may decide its replicas; the first that says something does.
    replicas: Vec<Value>,
    autoscaled: bool,
}

/// The name of a predictor's Service.
pub(super) fn service_name(owner: &Value, predictor: &Value) -> String {
    match predictor["annotations"]["seldon.io/svc-name"].as_str() {
        Some(own) => own.to_owned(),
        None => shortened(format!("{}-{}", name(owner), text(&predictor["name"]))),
    }
}
