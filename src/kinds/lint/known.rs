//! The schemas of kinds that this program brings along, made from tables when first asked for.
//! It must never read a file at run time.

use std::sync::OnceLock;

use crate::structural::{Schema, Table};

const POD: &str = include_str!("../../../schemas/crd/pod.table");
const SELDON_DEPLOYMENT: &str = include_str!("../../../schemas/crd/seldon-deployment.table");
const MLOPS: &str = include_str!("../../../schemas/crd/mlops.table");

/// The schema of a kind, as its group and kind name it, if it is known here: SeldonDeployment, and Model, Server,
/// Pipeline and Experiment of Seldon Core v2. Versions of one kind do not differ.
///
/// With `newer` it has the fields that later releases brought (of Seldon Core v2, or of the pods inside).
pub fn schema(group: &str, kind: &str, newer: bool) -> Option<&'static Schema> {
    match (group, kind) {
        ("machinelearning.seldon.io", "SeldonDeployment") => {
            made(&SDEP, kind, &[SELDON_DEPLOYMENT, POD], newer)
        }
        ("mlops.seldon.io", "Model") => made(&MODEL, kind, &[MLOPS, POD], newer),
        ("mlops.seldon.io", "Server") => made(&SERVER, kind, &[MLOPS, POD], newer),
        ("mlops.seldon.io", "Pipeline") => made(&PIPELINE, kind, &[MLOPS, POD], newer),
        ("mlops.seldon.io", "Experiment") => made(&EXPERIMENT, kind, &[MLOPS, POD], newer),
        _ => None,
    }
}

/// The schema of `metadata`.
pub(super) fn object_meta() -> Option<&'static Schema> {
    made(&OBJECT_META, "ObjectMeta", &[POD], true)
}

type Made = [OnceLock<Option<Schema>>; 2];

static SDEP: Made = [OnceLock::new(), OnceLock::new()];
static MODEL: Made = [OnceLock::new(), OnceLock::new()];
static SERVER: Made = [OnceLock::new(), OnceLock::new()];
static PIPELINE: Made = [OnceLock::new(), OnceLock::new()];
static EXPERIMENT: Made = [OnceLock::new(), OnceLock::new()];
static OBJECT_META: Made = [OnceLock::new(), OnceLock::new()];

fn made(cells: &'static Made, root: &str, texts: &[&'static str], newer: bool) -> Option<&'static Schema> {
    let make = || Table::parse(texts).and_then(|table| table.schema(root, newer)).ok();
    cells[usize::from(newer)].get_or_init(make).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_makes_its_schemas() -> Result<(), crate::structural::TableError> {
        Table::parse(&[SELDON_DEPLOYMENT, POD])?.schema("SeldonDeployment", true)?;
        for kind in ["Model", "Server", "Pipeline", "Experiment"] {
            Table::parse(&[MLOPS, POD])?.schema(kind, true)?;
            assert!(schema("mlops.seldon.io", kind, false).is_some());
        }
        assert!(schema("machinelearning.seldon.io", "SeldonDeployment", false).is_some());
        assert!(schema("", "Pod", false).is_none() && object_meta().is_some());
        Ok(())
    }

    #[test]
    fn newer_fields_are_known_only_when_asked_for() {
        let at = |newer: bool, pointer: &str| {
            schema("machinelearning.seldon.io", "SeldonDeployment", newer)
                .is_some_and(|schema| schema.at(pointer).is_some())
        };
        let claims = "/spec/predictors/0/componentSpecs/0/spec/resourceClaims";
        assert!(at(true, claims) && !at(false, claims));
        assert!(at(false, "/spec/predictors/0/graph/children/0/children/3/modelUri"));
    }
}
