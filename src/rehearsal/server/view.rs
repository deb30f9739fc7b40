//! The form in which an answer is wanted: the object, a table of columns, or its metadata alone.
//! It must never know how columns are made.

use super::refusal::Refusal;
use super::table::Include;

/// What the server can write.
const WRITTEN: [&str; 3] = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The object itself.
    #[default]
    Plain,
    /// A `Table` of meta.k8s.io/v1.
    Table(Include),
    /// `PartialObjectMetadata` of meta.k8s.io/v1; of a list, if that is said.
    Metadata {
        /// Whether it was asked for by the name of the list.
        list: bool,
    },
    /// The object itself, as YAML.
    Yaml,
}

impl View {
    /// Reads `Accept`: the first clause that can be met. JSON alone is written.
    ///
    /// # Errors
    /// 406 if there is none.
    pub fn read(accept: &str, include: Include) -> Result<View, Refusal> {
        if accept.trim().is_empty() {
            return Ok(View::Plain);
        }
        let mut readable = false;
        for clause in accept.split(',') {
            let mut parts = clause.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            if media == "application/yaml" && !clause.contains("as=") && !clause.contains("q=0") {
                return Ok(View::Yaml);
            }
            if !matches!(media, "application/json" | "*/*") {
                continue;
            }
            readable = true;
            let (mut form, mut group, mut version) = ("", "", "");
            for part in parts {
                match part.split_once('=') {
                    Some(("as", value)) => form = value,
                    Some(("g", value)) => group = value,
                    Some(("v", value)) => version = value,
                    _ => {}
                }
            }
            let of_meta = group == "meta.k8s.io" && version == "v1";
            match form {
                "" => return Ok(View::Plain),
                "Table" if of_meta => return Ok(View::Table(include)),
                "PartialObjectMetadata" | "PartialObjectMetadataList" if of_meta => {
                    return Ok(View::Metadata { list: form.ends_with("List") });
                }
                _ => {}
            }
        }
        match readable {
            true => Err(Refusal::not_acceptable(&WRITTEN)),
            false => {
                let told =
                    format!("406: Not Acceptable\n\nAvailable representations: {}", WRITTEN.join(", "));
                let mut refusal = Refusal::new(406, "NotAcceptable", told);
                refusal.details = crate::json::json!({});
                Err(refusal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_clause_that_can_be_met_counts() {
        for (accept, view) in [
            ("", Some(View::Plain)),
            ("application/json", Some(View::Plain)),
            ("application/json, */*", Some(View::Plain)),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                Some(View::Table(Include::Metadata)),
            ),
            ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", Some(View::Plain)),
            (
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                Some(View::Metadata { list: true }),
            ),
            ("application/vnd.kubernetes.protobuf,application/json", Some(View::Plain)),
            ("text/html", None),
        ] {
            assert_eq!(View::read(accept, Include::Metadata).ok(), view, "{accept}");
        }
    }
}
