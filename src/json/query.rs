//! JSONPath (RFC 9535) over these values: what `jsonpath-rust` asks of a value.

use super::Value;
use jsonpath_rust::query::queryable::Queryable;

impl Queryable for Value {
    fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    fn as_array(&self) -> Option<&Vec<Value>> {
        self.as_array()
    }

    fn as_object(&self) -> Option<Vec<(&str, &Value)>> {
        Some(self.as_object()?.iter().map(|(key, value)| (key.as_str(), value)).collect())
    }

    fn as_str(&self) -> Option<&str> {
        self.as_str()
    }

    fn as_i64(&self) -> Option<i64> {
        self.as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.as_bool()
    }

    fn null() -> Value {
        Value::Null
    }
}
