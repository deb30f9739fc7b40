//! What the server publishes of its kinds: OpenAPI v3, a document for each group and version, which whoever may log in may read.
//! Never knows what a document says.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Value;
use futures_util::future::join_all;

use super::Cluster;
use super::error::{Error, Status};

const JSON: &str = "application/json";

/// What there is of a group and version.
#[derive(Debug, Clone)]
pub enum Published {
    /// Its document.
    Document(Value),
    /// The server serves no such group and version.
    NotServed,
    /// The document could not be had.
    Unknown(Error),
}

impl Cluster {
    /// The documents of group versions, by `apiVersion`: a request for where they are, and one for each.
    ///
    /// # Errors
    /// Where they are could not be had.
    pub async fn published(
        &self,
        api_versions: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Published>, Error> {
        let index = self.json("/openapi/v3").await?;
        let one = |api_version: &String| {
            let root = if api_version.contains('/') { "apis" } else { "api" };
            let place = index["paths"][format!("{root}/{api_version}")]["serverRelativeURL"].as_str();
            let (place, api_version) = (place.map(str::to_owned), api_version.clone());
            async move {
                let published = match place {
                    None => Published::NotServed,
                    Some(place) => match self.json(&place).await {
                        Ok(document) => Published::Document(document),
                        Err(error) => Published::Unknown(error),
                    },
                };
                (api_version, published)
            }
        };
        Ok(join_all(api_versions.iter().map(one)).await.into_iter().collect())
    }

    async fn json(&self, path: &str) -> Result<Value, Error> {
        let document = self.document(path, JSON, self.end()).await?;
        document
            .value()
            .map_err(|error| Error::Refused(Box::new(Status::local(format!("{path} is no JSON: {error}")))))
    }
}
