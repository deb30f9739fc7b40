//! The tables against the types of Kubernetes as k8s-openapi has them, and against the CRDs' tables of Seldon.

use super::super::lint;
use super::{Field, Shape, condition_types, status_fields};
use crate::json::{Map, Value};
use crate::kinds;
use crate::structural::{Cursor, Type};
use schemars::{JsonSchema, generate::SchemaSettings};
use std::collections::BTreeSet;

/// Optional in the schema, and pointers in Go's types: written at zero too.
const POINTERS: &[&str] = &[
    "Deployment.collisionCount",
    "Deployment.terminatingReplicas",
    "ReplicaSet.terminatingReplicas",
    "StatefulSet.collisionCount",
    "DaemonSet.collisionCount",
    "Job.failedIndexes",
    "Job.ready",
    "Job.terminating",
    "HorizontalPodAutoscaler.observedGeneration",
    "HorizontalPodAutoscaler.conditions.observedGeneration",
    "PersistentVolumeClaim.currentVolumeAttributesClassName",
    "Service.loadBalancer.ingress.ipMode",
    "Service.loadBalancer.ingress.ports.error",
    "Ingress.loadBalancer.ingress.ports.error",
];

/// The same of each container of a Pod.
const POINTERS_OF_CONTAINERS: &[&str] = &["started", "stopSignal"];

/// Optional in the schema, and written at zero: no `omitempty`.
const NO_OMITEMPTY: &[&str] = &[
    "StatefulSet.availableReplicas",
    "HorizontalPodAutoscaler.currentMetrics",
    "CustomResourceDefinition.acceptedNames",
    "CustomResourceDefinition.storedVersions",
    "PodDisruptionBudget.currentHealthy",
    "PodDisruptionBudget.desiredHealthy",
    "PodDisruptionBudget.disruptionsAllowed",
    "PodDisruptionBudget.expectedPods",
];

/// In the tables and not in this version of the kind.
const ELSEWHERE: &[&str] = &["HorizontalPodAutoscaler.currentCPUUtilizationPercentage"];

fn schema_of<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    generator.subschema_for::<T>();
    let mut schema: Value = serde_json::Value::from(generator.into_root_schema_for::<T>()).into();
    let definitions = schema["definitions"].take();
    resolved(&schema["properties"]["status"].clone(), &definitions, 0)
}

/// A schema with its references written out.
fn resolved(schema: &Value, definitions: &Value, depth: usize) -> Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(name) = reference.and_then(|reference| reference.rsplit('/').next()) {
        return match depth {
            0..12 => resolved(&definitions[name], definitions, depth + 1),
            _ => Value::Null,
        };
    }
    let resolve = |value: &Value| resolved(value, definitions, depth);
    match schema {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), resolve(value))).collect::<Map>().into()
        }
        Value::Array(items) => items.iter().map(resolve).collect(),
        scalar => scalar.clone(),
    }
}

/// What differs between a shape and a schema, at a path.
fn differ(shape: Shape, schema: &Value, path: &str, found: &mut Vec<String>) {
    let kind = match schema["type"].as_str() {
        Some(kind) => kind,
        None => schema["type"][0].as_str().unwrap_or("any"),
    };
    match (shape, kind) {
        (Shape::Any | Shape::Unset, _)
        | (Shape::Count | Shape::Integer, "integer")
        | (Shape::Boolean, "boolean")
        | (Shape::Text | Shape::Word { .. }, "string") => {}
        (Shape::List(item), "array") => differ(*item, &schema["items"], path, found),
        (Shape::Map(entry), "object") if schema["properties"].is_null() => {
            // A quantity has no type in this schema.
            if *entry != Shape::Text || !schema["additionalProperties"]["type"].is_null() {
                differ(*entry, &schema["additionalProperties"], path, found);
            }
        }
        (Shape::Object(fields), "object") => fields_differ(fields, schema, path, found),
        (shape, kind) => found.push(format!("{path} is {kind}, not {shape:?}")),
    }
}

fn fields_differ(fields: &[Field], schema: &Value, path: &str, found: &mut Vec<String>) {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in &properties {
        let below = format!("{path}.{name}");
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            found.push(format!("{below} is missing"));
            continue;
        };
        // Every condition has these two, whatever its schema says.
        let always = path.ends_with(".conditions") && matches!(name.as_str(), "type" | "status");
        let optional = !always
            && !required.contains(name.as_str())
            && !POINTERS.contains(&below.as_str())
            && !NO_OMITEMPTY.contains(&below.as_str());
        let plain = matches!(
            field.shape,
            Shape::Count
                | Shape::Integer
                | Shape::Boolean
                | Shape::Word { .. }
                | Shape::List(_)
                | Shape::Map(_)
        ) || field.shape == Shape::Text && property["format"] != "date-time";
        if plain
            && field.left_out != optional
            && !(path.contains("ontainerStatuses") && POINTERS_OF_CONTAINERS.contains(&name.as_str()))
        {
            found.push(format!("{below} is left out at zero: {optional}"));
        }
        differ(field.shape, property, &below, found);
    }
    for field in fields.iter().filter(|field| !properties.contains_key(field.name)) {
        let below = format!("{path}.{}", field.name);
        if !ELSEWHERE.contains(&below.as_str()) {
            found.push(format!("{below} is not there"));
        }
    }
}

#[test]
fn built_in_kinds_are_as_kubernetes_has_them() {
    use k8s_openapi::api::{apps, autoscaling, batch, core, networking, policy};
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut compare = |api_version: &str, kind: &'static str, schema: Value| {
        seen.insert((api_version.split_once('/').map_or("", |(group, _)| group).to_owned(), kind));
        match status_fields(api_version, kind) {
            Some(fields) => fields_differ(fields, &schema, kind, &mut found),
            None => found.push(format!("{kind} has no table")),
        }
    };
    compare("apps/v1", "Deployment", schema_of::<apps::v1::Deployment>());
    compare("apps/v1", "ReplicaSet", schema_of::<apps::v1::ReplicaSet>());
    compare("apps/v1", "StatefulSet", schema_of::<apps::v1::StatefulSet>());
    compare("apps/v1", "DaemonSet", schema_of::<apps::v1::DaemonSet>());
    compare("apps/v1", "ControllerRevision", schema_of::<apps::v1::ControllerRevision>());
    compare("batch/v1", "Job", schema_of::<batch::v1::Job>());
    compare("batch/v1", "CronJob", schema_of::<batch::v1::CronJob>());
    compare("v1", "Pod", schema_of::<core::v1::Pod>());
    compare("v1", "Service", schema_of::<core::v1::Service>());
    compare("v1", "PersistentVolumeClaim", schema_of::<core::v1::PersistentVolumeClaim>());
    compare("v1", "PersistentVolume", schema_of::<core::v1::PersistentVolume>());
    compare("v1", "Namespace", schema_of::<core::v1::Namespace>());
    compare("v1", "ReplicationController", schema_of::<core::v1::ReplicationController>());
    compare("v1", "Node", schema_of::<core::v1::Node>());
    compare("v1", "ResourceQuota", schema_of::<core::v1::ResourceQuota>());
    compare("v1", "ConfigMap", schema_of::<core::v1::ConfigMap>());
    compare("v1", "Secret", schema_of::<core::v1::Secret>());
    compare("v1", "ServiceAccount", schema_of::<core::v1::ServiceAccount>());
    compare("v1", "Endpoints", schema_of::<core::v1::Endpoints>());
    compare("v1", "Event", schema_of::<core::v1::Event>());
    compare("v1", "LimitRange", schema_of::<core::v1::LimitRange>());
    compare("v1", "PodTemplate", schema_of::<core::v1::PodTemplate>());
    compare("networking.k8s.io/v1", "Ingress", schema_of::<networking::v1::Ingress>());
    compare("networking.k8s.io/v1", "NetworkPolicy", schema_of::<networking::v1::NetworkPolicy>());
    compare("networking.k8s.io/v1", "IngressClass", schema_of::<networking::v1::IngressClass>());
    let autoscaler = schema_of::<autoscaling::v2::HorizontalPodAutoscaler>();
    compare("autoscaling/v2", "HorizontalPodAutoscaler", autoscaler);
    compare("policy/v1", "PodDisruptionBudget", schema_of::<policy::v1::PodDisruptionBudget>());
    let definition = schema_of::<apiextensions::v1::CustomResourceDefinition>();
    compare("apiextensions.k8s.io/v1", "CustomResourceDefinition", definition);
    assert!(found.is_empty(), "{}", found.join("\n"));

    let tables = kinds::all().filter(|known| known.status.is_some_and(|fields| !fields.is_empty()));
    let of_kubernetes = tables.filter(|known| !known.group.contains("seldon") && !known.status_may_grow);
    let unseen: Vec<_> =
        of_kubernetes.filter(|known| !seen.contains(&(known.group.to_owned(), known.kind))).collect();
    assert!(unseen.is_empty(), "not compared: {unseen:#?}");
}

/// What differs between a shape and the CRD's table, at a path.
fn differ_from_table(shape: Shape, place: Cursor<'_>, path: &str, found: &mut Vec<String>) {
    let (fits, below) = match (shape, place.kind()) {
        (Shape::Any | Shape::Unset, _) => (true, None),
        (Shape::Count | Shape::Integer, Some(Type::Integer)) => (true, None),
        (Shape::Text | Shape::Word { .. }, Some(Type::String)) => (true, None),
        (Shape::List(item), Some(Type::Array)) => (true, place.item().map(|place| (*item, place))),
        (Shape::Map(entry), Some(Type::Object)) => (true, place.entry().map(|place| (*entry, place))),
        (Shape::Object(fields), Some(Type::Object)) => {
            let names: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
            let known: BTreeSet<&str> = place.fields().map(|(name, _)| name).collect();
            found.extend(
                names.symmetric_difference(&known).map(|name| format!("{path}.{name} is in one only")),
            );
            for field in fields {
                if let Some(place) = place.field(field.name) {
                    differ_from_table(field.shape, place, &format!("{path}.{}", field.name), found);
                }
            }
            (true, None)
        }
        _ => (false, None),
    };
    if !fits {
        found.push(format!("{path} is {:?}, not {shape:?}", place.kind()));
    }
    if let Some((shape, place)) = below {
        differ_from_table(shape, place, path, found);
    }
}

#[test]
fn seldons_kinds_are_as_their_crds_have_them() {
    let mut found = Vec::new();
    for known in kinds::all().filter(|known| known.group.contains("seldon")) {
        let Some(fields) = known.status else { continue };
        match lint::schema(known.group, known.kind, true).and_then(|schema| schema.at("/status")) {
            Some(place) => differ_from_table(Shape::Object(fields), place, known.kind, &mut found),
            None => assert_eq!(known.kind, "SeldonRuntime", "has no CRD here"),
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn types_of_conditions_are_found_in_the_tables() {
    let types = |api_version: &str, kind: &str| status_fields(api_version, kind).and_then(condition_types);
    let (known, closed) = types("apps/v1", "Deployment").unwrap_or_default();
    assert!(closed && known.contains(&"Available"));
    let (known, closed) = types("v1", "Pod").unwrap_or_default();
    assert!(!closed && known.contains(&"Ready"));
    assert_eq!(types("v1", "ConfigMap"), None);
    assert_eq!(status_fields("v1", "ConfigMap"), Some(&[][..]));
    assert_eq!(status_fields("example.com/v1", "Widget"), None);
}

#[test]
fn conditions_that_the_rules_ask_for_are_among_those_known() {
    for (kind, asked) in [
        ("Job", "Complete"),
        ("Job", "Failed"),
        ("Pod", "Ready"),
        ("Deployment", "Progressing"),
        ("CustomResourceDefinition", "Established"),
        ("HorizontalPodAutoscaler", "ScalingActive"),
        ("SeldonDeployment", "Ready"),
        ("Model", "ModelReady"),
        ("Server", "StatefulSetOrDeploymentReady"),
        ("Node", "Ready"),
        ("Rollout", "Progressing"),
        ("ScaledObject", "Fallback"),
        ("Certificate", "Issuing"),
        ("InferenceService", "Stopped"),
        ("InferenceService", "TransformerReady"),
        ("Gateway", "ResolvedRefs"),
    ] {
        let types = kinds::by_name(kind).and_then(|known| known.status).and_then(condition_types);
        assert!(types.is_some_and(|(known, _)| known.contains(&asked)), "{kind} {asked}");
    }
}
