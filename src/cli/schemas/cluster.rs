//! What a cluster publishes of its kinds, taken in.
//! It must never judge an object.

use super::Definitions;
use crate::cluster::{Cluster, Error, Published};
use crate::diagnostic::{Code, Diagnostic};
use crate::structural::Schema;
use std::collections::BTreeSet;

/// Takes in what a cluster publishes of kinds, given as `apiVersion` and kind.
///
/// # Errors
/// The cluster cannot be asked at all.
pub(in crate::cli) async fn of_cluster(
    cluster: &Cluster,
    kinds: &BTreeSet<(String, String)>,
    definitions: &mut Definitions,
) -> Result<(), Error> {
    let wanted: BTreeSet<&(String, String)> = kinds
        .iter()
        .filter(|(api_version, kind)| {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            !definitions.schemas.defines(group, kind)
        })
        .collect();
    let api_versions = wanted.iter().map(|(api_version, _)| api_version.clone()).collect();
    let published = match cluster.published(&api_versions).await {
        Ok(published) => published,
        Err(error @ (Error::Refused(_) | Error::NotServed { .. })) => {
            definitions.unknown("the schemas of the cluster", &error);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for (api_version, published) in published {
        let kinds = wanted.iter().filter(|(of, _)| *of == api_version).map(|(_, kind)| kind);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        match published {
            Published::Document(document) => {
                for kind in kinds {
                    match Schema::from_published(&document, group, version, kind) {
                        Some(schema) => {
                            definitions.schemas.add(group, version, kind, None, || Some(schema));
                        }
                        None => definitions.schemas.is_not_served(&api_version, kind),
                    }
                }
            }
            Published::NotServed => {
                kinds.for_each(|kind| definitions.schemas.is_not_served(&api_version, kind));
            }
            Published::Unknown(error) => {
                definitions.unknown(&format!("the cluster's schemas of `{api_version}`"), &error);
            }
        }
    }
    Ok(())
}

impl Definitions {
    /// What cannot be had is told, and what is known by heart decides.
    fn unknown(&mut self, what: &str, error: &Error) {
        let argument = self.sources.add("--cluster", "--cluster");
        let span = self.sources.whole(argument);
        let message = format!("{what} cannot be had: {error}");
        let help = "Objects are judged by what is known of their kinds without a cluster.";
        self.findings.push(Diagnostic::warning(Code::SchemaUnknown, span, message).help(help));
    }
}
