//! CustomResourceDefinitions: once one is kept, its kind is served; once it is gone, so are its objects.
//! It must never judge an object of the kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::json::{Value, json};

use super::refusal::quote;
use super::resource::{Catalogue, Custom, OF_SUBRESOURCE, Resource, Shelf, Subresource, priority};
use super::state::State;
use super::{meta, model};
use crate::kinds::lint;
use crate::rehearsal::builtin::{self, Read};
use crate::rehearsal::known::BY_HEART;
use crate::structural::{self, CrdSchema, ScalePaths};

/// What every custom kind can, in the order of discovery.
const VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// Names that the definition leaves to the server.
pub fn default(definition: &mut Value) {
    let text =
        |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, singular, list) =
        (text("/spec/names/kind"), text("/spec/names/singular"), text("/spec/names/listKind"));
    if let Some(names) = definition.pointer_mut("/spec/names").and_then(Value::as_object_mut) {
        if singular.is_empty() {
            names.insert("singular".into(), kind.to_lowercase().into());
        }
        if list.is_empty() {
            names.insert("listKind".into(), format!("{kind}List").into());
        }
    }
    if let Some(spec) = definition.get_mut("spec").and_then(Value::as_object_mut) {
        spec.entry("conversion").or_insert_with(|| json!({ "strategy": "None" }));
    }
}

/// Everything that a server would refuse in a new definition, each as the path of a field and what is wrong there, in its words; a
/// path may be empty.
pub fn refusals(definition: &Value) -> Vec<(String, String)> {
    let catalogue = Catalogue::built_in();
    let Some(resource) = catalogue.kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition") else {
        return Vec::new();
    };
    let Some(schema) = model::schema(resource) else { return Vec::new() };
    let Read { object: mut definition, unknown } = match builtin::read(schema, definition) {
        Ok(read) => read,
        Err(words) => return vec![(String::new(), words)],
    };
    default(&mut definition);
    create(&mut definition);
    let path = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let unknown = unknown.into_iter().map(|text| (path(&text), "this field is unknown".to_owned()));
    // Its status is the server's own affair.
    let faults = model::validate(resource, &definition, None).into_iter();
    let faults = faults.filter(|fault| !fault.field.starts_with("status"));
    unknown.chain(faults.map(|fault| (fault.field, fault.message))).collect()
}

/// Prepares a new definition: nothing is known of it but what it stores.
pub fn create(definition: &mut Value) {
    let stored: Vec<Value> = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .take(1)
        .map(|version| version["name"].clone())
        .collect();
    if let Some(map) = definition.as_object_mut() {
        let status = json!({
            "conditions": null, "acceptedNames": { "plural": "", "kind": "" }, "storedVersions": stored,
        });
        map.insert("status".into(), status);
    }
}

/// Notes in which version objects are kept now, beside those in which some may be still.
pub fn remember_stored(definition: &mut crate::json::Map) {
    let versions =
        definition.get("spec").and_then(|spec| spec["versions"].as_array()).cloned().unwrap_or_default();
    let Some(status) = definition.get_mut("status").and_then(Value::as_object_mut) else { return };
    let stored = status.entry("storedVersions").or_insert_with(|| json!([]));
    let Some(stored) = stored.as_array_mut() else { return };
    for version in versions.iter().filter(|version| version["storage"] == true) {
        if !stored.contains(&version["name"]) {
            stored.push(version["name"].clone());
        }
    }
}

/// What the server finds out of a definition right after it was written: whether its names are free, and so whether it is
/// established. `None` if it is known already.
pub fn established(definition: &Value, taken: &BTreeSet<String>, now: &str) -> Option<Value> {
    let names = &definition["spec"]["names"];
    let known = definition["status"]["conditions"].as_array().cloned().unwrap_or_default();
    if !known.is_empty() && &definition["status"]["acceptedNames"] == names {
        return None;
    }
    let (accepted, conflict) = accept(names, &definition["status"]["acceptedNames"], taken);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({ "type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message });
    let was =
        |kind: &str| known.iter().find(|known| known["type"] == kind && known["status"] == "True").cloned();
    let old = definition;
    let mut definition = definition.clone();
    let status = definition.as_object_mut()?.entry("status").or_insert_with(|| json!({}));
    let mut conditions = match conflict {
        None => vec![
            was("NamesAccepted")
                .unwrap_or_else(|| condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")),
            was("Established").unwrap_or_else(|| {
                condition(
                    "Established",
                    "True",
                    "InitialNamesAccepted",
                    "the initial names have been accepted",
                )
            }),
        ],
        Some((reason, message)) => vec![
            condition("NamesAccepted", "False", reason, &message),
            was("Established").unwrap_or_else(|| {
                condition("Established", "False", "NotAccepted", "not all names are accepted")
            }),
        ],
    };
    conditions.extend(
        known
            .iter()
            .filter(|known| known["type"] != "NamesAccepted" && known["type"] != "Established")
            .cloned(),
    );
    status["conditions"] = json!(conditions);
    status["acceptedNames"] = accepted;
    let same = definition["status"] == old["status"];
    (!same).then_some(definition)
}

/// The names that are free, or were accepted before, and what is wrong with those that are not.
fn accept(
    names: &Value,
    before: &Value,
    taken: &BTreeSet<String>,
) -> (Value, Option<(&'static str, String)>) {
    let mut accepted = before.as_object().cloned().unwrap_or_default();
    let mut conflict = None;
    let mut refuse = |reason: &'static str, name: &str| {
        conflict = Some((reason, format!("{} is already in use", quote(name))));
    };
    for (key, reason) in [
        ("plural", "PluralConflict"),
        ("singular", "SingularConflict"),
        ("kind", "KindConflict"),
        ("listKind", "ListKindConflict"),
    ] {
        let name = names[key].as_str().unwrap_or_default();
        match taken.contains(&format!(
            "{}:{name}",
            if key.to_lowercase().contains("kind") { "kind" } else { "resource" }
        )) {
            true => refuse(reason, name),
            false => drop(accepted.insert(key.into(), names[key].clone())),
        }
    }
    let short: Vec<&str> =
        names["shortNames"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let busy: Vec<&&str> = short.iter().filter(|name| taken.contains(&format!("resource:{name}"))).collect();
    match busy.first() {
        Some(name) => refuse("ShortNamesConflict", name),
        None if short.is_empty() => drop(accepted.shift_remove("shortNames")),
        None => drop(accepted.insert("shortNames".into(), json!(short))),
    }
    match names.get("categories") {
        Some(categories) => accepted.insert("categories".into(), categories.clone()),
        None => accepted.shift_remove("categories"),
    };
    (Value::Object(accepted), conflict)
}

/// The names that other definitions of the group have.
pub fn taken(state: &State, definition: &Value) -> BTreeSet<String> {
    let shelf = Shelf { group: "apiextensions.k8s.io".into(), plural: "customresourcedefinitions".into() };
    let mut taken = BTreeSet::new();
    for other in state.store.list(&shelf, "").filter(|other| other.name != meta::text(definition, "name")) {
        let other = other.value.clone();
        if other["spec"]["group"] != definition["spec"]["group"] {
            continue;
        }
        let names = &other["status"]["acceptedNames"];
        let of = |key: &str| names[key].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        taken
            .extend(["plural", "singular"].into_iter().filter_map(of).map(|name| format!("resource:{name}")));
        taken.extend(["kind", "listKind"].into_iter().filter_map(of).map(|name| format!("kind:{name}")));
        let short = names["shortNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        taken.extend(short.map(|name| format!("resource:{name}")));
    }
    taken
}

/// Serves the kind of a definition, as the definition now has it.
pub fn serve(state: &mut State, definition: &Value) {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, plural) = (text("/spec/group"), text("/spec/names/plural"));
    let before: Vec<Arc<Resource>> = state
        .catalogue
        .all()
        .filter(|known| known.group == group && known.plural == plural)
        .cloned()
        .collect();
    state.catalogue.remove(group, plural);
    if meta::is_leaving(definition) && before.is_empty() {
        return;
    }
    let mut served = resources(definition);
    served.sort_by_key(|resource| std::cmp::Reverse(priority(&resource.version)));
    let keeping = served.iter().find(|resource| resource.version == resource.stored).cloned();
    let schema = |resource: &Resource| resource.custom.as_ref().map(|custom| custom.open_api.clone());
    for resource in served {
        state.catalogue.add(resource);
    }
    // Defaults that are new, and fields that are known no longer, show in what was there before.
    if let Some(keeping) = keeping {
        let known = before.iter().find(|known| known.version == keeping.version);
        if known.is_some_and(|known| schema(known) != schema(&keeping)) {
            state.store.reread(&keeping, |object| {
                if let Some(custom) = &keeping.custom {
                    structural::prune(&custom.version.schema, object);
                    structural::default(&custom.version.schema, object);
                }
            });
        }
    }
}

/// What keeps a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Marks a definition that is to go; `None` if it is marked already.
pub fn leave(definition: &Value, now: &str) -> Option<Value> {
    if meta::is_leaving(definition) {
        return None;
    }
    let mut definition = definition.clone();
    let mut finalizers = meta::finalizers(&definition);
    if !finalizers.iter().any(|finalizer| finalizer == CLEANUP) {
        finalizers.push(CLEANUP.into());
    }
    meta::edit(&mut definition, |meta| {
        meta.insert("deletionTimestamp".into(), now.into());
        meta.insert("finalizers".into(), json!(finalizers));
    });
    meta::tidy(&mut definition);
    let pending = json!({
        "type": "Terminating", "status": "True", "lastTransitionTime": now, "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    });
    set_condition(&mut definition, pending);
    Some(definition)
}

/// The definition when all its objects are gone, with nothing to keep it but what others have put there.
pub fn cleaned(definition: &Value, now: &str) -> Value {
    let mut definition = definition.clone();
    let kept: Vec<String> =
        meta::finalizers(&definition).into_iter().filter(|finalizer| finalizer != CLEANUP).collect();
    meta::edit(&mut definition, |meta| meta.insert("finalizers".into(), json!(kept)));
    meta::tidy(&mut definition);
    let completed = json!({
        "type": "Terminating", "status": "False", "lastTransitionTime": now, "reason": "InstanceDeletionCompleted",
        "message": "removed all instances",
    });
    set_condition(&mut definition, completed);
    definition
}

fn set_condition(definition: &mut Value, condition: Value) {
    let Some(status) = definition.get_mut("status").and_then(Value::as_object_mut) else { return };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(conditions) = conditions.as_array_mut() else { return };
    match conditions.iter_mut().find(|known| known["type"] == condition["type"]) {
        Some(known) => *known = condition,
        None => conditions.push(condition),
    }
}

/// No longer serves the kind of a definition, and forgets its objects.
pub fn withdraw(state: &mut State, definition: &Value) {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let shelf = Shelf { group: text("/spec/group").into(), plural: text("/spec/names/plural").into() };
    state.catalogue.remove(&shelf.group, &shelf.plural);
    state.store.cut(Some(&shelf));
}

/// The kind as each of its served versions has it.
fn resources(definition: &Value) -> Vec<Resource> {
    let Ok(mut schema) = CrdSchema::from_crd(definition) else { return Vec::new() };
    let by_heart = definition["metadata"]["annotations"][BY_HEART] == "true";
    if let Some(known) = lint::schema(&schema.group, &schema.kind, true).filter(|_| by_heart) {
        schema.versions.iter_mut().for_each(|version| version.schema = known.clone());
    }
    let names = &definition["spec"]["names"];
    let text = |key: &str| names[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str| -> Vec<String> {
        names[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let Some(keeping) = schema.versions.iter().find(|version| version.storage) else { return Vec::new() };
    let (stored, stored_schema) = (keeping.name.clone(), keeping.schema.clone());
    let leaving = meta::is_leaving(definition);
    let deprecations = deprecations(definition);
    let shelf = Shelf { group: schema.group.clone(), plural: text("plural") };
    let written = definition["spec"]["versions"].as_array().cloned().unwrap_or_default();
    let name = meta::text(definition, "name").to_owned();
    schema
        .versions
        .into_iter()
        .zip(written)
        .filter(|(version, _)| version.served)
        .map(|(version, written)| Resource {
            group: schema.group.clone(),
            version: version.name.clone(),
            plural: text("plural"),
            singular: text("singular"),
            kind: schema.kind.clone(),
            list_kind: text("listKind"),
            namespaced: schema.namespaced,
            counts_generations: true,
            short_names: list("shortNames"),
            categories: list("categories"),
            verbs: VERBS.to_vec(),
            subresources: subresources(
                &schema.group,
                &version.name,
                &schema.kind,
                version.status,
                version.scale.as_ref(),
            ),
            stored: stored.clone(),
            shelf: shelf.clone(),
            built_in: None,
            custom: Some(Arc::new(Custom {
                columns: written["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
                selectable: written["selectableFields"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|field| field["jsonPath"].as_str().map(str::to_owned))
                    .collect(),
                open_api: written["schema"]["openAPIV3Schema"].clone(),
                stored: stored_schema.clone(),
                deprecated: deprecations.get(&version.name).cloned(),
                leaving,
                definition: name.clone(),
                version,
            })),
        })
        .collect()
}

/// What those are warned of who use a deprecated version, by version.
pub fn deprecations(definition: &Value) -> BTreeMap<String, String> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, kind) = (text(&spec["group"]), text(&spec["names"]["kind"]));
    let versions = || spec["versions"].as_array().into_iter().flatten();
    // The newest that is served and not deprecated itself is what to use instead.
    let better = versions()
        .filter(|version| version["served"] == true && version["deprecated"] != true)
        .map(|version| text(&version["name"]))
        .max_by_key(|name| priority(name));
    versions()
        .filter(|version| version["deprecated"] == true)
        .map(|version| {
            let name = text(&version["name"]);
            let told = match (version["deprecationWarning"].as_str(), &better) {
                (Some(told), _) => told.to_owned(),
                (None, Some(better)) if priority(better) >= priority(&name) => {
                    format!("{group}/{name} {kind} is deprecated; use {group}/{better} {kind}")
                }
                _ => format!("{group}/{name} {kind} is deprecated"),
            };
            (name, told)
        })
        .collect()
}

fn subresources(
    group: &str,
    version: &str,
    kind: &str,
    status: bool,
    scale: Option<&ScalePaths>,
) -> Vec<Subresource> {
    let verbs = || OF_SUBRESOURCE.to_vec();
    let mut below = Vec::new();
    if status {
        let kind = (group.to_owned(), version.to_owned(), kind.to_owned());
        below.push(Subresource { name: "status".into(), kind, verbs: verbs() });
    }
    if scale.is_some() {
        let kind = ("autoscaling".to_owned(), "v1".to_owned(), "Scale".to_owned());
        below.push(Subresource { name: "scale".into(), kind, verbs: verbs() });
    }
    below
}
