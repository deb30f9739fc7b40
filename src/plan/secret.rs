//! What in manifests is never shown: the data of Secrets.
//! It must never know where it would have been shown.

use crate::json::Value;
use base64::Engine;

/// Whether an object is a Secret.
pub fn is_secret(object: &Value) -> bool {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    text("kind") == Some("Secret") && text("apiVersion") == Some("v1")
}

/// The values of a Secret: those of `data` as they are and decoded, and those of `stringData`. Of other objects, none.
pub fn values(object: &Value) -> Vec<String> {
    if !is_secret(object) {
        return Vec::new();
    }
    let texts = |key: &str| {
        let map = object.get(key).and_then(Value::as_object);
        map.into_iter()
            .flat_map(|map| map.values())
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut values = texts("data");
    let decode = |text: &String| base64::engine::general_purpose::STANDARD.decode(text).ok();
    let decoded: Vec<String> =
        values.iter().filter_map(decode).filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
    values.extend(decoded);
    values.extend(texts("stringData"));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn all_that_a_secret_holds_is_named() {
        let secret = json!({ "apiVersion": "v1", "kind": "Secret", "data": { "a": "aHVudGVyMg==" }, "stringData": { "b": "open" } });
        assert_eq!(values(&secret), ["aHVudGVyMg==", "hunter2", "open"]);
        assert!(values(&json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": "x" } })).is_empty());
    }
}
