//! One predictor as declared, against its Deployments: their templates, and what their orchestrator is told (ENGINE_PREDICTOR).
//! Must never know counts of replicas, nor the status.

use super::children::{Child, Role, graph_nodes, without_orchestrator};
use super::declared::{Gap, blank, field_present, present, remains};
use super::fresh::Pair;
use super::pod::{Place, fetches, mentions, models, plain, pod_present, pod_remains};
use super::told::{predictor_present, predictor_remains};
use crate::json::{Text, Value};
use crate::kinds::read::{items, number, text, told};
use crate::kinds::verdict::Reason;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Where the pods of a Deployment are described.
const TEMPLATE: &str = "/spec/template/spec";

/// What is compared with a predictor's Deployments.
pub(crate) struct Comparison<'a> {
    /// The spec of the SeldonDeployment.
    pub spec: &'a Value,
    /// The predictor in it.
    pub predictor: &'a Value,
    /// The spec before the run's write, if the write changed the object.
    pub before: Option<&'a Value>,
}

impl Comparison<'_> {
    /// All that is declared is there and nothing that was removed; the reason why not.
    pub fn judge(&self, pairs: &[Pair]) -> Result<(), Reason> {
        let host = pairs.iter().find_map(|(child, there)| Some((*child, *there, orchestrator(there)?)));
        let copy = match (host, without_orchestrator(self.predictor)) {
            (None, true) => Value::Null,
            (Some((child, _, container)), true) => {
                let message = "its orchestrator is no longer asked for, and still there";
                let reason = Reason::new(TEMPLATE, text(&container["name"]), "no orchestrator", message);
                return Err(reason.of(child.title()));
            }
            (None, false) => {
                let message = "its orchestrator is not there yet";
                let reason = Reason::new(TEMPLATE, "no ENGINE_PREDICTOR", "an orchestrator", message);
                return Err(Reason { object: pairs.first().map(|(child, _)| child.title()), ..reason });
            }
            (Some((child, _, container)), false) => {
                self.orchestrator(container).map_err(|reason| reason.of(child.title()))?
            }
        };
        for (child, deployment) in pairs {
            let hosts = host.is_some_and(|(_, host, _)| std::ptr::eq(host, *deployment));
            self.deployment(child, deployment, &copy, hosts).map_err(|reason| reason.of(child.title()))?;
        }
        Ok(())
    }

    /// The predictor of this name before the run's write.
    fn predictor_before(&self) -> Option<&Value> {
        items(&self.before?["predictors"]).iter().find(|before| before["name"] == self.predictor["name"])
    }

    /// What the orchestrator is told; its copy of the predictor, on success.
    fn orchestrator(&self, container: &Value) -> Result<Value, Reason> {
        let at = format!("{TEMPLATE}/containers");
        let encoded = engine_predictor(container).unwrap_or_default();
        let Some(copy) =
            STANDARD.decode(encoded).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok())
        else {
            let message = "its orchestrator's ENGINE_PREDICTOR cannot be read";
            return Err(Reason::new(at, told(&encoded.into()), "a predictor in base64", message));
        };
        let missing = |gap: Gap| {
            let message = format!("its orchestrator is not told {} as declared yet", gap.place());
            Reason::new(at.clone(), gap.actual, gap.wanted, message)
        };
        predictor_present(self.predictor, &copy).map_err(missing)?;
        let before = self.predictor_before();
        if let Some(gap) = before.and_then(|before| predictor_remains(before, self.predictor, &copy)) {
            let message = format!("its orchestrator is still told {}, which was removed", gap.place());
            return Err(Reason::new(at, gap.actual, "nothing", message));
        }
        let arguments = items(&container["args"]);
        for (flag, field, default) in FLAGS {
            let declared =
                Some(text(&self.spec[*field])).filter(|declared| !declared.is_empty()).unwrap_or(default);
            let given =
                arguments.iter().position(|argument| argument == flag).and_then(|at| arguments.get(at + 1));
            if let Some(given) = given.filter(|given| *given != declared) {
                return Err(missing(Gap::new(given, &declared.into()).under(*field)));
            }
        }
        Ok(copy)
    }

    /// One Deployment. The orchestrator's copy stands in for the pod spec of the template that it is itself a part of.
    fn deployment(&self, child: &Child, deployment: &Value, copy: &Value, hosts: bool) -> Result<(), Reason> {
        let (spec, template) = (&deployment["spec"], &deployment["spec"]["template"]);
        if child.role == Role::Orchestrator {
            return Ok(());
        }
        if number(&self.predictor["progressDeadlineSeconds"]).is_some_and(|deadline| deadline != 0) {
            declared("/spec", field_present(self.predictor, spec, "progressDeadlineSeconds"))?;
        }
        let before = self.predictor_before().unwrap_or(&Value::Null);
        let Role::Component(index) = child.role else {
            self.metadata([&Value::Null; 2], template, copy)?;
            return self.explainer(&before["explainer"], &template["spec"]);
        };
        let (component, before) =
            (&self.predictor["componentSpecs"][index], &before["componentSpecs"][index]);
        self.metadata([component, before], template, copy)?;
        if !hosts {
            let mut nodes = Vec::new();
            graph_nodes(&self.predictor["graph"], &mut nodes);
            declared(TEMPLATE, pod_present(&component["spec"], &template["spec"], &nodes, Place::Template))?;
            declared(TEMPLATE, models(&nodes, &component["spec"], &template["spec"]))?;
        }
        removed(TEMPLATE, pod_remains(&before["spec"], &component["spec"], &template["spec"]))
    }

    /// Labels and annotations of a template, of a componentSpec now and before. Those of the predictor may be told to the orchestrator
    /// instead. Where several levels give one key, operators differ in which wins.
    fn metadata(
        &self,
        [component, before]: [&Value; 2],
        template: &Value,
        copy: &Value,
    ) -> Result<(), Reason> {
        for field in ["labels", "annotations"] {
            let actual = &template["metadata"][field];
            let (spec, spec_before) = match field {
                "annotations" => {
                    (&self.spec[field], self.before.map_or(&Value::Null, |before| &before[field]))
                }
                _ => (&Value::Null, &Value::Null),
            };
            let now = [&component["metadata"][field], spec, &self.predictor[field]];
            let mut stated: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
            for (key, value) in now.iter().filter_map(|level| level.as_object()).flatten() {
                stated.entry(key).or_default().push(value);
            }
            for (key, values) in &stated {
                let of_predictor = values.len() == 1 && !now[2][*key].is_null();
                let told = of_predictor && copy[field][*key] == *values[0];
                if !told && !values.contains(&&actual[*key]) && !values.iter().all(|value| blank(value)) {
                    let gap = Gap::new(&actual[*key], values[0]).under(*key).under(field);
                    return declared("/spec/template/metadata", Err(gap));
                }
            }
            let predictor = self.predictor_before().unwrap_or(&Value::Null);
            let gone = [&before["metadata"][field], spec_before, &predictor[field]];
            for (key, value) in gone.iter().filter_map(|level| level.as_object()).flatten() {
                let filled_in =
                    key == "version" && *value == self.predictor["name"] || key.starts_with("prometheus.io/");
                if !stated.contains_key(key.as_str()) && !filled_in && !blank(value) && actual[key] == *value
                {
                    let gap = Gap::new(value, &Value::Null).under(key.as_str()).under(field);
                    return removed("/spec/template/metadata", Some(gap));
                }
            }
        }
        Ok(())
    }

    /// The explainer, which no orchestrator is told of: its container's own fields; its type, model and settings wherever the template
    /// tells them.
    fn explainer(&self, before: &Value, pod: &Value) -> Result<(), Reason> {
        let explainer = &self.predictor["explainer"];
        let own = |explainer: &Value| {
            let mut container = explainer["containerSpec"].clone();
            for overwritten in ["args", "ports"] {
                container.as_object_mut().map(|fields| fields.shift_remove(overwritten));
            }
            container
        };
        let container = own(explainer);
        let unnamed = text(&container["name"]).is_empty();
        let found =
            items(&pod["containers"]).iter().find(|there| unnamed || there["name"] == container["name"]);
        let found = found.unwrap_or(&Value::Null);
        let under = |gap: Gap| gap.under("containerSpec").under("explainer");
        declared(TEMPLATE, present(&container, found).map_err(under))?;
        removed(TEMPLATE, remains(&own(before), &container, found, "containerSpec").map(under))?;
        let uri = text(&explainer["modelUri"]);
        let kind = text(&explainer["type"]);
        if !uri.is_empty()
            && !items(&pod["initContainers"]).iter().any(|initializer| fetches(initializer, uri))
        {
            let gap = Gap::new(&Value::Null, &explainer["modelUri"]).under("modelUri").under("explainer");
            return declared(TEMPLATE, Err(gap));
        }
        // Some versions tell AnchorImages as anchor_image.
        let mut needles = vec![("type", plain(kind.strip_suffix('s').unwrap_or(kind)))];
        if !matches!(text(&self.spec["protocol"]), "v2" | "kfserving") {
            let settings = explainer["config"].as_object().into_iter().flatten();
            let setting = |(key, value): (&Text, &Value)| {
                let local = if uri.is_empty() {
                    text(value).to_owned()
                } else {
                    text(value).replacen(uri, "/mnt/models", 1)
                };
                ("config", plain(key) + &plain(&local))
            };
            needles.extend(settings.map(setting));
        }
        for (field, needle) in needles {
            if !mentions(pod, &needle) {
                let gap = Gap::new(&Value::Null, &explainer[field]).under(field).under("explainer");
                return declared(TEMPLATE, Err(gap));
            }
        }
        Ok(())
    }
}

/// Arguments of the orchestrator that state a field of the spec, and what they are where the field is left out.
const FLAGS: &[(&str, &str, &str)] = &[
    ("--protocol", "protocol", "seldon"),
    ("--transport", "transport", "rest"),
    ("--server_type", "serverType", "rpc"),
];

fn declared(pointer: &str, outcome: Result<(), Gap>) -> Result<(), Reason> {
    outcome.map_err(|gap| {
        let message = format!("its template does not have {} as declared yet", gap.place());
        Reason::new(pointer, gap.actual, gap.wanted, message)
    })
}

fn removed(pointer: &str, gap: Option<Gap>) -> Result<(), Reason> {
    gap.map_or(Ok(()), |gap| {
        let message = format!("its template still has {}, which was removed", gap.place());
        Err(Reason::new(pointer, gap.actual, "nothing", message))
    })
}

/// The container that is told the predictor.
fn orchestrator(deployment: &Value) -> Option<&Value> {
    let containers = items(&deployment["spec"]["template"]["spec"]["containers"]);
    containers.iter().find(|container| engine_predictor(container).is_some())
}

fn engine_predictor(container: &Value) -> Option<&str> {
    items(&container["env"]).iter().find(|variable| variable["name"] == "ENGINE_PREDICTOR")?["value"].as_str()
}
