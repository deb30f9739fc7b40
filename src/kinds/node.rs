//! Nodes: whether the kubelet says that it can take Pods.
//! Must never know what runs there.

use super::read::want_condition;
use super::verdict::Verdict;
use crate::json::Value;

/// Ready: condition Ready is True. It is Unknown when the kubelet has not been heard of for long; either may change, so nothing is final.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let cordoned = if object["spec"]["unschedulable"] == true { ", and takes no new Pods" } else { "" };
    Verdict::unless(want_condition(object, "Ready").into_iter().collect(), || format!("ready{cordoned}"))
}
