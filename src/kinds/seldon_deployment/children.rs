//! The Deployments that a SeldonDeployment asks for: their names, and which field decides their replicas.
//! Must never know what became of them.
//!
//! Sources: GetDeploymentName and its neighbours in the operator's api package; createComponents, createEngineDeployment
//! and createExplainer in its controllers (1.1 to 1.19).

use super::md5;
use crate::json::Value;
use crate::kinds::read::{items, number, text};
use crate::kinds::verdict::{Decides, ScaleField};

/// What a Deployment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The componentSpec of this index.
    Component(usize),
    /// The orchestrator in a pod of its own.
    Orchestrator,
    /// The explainer.
    Explainer,
}

/// A Deployment that the operator is to make.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    /// Its name.
    pub name: String,
    /// Its name where the operator runs with DEPLOYMENT_NAME_AS_PREFIX.
    pub alias: Option<String>,
    /// What it is for.
    pub role: Role,
    /// The index of its predictor.
    pub predictor: usize,
    /// Whether only some versions of the operator make it.
    pub optional: bool,
}

impl Child {
    /// Whether this is the name of it.
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.alias.as_deref() == Some(name)
    }

    /// `Deployment/NAME`.
    pub fn title(&self) -> String {
        format!("Deployment/{}", self.name)
    }
}

/// The predictors, in order.
pub(crate) fn predictors(object: &Value) -> &[Value] {
    items(&object["spec"]["predictors"])
}

/// All Deployments that the spec asks for, predictor by predictor.
pub(crate) fn expected(object: &Value) -> Vec<Child> {
    let sdep = text(&object["metadata"]["name"]);
    let mut children = Vec::new();
    for (index, predictor) in predictors(object).iter().enumerate() {
        let name = text(&predictor["name"]);
        let child = |name: String, role| Child { name, alias: None, role, predictor: index, optional: false };
        if let Some(separate) = separate_orchestrator(object).filter(|_| !without_orchestrator(predictor)) {
            let orchestrator = child(shortened(format!("{sdep}-{name}-svc-orch")), Role::Orchestrator);
            children.push(Child { optional: !separate, ..orchestrator });
        }
        let components = items(&predictor["componentSpecs"]);
        for at in 0..components.len().max(1) {
            let component = components.get(at).unwrap_or(&Value::Null);
            let names = container_names(predictor, at);
            if names.is_empty() {
                continue;
            }
            let own = text(&component["metadata"]["name"]);
            let suffix = if own.is_empty() { names.join("-") } else { own.to_owned() };
            let whole = format!("{sdep}-{name}-{at}-{suffix}");
            let alias = (whole.len() > 63).then(|| format!("{sdep}-{}", md5::hex(&whole)));
            children.push(Child { alias, ..child(shortened(whole), Role::Component(at)) });
        }
        if !text(&predictor["explainer"]["type"]).is_empty() {
            children.push(child(shortened(format!("{sdep}-{name}-explainer")), Role::Explainer));
        }
    }
    children
}

/// Whether the predictor runs without an orchestrator.
pub(crate) fn without_orchestrator(predictor: &Value) -> bool {
    text(&predictor["annotations"]["seldon.io/no-engine"]).eq_ignore_ascii_case("true")
}

/// Whether orchestrators get pods of their own; unsure (`Some(false)`) where the annotation says something else than true:
/// early versions asked for its presence alone.
fn separate_orchestrator(object: &Value) -> Option<bool> {
    let annotation = object["spec"]["annotations"]["seldon.io/engine-separate-pod"].as_str()?;
    Some(annotation.eq_ignore_ascii_case("true"))
}

/// Values that the label `seldon-deployment-id` has on the Deployments: the object's name, and for an orchestrator in a pod of
/// its own the name of the predictor's Service.
pub(crate) fn label_values(object: &Value) -> Vec<String> {
    let sdep = text(&object["metadata"]["name"]);
    let mut values = vec![shortened(sdep.to_owned())];
    if separate_orchestrator(object).is_some() {
        values.extend(predictors(object).iter().map(|predictor| {
            match predictor["annotations"]["seldon.io/svc-name"].as_str() {
                Some(service) => service.to_owned(),
                None => shortened(format!("{sdep}-{}", text(&predictor["name"]))),
            }
        }));
    }
    values
}

/// The containers of a componentSpec as the operator sees them: those declared, and in the first one those of prepackaged servers
/// that no componentSpec declares.
fn container_names(predictor: &Value, at: usize) -> Vec<&str> {
    let declared =
        |component: &'static str, at: usize| items(&predictor["componentSpecs"][at]["spec"][component]);
    let mut names: Vec<&str> =
        declared("containers", at).iter().map(|container| text(&container["name"])).collect();
    if at == 0 {
        let components = 0..items(&predictor["componentSpecs"]).len();
        let known = |node: &str| {
            components
                .clone()
                .any(|at| declared("containers", at).iter().any(|container| container["name"] == *node))
        };
        let mut nodes = Vec::new();
        graph_nodes(&predictor["graph"], &mut nodes);
        let served = nodes.into_iter().filter(|node| is_prepackaged(node)).map(|node| text(&node["name"]));
        names.extend(served.filter(|node| !known(node)));
    }
    names
}

/// The nodes of a graph, each before its children.
pub(crate) fn graph_nodes<'a>(node: &'a Value, nodes: &mut Vec<&'a Value>) {
    if node.is_object() {
        nodes.push(node);
        items(&node["children"]).iter().for_each(|child| graph_nodes(child, nodes));
    }
}

/// Whether a node is served by a prepackaged server: any implementation that is not built in.
pub(crate) fn is_prepackaged(node: &Value) -> bool {
    let built_in =
        ["", "UNKNOWN_IMPLEMENTATION", "SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER"];
    !built_in.contains(&text(&node["implementation"]))
}

/// A name as the operator gives it: one that is too long for a label becomes its hash.
pub(crate) fn shortened(name: String) -> String {
    if name.len() > 63 { format!("seldon-{}", md5::hex(&name)) } else { name }
}

/// Which field decides the replicas of a child, and which lose.
pub(crate) fn replicas(object: &Value, child: &Child) -> ScaleField {
    let (spec, at) = (&object["spec"], child.predictor);
    let predictor = &spec["predictors"][at];
    let stated = |pointer: String, value: &Value| Some((pointer, number(value)?));
    let of_spec = stated("/spec/replicas".to_owned(), &spec["replicas"]);
    let of_predictor = stated(format!("/spec/predictors/{at}/replicas"), &predictor["replicas"]);
    let field = |deciding, value, losing| ScaleField { child: child.title(), deciding, value, losing };
    let first_of = |fields: Vec<Option<(String, i64)>>| {
        let mut fields = fields.into_iter().flatten();
        match fields.next() {
            Some((pointer, value)) => field(Decides::Field(pointer), Some(value), fields.collect()),
            None => field(Decides::Unset, None, Vec::new()),
        }
    };
    match child.role {
        Role::Orchestrator => {
            let pointer = format!("/spec/predictors/{at}/svcOrchSpec/replicas");
            first_of(vec![stated(pointer, &predictor["svcOrchSpec"]["replicas"]), of_predictor, of_spec])
        }
        Role::Explainer => {
            let own = stated(
                format!("/spec/predictors/{at}/explainer/replicas"),
                &predictor["explainer"]["replicas"],
            );
            match of_predictor.or(of_spec).filter(|(_, value)| *value == 0) {
                Some(zero) => first_of(vec![Some(zero), own]),
                None => first_of(vec![own]),
            }
        }
        Role::Component(index) => {
            let (base, component) = (
                format!("/spec/predictors/{at}/componentSpecs/{index}"),
                &predictor["componentSpecs"][index],
            );
            let own = stated(format!("{base}/replicas"), &component["replicas"]);
            for (scaler, [min, max]) in AUTOSCALERS {
                if component[*scaler].is_object() {
                    let bounds = [min, max].map(|name| number(&component[*scaler][*name]));
                    let deciding = Decides::Autoscaler {
                        pointer: format!("{base}/{scaler}"),
                        min: bounds[0],
                        max: bounds[1],
                    };
                    return field(
                        deciding,
                        None,
                        [own, of_predictor, of_spec].into_iter().flatten().collect(),
                    );
                }
            }
            first_of(vec![own, of_predictor, of_spec])
        }
    }
}

/// The autoscalers of a componentSpec, the one that wins first, and the names of their bounds.
pub(crate) const AUTOSCALERS: &[(&str, [&str; 2])] =
    &[("kedaSpec", ["minReplicaCount", "maxReplicaCount"]), ("hpaSpec", ["minReplicas", "maxReplicas"])];
