//! What keeps pods: deployments, sets, jobs.
//! It must never know what a pod may hold.

use std::collections::BTreeSet;

use crate::json::{Value, json};

use super::meta;
use super::pod;
use super::spot::{Faults, Spot};
use super::storage;
use super::words;
use crate::rehearsal::builtin::fault::Fault;
use crate::selector::LabelSelector;

const NO_MATCH: &str = "`selector` does not match template `labels`";

/// Checks a Deployment's spec; `old` is the spec that it replaces.
pub fn deployment(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    faults.not_negative(&spec.get("replicas"));
    replicated(spec, "deployment", faults);
    strategy(&spec.get("strategy"), faults);
    faults.not_negative(&spec.get("minReadySeconds"));
    faults.not_negative(&spec.get("revisionHistoryLimit"));
    let deadline = spec.get("progressDeadlineSeconds");
    if deadline.is_there() {
        faults.not_negative(&deadline);
        if deadline.int() <= spec.get("minReadySeconds").int() {
            faults.invalid(&deadline, "must be greater than minReadySeconds");
        }
    }
    same_selector(spec, old, faults);
}

/// Checks a ReplicaSet's spec.
pub fn replica_set(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    faults.not_negative(&spec.get("replicas"));
    faults.not_negative(&spec.get("minReadySeconds"));
    replicated(spec, "deployment", faults);
    same_selector(spec, old, faults);
}

fn same_selector(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let Some(old) = old else { return };
    let selector = spec.get("selector");
    if *selector.value != old["selector"] {
        refuse_selector(&selector, "field is immutable", faults);
    }
}

fn refuse_selector(selector: &Spot<'_>, why: &str, faults: &mut Faults) {
    let shown = if selector.is_there() { meta::shown(selector.value) } else { Value::Null };
    faults.0.push(Fault::invalid(&selector.path, &shown, why));
}

/// The selector that a workload must have, and that must not select everything.
fn its_selector<'a>(spec: &Spot<'a>, kind: &str, faults: &mut Faults) -> Spot<'a> {
    let selector = spec.get("selector");
    if !selector.is_there() {
        faults.required(&selector, "");
    } else {
        meta::selector(&selector, faults);
        if is_blank(&selector) {
            refuse_selector(&selector, &format!("empty selector is invalid for {kind}"), faults);
        }
    }
    selector
}

fn replicated(spec: &Spot<'_>, kind: &str, faults: &mut Faults) {
    let selector = its_selector(spec, kind, faults);
    if !meta::is_sound(&selector) {
        return refuse_selector(&selector, "invalid label selector", faults);
    }
    let template = spec.get("template");
    if !is_blank(&selector) {
        matching(&selector, &template, faults);
    }
    pod::template(&template, faults);
    always(&template, "ReplicaSet", faults);
}

fn is_blank(selector: &Spot<'_>) -> bool {
    selector.is_there()
        && selector.get("matchLabels").is_empty()
        && selector.get("matchExpressions").is_empty()
}

/// Whether the selector takes the template's pods; one that is not there takes none.
fn matching(selector: &Spot<'_>, template: &Spot<'_>, faults: &mut Faults) {
    let labels = template.at("metadata.labels");
    let taken = selector.is_there()
        && LabelSelector::from_object(selector.value).is_ok_and(|selector| selector.matches(labels.value));
    if !taken {
        faults.0.push(Fault::invalid(&labels.path, labels.value.sorted(), NO_MATCH));
    }
}

/// Pods that are kept are always started again, and never end by time.
fn always(template: &Spot<'_>, kind: &str, faults: &mut Faults) {
    let policy = template.at("spec.restartPolicy");
    if policy.text() != "Always" {
        faults.0.push(Fault::unsupported(&policy.path, Value::from(policy.text()), &["Always"]));
    }
    let deadline = template.at("spec.activeDeadlineSeconds");
    if deadline.is_there() {
        faults.forbidden(&deadline, format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

fn strategy(spot: &Spot<'_>, faults: &mut Faults) {
    let rolling = spot.get("rollingUpdate");
    match spot.get("type").text() {
        "Recreate" => {
            if rolling.is_there() {
                faults.forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            count_or_percent(&unavailable, faults);
            count_or_percent(&surge, faults);
            if count(unavailable.value) == 0 && count(surge.value) == 0 {
                faults.invalid(&unavailable, "may not be 0 when `maxSurge` is 0");
            }
            at_most_all(&unavailable, faults);
        }
        kind => {
            let part = |key: &str| {
                if rolling.get(key).is_there() { rolling.get(key).value.clone() } else { json!(0) }
            };
            let rolling = match rolling.is_there() {
                true => json!({"MaxUnavailable": part("maxUnavailable"), "MaxSurge": part("maxSurge")}),
                false => Value::Null,
            };
            let shown = json!({"Type": kind, "RollingUpdate": rolling});
            faults.0.push(Fault::unsupported(&spot.path, &shown, &["Recreate", "RollingUpdate"]));
        }
    }
}

/// Refuses what is neither a count nor a percentage.
pub fn count_or_percent(spot: &Spot<'_>, faults: &mut Faults) {
    match spot.value {
        Value::String(text) => faults.invalid_each(spot, words::percent(text)),
        _ => faults.not_negative(spot),
    }
}

fn count(value: &Value) -> i64 {
    match value {
        Value::String(text) => text.trim_end_matches('%').parse().unwrap_or_default(),
        other => other.as_i64().unwrap_or_default(),
    }
}

/// Refuses more than 100%.
pub fn at_most_all(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.text().ends_with('%') && words::percent(spot.text()).is_none() && count(spot.value) > 100 {
        faults.invalid(spot, "must not be greater than 100%");
    }
}

/// Checks a StatefulSet's spec.
pub fn stateful_set(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let policy = spec.get("podManagementPolicy");
    if !matches!(policy.text(), "OrderedReady" | "Parallel") {
        faults.invalid(&policy, "must be 'OrderedReady' or 'Parallel'");
    }
    let update = spec.get("updateStrategy");
    let rolling = update.get("rollingUpdate");
    match update.get("type").text() {
        "OnDelete" if rolling.is_there() => {
            faults.invalid(&rolling, "only allowed for updateStrategy 'RollingUpdate'");
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            faults.not_negative(&rolling.get("partition"));
            let unavailable = rolling.get("maxUnavailable");
            if unavailable.is_there() {
                count_or_percent(&unavailable, faults);
                if count(unavailable.value) == 0 {
                    faults.invalid(&unavailable, "cannot be 0");
                }
                at_most_all(&unavailable, faults);
            }
        }
        kind => {
            let rolling = match rolling.is_there() {
                true => {
                    json!({"Partition": rolling.get("partition").int(), "MaxUnavailable": rolling.get("maxUnavailable").value})
                }
                false => Value::Null,
            };
            let shown = json!({"Type": kind, "RollingUpdate": rolling});
            faults.0.push(Fault::invalid(&update.path, &shown, "must be 'RollingUpdate' or 'OnDelete'"));
        }
    }
    let retention = spec.get("persistentVolumeClaimRetentionPolicy");
    for key in ["whenDeleted", "whenScaled"] {
        faults.optional_choice(&retention.get(key), &["Retain", "Delete"]);
    }
    for claim in spec.get("volumeClaimTemplates").items().filter(|_| old.is_none()) {
        storage::claim_spec(&claim.get("spec"), faults);
    }
    faults.not_negative(&spec.get("replicas"));
    faults.not_negative(&spec.get("minReadySeconds"));
    let service = spec.get("serviceName");
    if !service.is_empty() && old.is_none() {
        faults.invalid_each(&service, words::label(service.text()));
    }
    let selector = its_selector(spec, "statefulset", faults);
    let template = with_claims(spec);
    let template = Spot::new(&template, spec.get("template").path);
    if !meta::is_sound(&selector) {
        let shown = meta::shown(selector.value);
        let message = format!("Invalid value: {shown}");
        faults.0.push(Fault { reason: "FieldValueInvalid", field: selector.path.to_string(), message });
    } else {
        if !is_blank(&selector) {
            matching(&selector, &template, faults);
        }
        pod::template(&template, faults);
        meta::annotations(&template.at("metadata.annotations"), faults);
    }
    always(&template, "StatefulSet", faults);
    for key in ["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"] {
        let Some(old) = old else { continue };
        let (now, before) = (spec.get(key), old.get(key).cloned().unwrap_or_default());
        if *now.value != before {
            match key {
                "selector" => refuse_selector(&now, "field is immutable", faults),
                _ => faults.invalid(&now, "field is immutable"),
            }
        }
    }
}

/// The template with the volumes of its claims, which containers may mount.
fn with_claims(spec: &Spot<'_>) -> Value {
    let mut template = spec.get("template").value.clone();
    let claims = spec.get("volumeClaimTemplates");
    let claims: BTreeSet<&str> = claims.items().map(|claim| claim.at("metadata.name").text()).collect();
    if let Some(pod) = template.get_mut("spec").and_then(Value::as_object_mut) {
        let own = pod.get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
        let own = own
            .into_iter()
            .filter(|volume| volume["name"].as_str().is_none_or(|name| !claims.contains(name)));
        let claimed =
            claims.iter().map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}}));
        let volumes: Vec<Value> = claimed.chain(own).collect();
        pod.insert("volumes".into(), volumes.into());
    }
    template
}

/// Checks a DaemonSet's spec.
pub fn daemon_set(spec: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let selector = spec.get("selector");
    meta::selector(&selector, faults);
    let template = spec.get("template");
    if meta::is_sound(&selector) && !is_blank(&selector) {
        matching(&selector, &template, faults);
    }
    if is_blank(&selector) {
        refuse_selector(&selector, "empty selector is invalid for daemonset", faults);
    }
    pod::template(&template, faults);
    always(&template, "DaemonSet", faults);
    faults.not_negative(&spec.get("minReadySeconds"));
    let update = spec.get("updateStrategy");
    match update.get("type").text() {
        "OnDelete" => {}
        "RollingUpdate" => {
            let rolling = update.get("rollingUpdate");
            let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            for spot in [&unavailable, &surge] {
                count_or_percent(spot, faults);
                at_most_all(spot, faults);
            }
            match (count(unavailable.value) != 0, count(surge.value) != 0) {
                (true, true) => faults.invalid(&surge, "may not be set when maxUnavailable is non-zero"),
                (false, false) => faults.required(&unavailable, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        kind => {
            let rolling = update.get("rollingUpdate");
            let part = |key: &str| rolling.get(key).value.clone();
            let rolling = match rolling.is_there() {
                true => json!({"MaxUnavailable": part("maxUnavailable"), "MaxSurge": part("maxSurge")}),
                false => Value::Null,
            };
            let shown = json!({"Type": kind, "RollingUpdate": rolling});
            faults.0.push(Fault::unsupported(&update.path, &shown, &["RollingUpdate", "OnDelete"]));
        }
    }
    faults.not_negative(&spec.get("revisionHistoryLimit"));
    same_selector(spec, old, faults);
}

/// Checks a ReplicationController's spec.
pub fn replication_controller(spec: &Spot<'_>, faults: &mut Faults) {
    faults.not_negative(&spec.get("minReadySeconds"));
    let selector = spec.get("selector");
    if selector.is_empty() {
        faults.required(&selector, "");
    }
    faults.not_negative(&spec.get("replicas"));
    let template = spec.get("template");
    if !template.is_there() {
        return faults.required(&template, "");
    }
    let labels = template.at("metadata.labels");
    let taken = selector.entries().all(|(key, value)| labels.value.get(key) == Some(value.value));
    if !selector.is_empty() && !taken {
        faults.0.push(Fault::invalid(&labels.path, labels.value.sorted(), NO_MATCH));
    }
    pod::template(&template, faults);
    always(&template, "ReplicationController", faults);
}

/// Checks the selector of a Job, which the server makes unless it is told not to; `made` says whether it must be there.
pub fn job_selector(spec: &Spot<'_>, made: bool, faults: &mut Faults) {
    let selector = spec.get("selector");
    if !selector.is_there() {
        if made {
            faults.required(&selector, "");
            matching(&selector, &spec.get("template"), faults);
        }
        return;
    }
    meta::selector(&selector, faults);
    if meta::is_sound(&selector) && !is_blank(&selector) {
        matching(&selector, &spec.get("template"), faults);
    }
}

/// Checks a Job's spec but for its selector.
pub fn job(spec: &Spot<'_>, faults: &mut Faults) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    counts.iter().for_each(|key| faults.not_negative(&spec.get(key)));
    let by_index = spec.get("backoffLimitPerIndex");
    let failed = spec.get("maxFailedIndexes");
    if failed.is_there() && !by_index.is_there() {
        faults.required(&by_index, "when maxFailedIndexes is specified");
    }
    let mode = spec.get("completionMode");
    if mode.is_there() && !matches!(mode.text(), "NonIndexed" | "Indexed") {
        faults.0.push(Fault::unsupported(&mode.path, mode.value, &["NonIndexed", "Indexed"]));
    }
    if mode.text() == "Indexed" {
        let completions = spec.get("completions");
        if !completions.is_there() {
            faults.required(&completions, "when completion mode is Indexed");
        }
        let parallelism = spec.get("parallelism");
        if parallelism.int() > 100_000 {
            let why = "must be less than or equal to 100000 when completion mode is Indexed";
            faults.invalid(&parallelism, why);
        }
    } else if !mode.is_there() || mode.text() == "NonIndexed" {
        for spot in [&by_index, &failed].iter().filter(|spot| spot.is_there()) {
            faults.invalid(spot, "requires indexed completion mode");
        }
    }
    faults.optional_choice(&spec.get("podReplacementPolicy"), &["Failed", "TerminatingOrFailed"]);
    let template = spec.get("template");
    pod::template(&template, faults);
    let policy = template.at("spec.restartPolicy");
    match policy.text() {
        "" | "Always" => faults.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" | "Never" => {}
        _ => faults.optional_choice(&policy, &["OnFailure", "Never"]),
    }
}

/// Checks that the pods of an indexed Job can be named after it.
pub fn indexed_names(name: &Spot<'_>, spec: &Spot<'_>, faults: &mut Faults) {
    let count = spec.get("completions").int();
    if spec.get("completionMode").text() != "Indexed" || count == 0 {
        return;
    }
    let last = format!("{}-{}", name.text(), count - 1);
    if !words::label(&last).is_empty() {
        let why = format!("will not able to create pod with invalid DNS label: {last}");
        faults.invalid_each_at(name, name.text(), [why]);
    }
}

/// Checks what a Job may not change.
pub fn job_replaced(spec: &Spot<'_>, old: &Value, faults: &mut Faults) {
    let completions = spec.get("completions");
    if spec.get("completionMode").text() != "Indexed" {
        faults.immutable(&completions, old, "/completions");
    } else if completions.is_there()
        && old["completions"] != *completions.value
        && completions.value != spec.get("parallelism").value
    {
        faults.invalid(&completions, "can only be modified in tandem with spec.parallelism");
    }
    same_selector(spec, Some(old), faults);
    if old["suspend"] != true {
        let template = spec.get("template");
        if *template.value != old["template"] {
            faults.invalid(&template, "field is immutable");
        }
    }
    faults.immutable(&spec.get("completionMode"), old, "/completionMode");
    faults.immutable(&spec.get("podFailurePolicy"), old, "/podFailurePolicy");
    faults.immutable(&spec.get("backoffLimitPerIndex"), old, "/backoffLimitPerIndex");
    faults.immutable(&spec.get("managedBy"), old, "/managedBy");
    faults.immutable(&spec.get("successPolicy"), old, "/successPolicy");
}

/// Checks a CronJob's spec.
pub fn cron_job(spec: &Spot<'_>, faults: &mut Faults) {
    let schedule = spec.get("schedule");
    if schedule.is_empty() {
        faults.required(&schedule, "");
    } else {
        faults.invalid_each(&schedule, schedule_fault(schedule.text()));
    }
    faults.not_negative(&spec.get("startingDeadlineSeconds"));
    faults.choice(&spec.get("concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    let template = spec.get("jobTemplate");
    job(&template.get("spec"), faults);
    let manual = template.at("spec.manualSelector");
    if manual.is_there() && manual.is_true() {
        faults.optional_choice(&manual, &["nil", "false"]);
    }
    faults.not_negative(&spec.get("successfulJobsHistoryLimit"));
    faults.not_negative(&spec.get("failedJobsHistoryLimit"));
}

/// What is wrong with a schedule, in the words of the server's parser.
fn schedule_fault(text: &str) -> Option<String> {
    if text.contains("TZ") {
        return Some("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".into());
    }
    if text.starts_with('@') {
        let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
        return (!known.contains(&text) && !text.starts_with("@every "))
            .then(|| format!("unrecognized descriptor: {text}"));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    None
}
