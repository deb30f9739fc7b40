//! Rule 3 of "Fresh status": a SeldonDeployment never says which generation its status speaks of; its Deployments tell.
//! Must never know whether it is ready.

use super::children::{Child, expected, predictors, replicas};
use super::owned_deployments;
use super::predictor::Comparison;
use crate::json::Value;
use crate::json::pointer::escaped;
use crate::kinds::deployment::unobserved;
use crate::kinds::fresh::{Observes, by_itself};
use crate::kinds::read::{count, desired, text, title, told};
use crate::kinds::verdict::{Decides, Freshness, Reason, Written};

/// The expected Deployments, and only those, are there; each has observed its generation, has the number of replicas that decides and
/// all of them of its newest template; the status counts them so; all that is declared is in them, and nothing that this run removed.
pub(crate) fn freshness(object: &Value, children: &[&Value], written: Option<&Written>) -> Freshness {
    let expected = expected(object);
    if expected.is_empty() {
        return by_itself(object, Observes::Exempt, written);
    }
    let owned = owned_deployments(object, children);
    match judge(object, &expected, &owned, written) {
        Err(reason) => Freshness::Stale(reason),
        Ok(pairs) => {
            let told: Vec<String> = pairs.iter().map(|(_, deployment)| evidence(deployment)).collect();
            Freshness::Fresh(told.join(", "))
        }
    }
}

fn evidence(deployment: &Value) -> String {
    let generation = told(&deployment["metadata"]["generation"]);
    let name = text(&deployment["metadata"]["name"]);
    format!(
        "{name} at generation {generation} with {}/{} updated",
        count(&deployment["status"]["updatedReplicas"]),
        desired(deployment)
    )
}

/// An expected Deployment and the one that is there.
pub(crate) type Pair<'a> = (&'a Child, &'a Value);

fn judge<'a>(
    object: &Value,
    expected: &'a [Child],
    owned: &[&'a Value],
    written: Option<&Written>,
) -> Result<Vec<Pair<'a>>, Reason> {
    let mut pairs = Vec::with_capacity(expected.len());
    for child in expected {
        let found = owned.iter().find(|deployment| child.is_named(text(&deployment["metadata"]["name"])));
        match found {
            Some(deployment) => pairs.push((child, *deployment)),
            None if child.optional => {}
            None => return Err(missing(object, child)),
        }
    }
    if let Some(extra) =
        owned.iter().find(|deployment| !pairs.iter().any(|(_, known)| std::ptr::eq(*known, **deployment)))
    {
        let message = "it is no longer asked for, and still there";
        return Err(Reason::new("", "the Deployment", "nothing", message).of(title(extra)));
    }
    for (child, deployment) in &pairs {
        observed(object, child, deployment).map_err(|reason| reason.of(child.title()))?;
    }
    for (_, deployment) in &pairs {
        counted(object, deployment)?;
    }
    for (at, predictor) in predictors(object).iter().enumerate() {
        let of_predictor: Vec<Pair> =
            pairs.iter().filter(|(child, _)| child.predictor == at).copied().collect();
        let before = written.and_then(|written| written.spec_before.as_ref());
        Comparison { spec: &object["spec"], predictor, before }.judge(&of_predictor)?;
    }
    Ok(pairs)
}

/// A Deployment that is not there; where the operator failed, it says why.
fn missing(object: &Value, child: &Child) -> Reason {
    let status = &object["status"];
    let message = match status["state"] == "Failed" {
        true => format!("it is not there yet; its operator failed: {}", told(&status["description"])),
        false => "it is not there yet".to_owned(),
    };
    Reason::new("", "nothing", "the Deployment", message).of(child.title())
}

/// The Deployment itself is as it is asked to be, and its controller has seen that.
fn observed(object: &Value, child: &Child, deployment: &Value) -> Result<(), Reason> {
    let (metadata, status) = (&deployment["metadata"], &deployment["status"]);
    if !metadata["deletionTimestamp"].is_null() {
        let message = "it is being deleted";
        return Err(Reason::new(
            "/metadata/deletionTimestamp",
            told(&metadata["deletionTimestamp"]),
            "nothing",
            message,
        ));
    }
    if let Some(reason) = unobserved(deployment) {
        return Err(reason);
    }
    let (field, there) = (replicas(object, child), desired(deployment));
    if let (Decides::Field(pointer), Some(wanted)) = (&field.deciding, field.value)
        && there != wanted
    {
        let message =
            format!("its spec.replicas is {there}, but {} says {wanted}", crate::kinds::dotted(pointer));
        return Err(Reason::new("/spec/replicas", there.to_string(), wanted.to_string(), message));
    }
    for name in ["updatedReplicas", "replicas"] {
        let actual = count(&status[name]);
        if actual != there {
            let message = format!("its status counts {actual} {name} of {there}");
            return Err(Reason::new(
                format!("/status/{name}"),
                actual.to_string(),
                there.to_string(),
                message,
            ));
        }
    }
    Ok(())
}

/// The status of the SeldonDeployment counts the Deployment's replicas as the Deployment does; what is left out is 0.
fn counted(object: &Value, deployment: &Value) -> Result<(), Reason> {
    let name = text(&deployment["metadata"]["name"]);
    let entry = &object["status"]["deploymentStatus"][name];
    for field in ["replicas", "availableReplicas"] {
        let (told, actual) = (count(&entry[field]), count(&deployment["status"][field]));
        if told != actual {
            let pointer = format!("/status/deploymentStatus/{}/{field}", escaped(name));
            let message = format!("its status counts {told} {field} of {name}, which has {actual}");
            return Err(Reason::new(pointer, told.to_string(), actual.to_string(), message));
        }
    }
    Ok(())
}
