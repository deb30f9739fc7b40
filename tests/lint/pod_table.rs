//! `schemas/crd/pod.table` is k8s-openapi's schema of a pod; written anew with `UPDATE=1`.

use std::collections::BTreeMap;
use std::fmt::Write;

use k8s_openapi::api::core::v1::PodSpec;
use schemars::generate::SchemaSettings;
use seldonplay::json::Value;
use seldonplay::structural::Table;

/// Fields that came after the Kubernetes release whose pod the Seldon CRDs hold (1.25).
const NEWER: &[&str] = &[
    "ConfigMapVolumeSource.defaultUser",
    "Container.resizePolicy",
    "Container.restartPolicy",
    "Container.restartPolicyRules",
    "DownwardAPIVolumeFile.user",
    "DownwardAPIVolumeSource.defaultUser",
    "EmptyDirVolumeSource.mode",
    "EnvVarSource.fileKeyRef",
    "EphemeralContainer.resizePolicy",
    "EphemeralContainer.restartPolicy",
    "EphemeralContainer.restartPolicyRules",
    "GRPCAction.mode",
    "HTTPGetAction.protocol",
    "KeyToPath.user",
    "Lifecycle.stopSignal",
    "LifecycleHandler.sleep",
    "PersistentVolumeClaimSpec.volumeAttributesClassName",
    "PodAffinityTerm.matchLabelKeys",
    "PodAffinityTerm.mismatchLabelKeys",
    "PodSecurityContext.appArmorProfile",
    "PodSecurityContext.seLinuxChangePolicy",
    "PodSecurityContext.supplementalGroupsPolicy",
    "PodSpec.evictionResponders",
    "PodSpec.hostUsers",
    "PodSpec.hostnameOverride",
    "PodSpec.resourceClaims",
    "PodSpec.resources",
    "PodSpec.schedulingGates",
    "PodSpec.schedulingGroup",
    "ProjectedVolumeSource.defaultUser",
    "ResourceRequirements.claims",
    "SecretVolumeSource.defaultUser",
    "SecurityContext.appArmorProfile",
    "ServiceAccountTokenProjection.user",
    "TopologySpreadConstraint.matchLabelKeys",
    "TopologySpreadConstraint.nodeAffinityPolicy",
    "TopologySpreadConstraint.nodeTaintsPolicy",
    "TypedObjectReference.namespace",
    "Volume.image",
    "VolumeMount.bindMountOptions",
    "VolumeMount.recursiveReadOnly",
    "VolumeProjection.clusterTrustBundle",
    "VolumeProjection.podCertificate",
];

/// What CRDs say of these fields beyond the types of k8s-openapi.
const SAID_BY_CRDS: &[(&str, &str)] = &[
    ("Container.ports", "[ContainerPort] by containerPort,protocol"),
    ("ContainerPort.protocol", "string = \"TCP\""),
    ("EphemeralContainer.ports", "[ContainerPort] by containerPort,protocol"),
    ("PersistentVolumeClaimTemplate.metadata", "object"),
    ("PodSpec.topologySpreadConstraints", "[TopologySpreadConstraint] by topologyKey,whenUnsatisfiable"),
];

/// Required in k8s-openapi and not in the CRDs.
const OPTIONAL: &[&str] = &[
    "ConfigMapEnvSource.name",
    "ConfigMapKeySelector.name",
    "ConfigMapProjection.name",
    "ConfigMapVolumeSource.name",
    "HostAlias.ip",
    "LocalObjectReference.name",
    "SecretEnvSource.name",
    "SecretKeySelector.name",
    "SecretProjection.name",
];

const HEAD: &str = "\
# A pod, from k8s-openapi's schema of core/v1 PodSpec. Written by a test: UPDATE=1 cargo test --test lint pod_table
# Fields marked `+` came after Kubernetes 1.25, whose pod the CRDs of Seldon Core hold.
";

#[test]
fn the_pod_table_is_that_of_k8s_openapi() -> Result<(), Box<dyn std::error::Error>> {
    let text = written();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/crd/pod.table");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text)?;
    }
    assert!(text == std::fs::read_to_string(path)?, "{path} is not as k8s-openapi has it: run with UPDATE=1");
    let named = |field: &str| text.contains(&format!("  {}", field.rsplit('.').next().unwrap_or(field)));
    assert!(NEWER.iter().chain(OPTIONAL).all(|field| named(field)));
    Table::parse(&[Box::leak(text.into_boxed_str())])?.schema("PodSpec")?;
    Ok(())
}

fn written() -> String {
    let mut generator = SchemaSettings::draft07().into_generator();
    generator.subschema_for::<PodSpec>();
    let definitions: BTreeMap<String, Value> = generator
        .take_definitions(true)
        .into_iter()
        .map(|(name, schema)| (short(&name).to_owned(), schema.into()))
        .collect();
    let mut text = HEAD.to_owned();
    for (name, schema) in definitions.iter().filter(|(_, schema)| schema.get("properties").is_some()) {
        write!(text, "\n{name}\n").unwrap_or_default();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{name}.{field}");
            let must = required.contains(&field.as_str()) && !OPTIONAL.contains(&path.as_str());
            let mark = if must { "!" } else { "" };
            let newer = if NEWER.contains(&path.as_str()) { "+" } else { "" };
            let said =
                SAID_BY_CRDS.iter().find(|(known, _)| *known == path).map(|(_, said)| (*said).to_owned());
            let kind = said.unwrap_or_else(|| kind(schema, &definitions));
            writeln!(text, "  {:<34} {kind}", format!("{field}{mark}{newer}")).unwrap_or_default();
        }
    }
    text
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn kind(schema: &Value, definitions: &BTreeMap<String, Value>) -> String {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        let name = short(reference);
        return match (name, &definitions[name]) {
            ("Quantity", _) => "quantity".into(),
            ("IntOrString", _) => "int-or-string".into(),
            (_, schema) if schema.get("properties").is_none() => kind(schema, definitions),
            _ => name.into(),
        };
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("[{}]", kind(&schema["items"], definitions)),
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            format!("{{{}}}", kind(&schema["additionalProperties"], definitions))
        }
        (Some("integer"), Some(format @ ("int32" | "int64"))) => format.into(),
        (Some("string"), Some("date-time")) => "date-time".into(),
        (Some(kind), _) => kind.into(),
        (None, _) => "any".into(),
    }
}
