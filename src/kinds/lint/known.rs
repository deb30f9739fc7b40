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
        ("machinelearning.seldon.io", "SeldonDeployment")
        | ("mlops.seldon.io", "Model" | "Server" | "Pipeline" | "Experiment") => made(kind, newer),
        _ => None,
    }
}

/// The schema of `metadata`.
pub(super) fn object_meta() -> Option<&'static Arc<Schema>> {
    static MADE: OnceLock<Option<Arc<Schema>>> = OnceLock::new();
    MADE.get_or_init(|| table()?.schema("ObjectMeta").ok().map(Arc::new)).as_ref()
}

fn table() -> Option<&'static Table> {
    static TABLE: OnceLock<Option<Table>> = OnceLock::new();
    TABLE.get_or_init(|| Table::parse(&[SELDON_DEPLOYMENT, MLOPS, POD]).ok()).as_ref()
}

/// What is made of the tables.
const ROOTS: [&str; 5] = ["SeldonDeployment", "Model", "Server", "Pipeline", "Experiment"];

/// A schema without or with newer fields. All of them are made together, as most of each are the pods inside.
fn made(root: &str, newer: bool) -> Option<&'static Arc<Schema>> {
    static MADE: OnceLock<Vec<Arc<Schema>>> = OnceLock::new();
    static OLDER: [OnceLock<Arc<Schema>>; ROOTS.len()] = [const { OnceLock::new() }; ROOTS.len()];
    let make = || Some(table()?.schemas(&ROOTS).ok()?.into_iter().map(Arc::new).collect());
    let place = ROOTS.iter().position(|known| *known == root)?;
    let made = MADE.get_or_init(|| make().unwrap_or_default()).get(place)?;
    Some(if newer { made } else { OLDER[place].get_or_init(|| made.without_newer().into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_makes_its_schemas() -> Result<(), crate::structural::TableError> {
        let table = Table::parse(&[SELDON_DEPLOYMENT, MLOPS, POD])?;
        table.schema("SeldonDeployment")?;
        for kind in ["Model", "Server", "Pipeline", "Experiment"] {
            table.schema(kind)?;
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
