//! The definitions in a text, be it YAML or JSON, alone, among other documents or in lists.
//! It must never judge one.

use super::cut::{self, Cut};
use crate::json::Value;

/// What a definition is.
pub(super) const DEFINITION: &str = "CustomResourceDefinition";
/// Where its versions are.
const VERSIONS: &str = "/spec/versions";

/// A definition, and where in its text it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Which document.
    pub index: usize,
    /// Where in the document.
    pub pointer: String,
    /// The definition. A schema that was taken out of the text has left its mark.
    pub definition: Value,
}

/// All definitions of a text, and the schemas that were taken out of it, by number.
///
/// # Errors
/// The text, or what remains of it, is not YAML.
pub(super) fn read(text: &str) -> Result<(Vec<Found>, Vec<String>), serde_yaml::Error> {
    if let Ok(document) = serde_json::from_str(text) {
        return Ok((definitions(vec![document]), Vec::new()));
    }
    if let Some(Cut { head, schemas }) = cut::cut(text)
        && let Ok(documents) = documents(&head)
    {
        let found = definitions(documents);
        let versions = found.iter().flat_map(|found| versions(&found.definition));
        if versions.filter_map(|version| cut::number(&version[cut::KEY])).eq(0..schemas.len()) {
            return Ok((found, schemas));
        }
    }
    Ok((definitions(documents(text)?), Vec::new()))
}

/// A schema that was taken out of a text.
///
/// # Errors
/// It is not YAML.
pub(super) fn schema(text: &str) -> Result<Value, serde_yaml::Error> {
    let mut documents = documents(text)?;
    let schema = documents.first_mut().and_then(|document| document.get_mut(cut::KEY));
    Ok(schema.map(Value::take).unwrap_or_default())
}

/// The versions of a definition, as listed.
pub(super) fn versions(definition: &Value) -> &[Value] {
    definition.pointer(VERSIONS).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The same, to be changed.
pub(super) fn versions_mut(definition: &mut Value) -> &mut [Value] {
    definition.pointer_mut(VERSIONS).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

fn documents(text: &str) -> Result<Vec<Value>, serde_yaml::Error> {
    // Places are asked for where something is wrong, and cost more than all else; comments nobody reads.
    let options = serde_yaml::options! { legacy_octal_numbers: true, emit_comments: false, budget: None };
    serde_yaml::from_multiple_with_options(text, options)
}

fn definitions(documents: Vec<Value>) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        collect(document, index, String::new(), &mut found);
    }
    found
}

fn collect(mut document: Value, index: usize, pointer: String, found: &mut Vec<Found>) {
    let kind = document["kind"].as_str().unwrap_or_default();
    if kind == DEFINITION {
        found.push(Found { index, pointer, definition: document });
    } else if let (true, Some(Value::Array(items))) = (kind.ends_with("List"), document.get_mut("items")) {
        for (item, document) in std::mem::take(items).into_iter().enumerate() {
            collect(document, index, format!("{pointer}/items/{item}"), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::Index;

    const TEXTS: [&str; 4] = [
        include_str!("../../../tests/invalid/definitions/pots.yaml"),
        include_str!("../../../tests/invalid/definitions/not-structural.yaml"),
        include_str!("../../../tests/builtin/widgets.yaml"),
        HARD,
    ];

    /// Texts in which lines look like what they are not.
    const HARD: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
  - name: v1
    additionalPrinterColumns:
    - jsonPath: .status.conditions[?(@.type=="Ready")].status
    schema:
      openAPIV3Schema:
        description: "it says:
          schema:
            1"
        properties:
          schema:
            description: |+2
              schema:
                - 0

# schema:
          words:
            description: one
              schema and
              more
            enum: [a, b]
        type: object
    served: true
  - name: v2
    schema:
      openAPIV3Schema: {type: object}
    # nothing more
  - {name: v3, schema: {openAPIV3Schema: {type: object}}}
---
kind: DefinitionList
items:
  - kind: CustomResourceDefinition
    spec:
      versions:
      - schema:
          a: 1
        name: v1
      - name: v2
        schema:
          - 1
"#;

    /// The definitions as they are read in parts; `None` if a part is not YAML.
    fn in_parts(text: &str) -> Option<(Vec<Found>, usize)> {
        let (mut found, taken_out) = read(text).ok()?;
        let versions = found.iter_mut().flat_map(|found| versions_mut(&mut found.definition));
        for version in versions.filter(|_| !taken_out.is_empty()) {
            if let Some(number) = cut::number(&version[cut::KEY]) {
                version[cut::KEY] = schema(&taken_out[number]).ok()?;
            }
        }
        Some((found, taken_out.len()))
    }

    fn at_once(text: &str) -> Option<Vec<Found>> {
        documents(text).ok().map(definitions)
    }

    #[test]
    fn definitions_are_read_in_parts_as_they_are_at_once() {
        for (text, taken_out) in TEXTS.into_iter().zip([1, 1, 1, 3]) {
            let read = in_parts(text);
            assert_eq!(read.as_ref().map(|(_, taken_out)| *taken_out), Some(taken_out), "{text}");
            assert!(
                read.is_some_and(|(found, _)| !found.is_empty() && Some(found) == at_once(text)),
                "{text}"
            );
        }
    }

    #[test]
    fn lines_that_are_not_what_they_seem_stay_where_they_are() {
        for lines in [
            "metadata: { annotations: { told: '\n  schema:\n    a: 1' } }\n",
            "metadata:\n  annotations:\n    told: |\n      schema:\n        a: 1\n",
            "metadata:\n  schema:\n    a: 1\n",
            "metadata: &a\n",
        ] {
            let text = HARD.replacen("spec:\n", &format!("{lines}spec:\n"), 1);
            let read = in_parts(&text);
            assert!(read.is_some_and(|read| Some(read) == at_once(&text).map(|found| (found, 0))), "{text}");
        }
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(&'static str),
        Append(&'static str),
        Indent(usize),
        Dedent(usize),
        Remove,
    }

    fn edit() -> impl Strategy<Value = Edit> {
        const LINES: [&str; 17] = [
            "schema:",
            "    schema:",
            "        schema:",
            "- 0",
            "   - 0",
            "    schema: [schema-taken-out-0]",
            "    schema:\n     - schema-taken-out-1",
            "# a",
            "---",
            "a: |",
            "a: >-",
            "\"",
            "'",
            "  a",
            "    a: b\"",
            "  }",
            "",
        ];
        const ENDS: [&str; 14] =
            [" |", " >", " \"", "\"", " '", "'", " {", "}", " [", " ]", " # a", ":", " schema:", "\t"];
        prop_oneof![
            proptest::sample::select(&LINES[..]).prop_map(Edit::Insert),
            proptest::sample::select(&ENDS[..]).prop_map(Edit::Append),
            (1_usize..5).prop_map(Edit::Indent),
            (1_usize..9).prop_map(Edit::Dedent),
            Just(Edit::Remove),
        ]
    }

    fn edited(text: &str, edits: &[(Index, Edit)]) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (index, edit) in edits.iter().filter(|_| text.lines().count() > 8) {
            let at = index.index(lines.len());
            let indentation = lines[at].len() - lines[at].trim_start_matches(' ').len();
            match edit {
                Edit::Insert(line) => lines.insert(at, (*line).to_owned()),
                Edit::Append(end) => lines[at].push_str(end),
                Edit::Indent(by) => lines[at].insert_str(0, &" ".repeat(*by)),
                Edit::Dedent(by) => drop(lines[at].drain(..indentation.min(*by))),
                Edit::Remove => drop(lines.remove(at)),
            }
        }
        lines.join("\n")
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_in_parts_is_what_is_read_at_once(
            text in proptest::sample::select(&TEXTS[..]),
            edits in prop::collection::vec((any::<Index>(), edit()), 1..4),
        ) {
            let text = edited(text, &edits);
            let read = in_parts(&text);
            prop_assert_eq!(read.map(|(found, _)| found), at_once(&text), "{}", text);
        }
    }
}
