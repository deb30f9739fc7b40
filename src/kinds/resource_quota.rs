//! ResourceQuotas: whether their controller has taken over what they limit. Until then the API server holds nobody to it.
//! Must never know what is counted.
//!
//! Source: kubernetes 1.37, `pkg/controller/resourcequota` and `plugin/pkg/admission/resourcequota`, which goes by `status.hard`.

use super::read::told;
use super::verdict::{Reason, Verdict};
use crate::json::Value;
use crate::json::pointer::escaped;
use crate::quantity::Quantity;

/// Ready: `status.hard` limits what `spec.hard` does, to the same quantities.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let limits = object["spec"]["hard"].as_object().into_iter().flatten();
    let reasons = limits.filter_map(|(name, limit)| {
        let held = &object["status"]["hard"][name];
        let same = match (quantity(held), quantity(limit)) {
            (Some(held), Some(limit)) => held == limit,
            _ => held == limit,
        };
        let message = match held {
            Value::Null => format!("the limit on {name} is not in force yet"),
            held => format!("the limit on {name} that is in force is still {}", told(held)),
        };
        (!same)
            .then(|| Reason::new(format!("/status/hard/{}", escaped(name)), told(held), told(limit), message))
    });
    Verdict::unless(reasons.collect(), || "in force".to_owned())
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}
