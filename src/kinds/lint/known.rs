//! The schemas of kinds that this program brings along, made from tables when first asked for.
//! It must never read a file at run time.

use std::sync::{Arc, OnceLock};

use crate::structural::{Schema, Table};

const POD: &str = include_str!("../../../schemas/crd/pod.table");
const SELDON_DEPLOYMENT: &str = include_str!("../../../schemas/crd/seldon-deployment.table");
const MLOPS: &str = include_str!("../../../schemas/crd/mlops.table");

/// The schema of a kind, as its group and kind name it, if it is known here: SeldonDeployment, and Model, Server,
/// Pipeline and Experiment of Seldon Core v2. Versions of one kind do not differ.
///
/// With `newer` it has the fields that later releases brought (of Seldon Core v2, or of the pods inside).
pub fn schema(group: &str, kind: &str, newer: bool) -> Option<&'static Arc<Schema>> {
    match (group, kind) {
        ("machinelearning.seldon.io", "SeldonDeployment") => made(&SELDON, kind, newer),
        ("mlops.seldon.io", "Model") => made(&MODEL, kind, newer),
        ("mlops.seldon.io", "Server") => made(&SERVER, kind, newer),
        ("mlops.seldon.io", "Pipeline") => made(&PIPELINE, kind, newer),
        ("mlops.seldon.io", "Experiment") => made(&EXPERIMENT, kind, newer),
        _ => None,
    }
}

/// The schema of `metadata`.
pub(super) fn object_meta() -> Option<&'static Arc<Schema>> {
    made(&OBJECT_META, "ObjectMeta", true)
}

/// A schema without and with newer fields.
type Made = [OnceLock<Option<Arc<Schema>>>; 2];

static SELDON: Made = [const { OnceLock::new() }; 2];
static MODEL: Made = [const { OnceLock::new() }; 2];
static SERVER: Made = [const { OnceLock::new() }; 2];
static PIPELINE: Made = [const { OnceLock::new() }; 2];
static EXPERIMENT: Made = [const { OnceLock::new() }; 2];
static OBJECT_META: Made = [const { OnceLock::new() }; 2];
static TABLE: OnceLock<Option<Table>> = OnceLock::new();

fn made(cells: &'static Made, root: &str, newer: bool) -> Option<&'static Arc<Schema>> {
    let table = || TABLE.get_or_init(|| Table::parse(&[SELDON_DEPLOYMENT, MLOPS, POD]).ok()).as_ref();
    cells[usize::from(newer)].get_or_init(|| table()?.schema(root, newer).ok().map(Arc::new)).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_makes_its_schemas() -> Result<(), crate::structural::TableError> {
        let table = Table::parse(&[SELDON_DEPLOYMENT, MLOPS, POD])?;
        table.schema("SeldonDeployment", true)?;
        for kind in ["Model", "Server", "Pipeline", "Experiment"] {
            table.schema(kind, true)?;
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
