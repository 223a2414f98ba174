//! Trusted documents, which the operator lists in a manifest. A request can refer to one by its ID instead of sending
//! its text. A server can be configured to execute only trusted documents.

use super::syntax;
use apollo_compiler::ast::{Definition, Document, Selection};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The trusted documents, by ID and by operation.
#[derive(Clone, Debug, Default)]
pub struct TrustedDocuments {
    by_id: HashMap<String, String>,
    operations: HashSet<String>,
    /// Whether only trusted documents are executed.
    only: bool,
}

/// The formats of a manifest: the one of Apollo, and the one of relay-compiler and GraphQL Code Generator.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { operations: Vec<ApolloOperation> },
    ById(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

impl TrustedDocuments {
    /// Creates an empty set. With `only`, other documents are rejected.
    pub fn new(only: bool) -> Self {
        Self { only, ..Self::default() }
    }

    /// Adds the documents of a manifest. This is a JSON object that maps IDs to texts (`persisted_queries.json` of
    /// relay-compiler, `persisted-documents.json` of GraphQL Code Generator), or a persisted query manifest of
    /// Apollo. The error continues a sentence that begins with the name of the file.
    pub fn add_manifest(&mut self, manifest: &str) -> Result<(), String> {
        let manifest: Manifest = serde_json::from_str(manifest).map_err(|_| {
            "is not a manifest of trusted documents. Expected a JSON object that maps IDs to documents."
                .to_owned()
        })?;
        let documents = match manifest {
            Manifest::Apollo { operations } => operations.into_iter().map(|one| (one.id, one.body)).collect(),
            Manifest::ById(documents) => documents,
        };
        for (id, text) in documents {
            self.add(&text)
                .map_err(|error| format!("has the document {id}, which cannot be parsed: {error}"))?;
            self.by_id.insert(id, text);
        }
        Ok(())
    }

    /// Adds the operations of a document without an ID. They may share fragments.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let document = syntax::parse(text).map_err(|rejection| rejection.to_string())?;
        self.operations.extend(operations(&document));
        Ok(())
    }

    /// Returns the text of the document with this ID. An ID may have the name of the hash as a prefix: `sha256:…`.
    pub fn get(&self, id: &str) -> Option<&str> {
        let bare = id.split_once(':').map_or(id, |(_, hash)| hash);
        self.by_id.get(id).or_else(|| self.by_id.get(bare)).map(String::as_str)
    }

    /// Returns whether a document may be executed. White space, comments and the order of fragments make no difference.
    pub fn allows(&self, document: &Document) -> bool {
        !self.only || operations(document).iter().all(|operation| self.operations.contains(operation))
    }
}

/// Returns each operation with the fragments that it uses, in a canonical form.
fn operations(document: &Document) -> Vec<String> {
    let fragments: HashMap<_, _> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), fragment)),
            _ => None,
        })
        .collect();
    let operations = document.definitions.iter().filter_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    let write = |operation: &apollo_compiler::ast::OperationDefinition| {
        let mut used = BTreeSet::new();
        let mut open: Vec<&[Selection]> = vec![&operation.selection_set];
        while let Some(selections) = open.pop() {
            for selection in selections {
                match selection {
                    Selection::Field(field) => open.push(&field.selection_set),
                    Selection::InlineFragment(fragment) => open.push(&fragment.selection_set),
                    Selection::FragmentSpread(spread) => {
                        if let Some((name, fragment)) = fragments.get_key_value(spread.fragment_name.as_str())
                            && used.insert(*name)
                        {
                            open.push(&fragment.selection_set);
                        }
                    }
                }
            }
        }
        let mut text = operation.serialize().no_indent().to_string();
        for name in used {
            text.push('\n');
            text += &fragments[name].serialize().no_indent().to_string();
        }
        text
    };
    operations.map(|operation| write(operation)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "query Q { me { ...B ...A } } fragment A on User { id } fragment B on User { name }";

    fn parsed(text: &str) -> Document {
        syntax::parse(text).unwrap()
    }

    #[test]
    fn every_manifest_format_is_supported() {
        let by_id = serde_json::json!({ "abc": TEXT });
        let apollo = serde_json::json!({ "format": "apollo-persisted-query-manifest", "version": 1,
            "operations": [{ "id": "abc", "name": "Q", "type": "query", "body": TEXT }] });
        for manifest in [by_id, apollo] {
            let mut trusted = TrustedDocuments::new(true);
            trusted.add_manifest(&manifest.to_string()).unwrap();
            assert_eq!(trusted.get("abc"), Some(TEXT));
            assert_eq!(trusted.get("sha256:abc"), Some(TEXT));
            assert_eq!(trusted.get("abcd"), None);
        }
        for manifest in ["[]", "7", "{\"a\": 1}", "{\"a\": \"{\"}", "no JSON"] {
            assert!(TrustedDocuments::new(true).add_manifest(manifest).is_err(), "{manifest}");
        }
    }

    #[test]
    fn only_listed_operations_are_allowed_in_any_formatting() {
        let mut trusted = TrustedDocuments::new(true);
        trusted.add(&format!("{TEXT} query R {{ models {{ id }} }}")).unwrap();
        for text in [
            TEXT,
            "fragment B on User{name}\n# a comment\nquery Q{me{...B,...A}}fragment A on User{id}",
            "query R { models { id } }",
        ] {
            assert!(trusted.allows(&parsed(text)), "{text}");
        }
        for text in [
            "query Q { me { ...B ...A } } fragment A on User { id email } fragment B on User { name }",
            "{ me { id } }",
            "query R { models { id } } query S { me { id } }",
        ] {
            assert!(!trusted.allows(&parsed(text)), "{text}");
        }
        assert!(TrustedDocuments::new(false).allows(&parsed("{ me { id } }")));
    }
}
