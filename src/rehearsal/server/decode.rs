//! What was sent, read as an object of the kind the path names.
//! It must never judge more than that it can be read.

use crate::json::Value;

use super::call::Call;
use super::refusal::{Refusal, quote};
use super::resource::Resource;
use crate::rehearsal::builtin::Fault;

/// What the server can read.
const READ: [&str; 3] = ["application/json", "application/yaml", PROTOBUF];
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Reads the object of a create or update.
///
/// # Errors
/// 415 for a media type that cannot be read, 400 for what is no object of this kind.
pub fn object(call: &Call<'_>) -> Result<Value, Refusal> {
    let (group, version, kind) = takes(call);
    let value = any(call, &kind)?;
    typed(value, (&group, &version, &kind), call.resource.custom.is_some(), call.body)
}

/// Reads the object of a server-side apply, which is YAML and must say what it is.
///
/// # Errors
/// 400.
pub fn applied(call: &Call<'_>) -> Result<Value, Refusal> {
    let (group, version, kind) = takes(call);
    // Most clients send JSON, which is YAML, and sooner read.
    let text = || String::from_utf8_lossy(call.body);
    let value: Value = match call.json() {
        Ok(value) => value,
        Err(_) => serde_yaml::from_str_with_options(&text(), yaml_options()).map_err(|error| {
            Refusal::bad_request(format!(
                "error decoding patch: error converting YAML to JSON: yaml: {error}"
            ))
        })?,
    };
    if !value.is_object() {
        return Err(Refusal::bad_request("error decoding YAML: the object is no mapping"));
    }
    let api_version = super::resource::api_version(&group, &version);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("apiVersion") != api_version || text("kind") != kind {
        let (found_group, found_version) =
            text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
        return Err(Refusal::bad_request(format!(
            "invalid object type: {}, Kind={}",
            if found_group.is_empty() {
                format!("/{found_version}")
            } else {
                format!("{found_group}/{found_version}")
            },
            text("kind")
        )));
    }
    Ok(value)
}

fn yaml_options() -> serde_yaml::Options {
    serde_yaml::options! { legacy_octal_numbers: true }
}

/// Reads the options of a deletion.
///
/// # Errors
/// 415 and 400.
pub fn options(call: &Call<'_>) -> Result<Value, Refusal> {
    let value = match call.content_type() {
        "" | "application/json" => call.json().map_err(|error| {
            let why = in_words(&error, call.body);
            Refusal::bad_request(format!("couldn't get version/kind; json parse error: {why}"))
        })?,
        _ => any(call, "DeleteOptions")?,
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("kind") {
        "" | "DeleteOptions" => Ok(value),
        kind => Err(Refusal::bad_request(format!(
            "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
            quote(kind),
            quote(text("apiVersion"))
        ))),
    }
}

/// Reads what was sent as JSON or YAML, whatever it is an object of.
///
/// # Errors
/// 415 and 400.
pub fn any(call: &Call<'_>, kind: &str) -> Result<Value, Refusal> {
    let value = match call.content_type() {
        "" | "application/json" => {
            call.json().map_err(|error| unrecognised(kind, &in_words(&error, call.body), call.body))?
        }
        "application/yaml" => yaml(call.body, kind)?,
        PROTOBUF => {
            let why = "a rehearsal reads no protobuf: send JSON or YAML, as kubectl apply does";
            return Err(Refusal::new(415, "UnsupportedMediaType", why));
        }
        _ => return Err(Refusal::unsupported_media(&READ)),
    };
    match value {
        Value::Object(_) => Ok(value),
        other => {
            let found = match other {
                Value::Array(_) => "array",
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                _ => {
                    return Err(Refusal::bad_request(format!(
                        "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error"
                    )));
                }
            };
            let target = r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
            Err(unrecognised(
                kind,
                &format!("json: cannot unmarshal {found} into Go value of type {target}"),
                call.body,
            ))
        }
    }
}

/// Group, version and kind of what the path takes.
pub fn takes(call: &Call<'_>) -> (String, String, String) {
    let resource = &call.resource;
    let own = || (resource.group.clone(), resource.version.clone(), resource.kind.clone());
    match resource.subresource(call.subresource) {
        Some(below) if !below.kind.1.is_empty() => below.kind.clone(),
        Some(below) => (resource.group.clone(), resource.version.clone(), below.kind.2.clone()),
        None => own(),
    }
}

/// Checks kind and apiVersion, and fills in what is missing, which is allowed.
fn typed(
    mut value: Value,
    (group, version, kind): (&str, &str, &str),
    custom: bool,
    body: &[u8],
) -> Result<Value, Refusal> {
    let api_version = super::resource::api_version(group, version);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (found_kind, found_version) = (text("kind"), text("apiVersion"));
    if custom {
        if found_kind.is_empty() {
            let (whole, sent) = (String::from_utf8_lossy(body), summary(body));
            return Err(Refusal::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): Object 'Kind' is missing in '{whole}' ({sent})"
            )));
        }
        if found_version != api_version {
            return Err(Refusal::bad_request(format!(
                "the API version in the data ({found_version}) does not match the expected API version ({api_version})"
            )));
        }
        if found_kind != kind {
            let name = super::meta::text(&value, "name");
            let fault = Fault::invalid("kind", quote(&found_kind), format!("must be {kind}"));
            return Err(Refusal::invalid(group, &found_kind, name, &[fault]));
        }
        return Ok(value);
    }
    if (!found_kind.is_empty() && found_kind != kind)
        || (!found_version.is_empty() && found_version != api_version)
    {
        let found_kind = if found_kind.is_empty() { kind } else { &found_kind };
        let version = found_version.rsplit('/').next().unwrap_or_default();
        let (found_group, found_name) = found_version.rsplit_once('/').unwrap_or(("", &found_version));
        // Versions of old are known still, and not served.
        let old = found_group == group && (found_name.contains("alpha") || found_name.contains("beta"));
        if found_kind == kind && old && !group.is_empty() {
            return Err(Refusal::bad_request(format!(
                "the API version in the data ({found_version}) does not match the expected API version ({api_version})"
            )));
        }
        let why = match found_kind == kind {
            true => format!(
                "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
                quote(found_kind),
                quote(&found_version)
            ),
            false => format!(
                "converting ({version}.{found_kind}) to ({}.{kind}): unknown conversion",
                internal(group)
            ),
        };
        return Err(Refusal::bad_request(format!(
            "{found_kind} in version {} cannot be handled as a {kind}: {why}",
            quote(version)
        )));
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("kind".into(), kind.into());
        map.insert("apiVersion".into(), api_version.into());
        if !map.get("metadata").is_some_and(Value::is_object) {
            map.insert("metadata".into(), Value::Object(crate::json::Map::new()));
        }
    }
    Ok(value)
}

/// The name of the package in which a group's internal types are.
pub fn internal(group: &str) -> &str {
    match group {
        "" => "core",
        group => group.split('.').next().unwrap_or(group),
    }
}

/// Why a text is no JSON, in Go's words.
pub fn in_words(error: &serde_json::Error, body: &[u8]) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".into();
    }
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let at = |column: usize| line.get(column.saturating_sub(1)).map_or(' ', |byte| *byte as char);
    let found = at(error.column());
    let told = error.to_string();
    let place = match () {
        () if told.starts_with("key must be a string") => "looking for beginning of object key string",
        () if told.starts_with("trailing comma") && found == ']' => "looking for beginning of value",
        () if told.starts_with("trailing comma") => "looking for beginning of object key string",
        () if told.starts_with("expected `,` or `}`") => "after object key:value pair",
        () if told.starts_with("expected `,` or `]`") => "after array element",
        () if told.starts_with("expected `:`") => "after object key",
        () if told.starts_with("trailing characters") => "after top-level value",
        () => "looking for beginning of value",
    };
    format!("invalid character '{found}' {place}")
}

fn yaml(body: &[u8], kind: &str) -> Result<Value, Refusal> {
    let text = String::from_utf8_lossy(body);
    serde_yaml::from_str_with_options(&text, yaml_options())
        .map_err(|error| unrecognised(kind, &format!("yaml: {error}"), body))
}

/// What was sent, in short: text where it begins as JSON does.
fn summary(body: &[u8]) -> String {
    const MOST: usize = 30;
    let short = &body[..body.len().min(MOST)];
    let told = match body.first() {
        None => return "<empty>".into(),
        Some(b'{') => String::from_utf8_lossy(short).into_owned(),
        Some(_) => short.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    if body.len() > MOST { format!("{told} ...") } else { told }
}

fn unrecognised(kind: &str, why: &str, body: &[u8]) -> Refusal {
    let hex = summary(body);
    Refusal::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({hex})"
    ))
}

/// Refuses an object whose namespace is not the path's, and writes the path's into it.
///
/// # Errors
/// 400.
pub fn settle_namespace(resource: &Resource, namespace: &str, value: &mut Value) -> Result<(), Refusal> {
    let expected = if resource.namespaced { namespace } else { "" };
    let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) else { return Ok(()) };
    let found = meta.get("namespace").and_then(Value::as_str).unwrap_or_default();
    // What lives in no namespace may name one, which is forgotten.
    if !found.is_empty() && found != expected && resource.namespaced {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(message));
    }
    match expected {
        "" => meta.shift_remove("namespace"),
        namespace => meta.insert("namespace".into(), namespace.into()),
    };
    Ok(())
}
