//! Settings for trusted documents.

use crate::graphql::document::TrustedDocuments;
use clap::{Args, ValueEnum};
use std::{fs, path::PathBuf};

/// Trusted documents, and whether others are executed.
#[derive(Args, Clone, Debug)]
pub struct Trusted {
    /// JSON file with trusted documents by ID, as written by relay-compiler, GraphQL Code Generator or Apollo's tools
    /// [default: none].
    #[arg(long, env = "CONFAB_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,

    /// Documents that the server executes: `any`, or only `trusted` ones. Those of the file and of the chat page are
    /// trusted.
    #[arg(long, env = "CONFAB_DOCUMENTS", default_value = "any")]
    pub documents_allowed: DocumentsAllowed,
}

/// The documents that the server executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentsAllowed {
    /// All documents.
    Any,
    /// Only trusted documents.
    Trusted,
}

impl Trusted {
    /// Reads the file of trusted documents.
    pub fn read(&self) -> Result<TrustedDocuments, String> {
        let mut trusted = TrustedDocuments::new(self.documents_allowed == DocumentsAllowed::Trusted);
        let Some(file) = self.trusted_documents.as_ref().filter(|file| !file.as_os_str().is_empty()) else {
            return Ok(trusted);
        };
        let manifest = fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"));
        let added = manifest.and_then(|manifest| trusted.add_manifest(&manifest));
        added.map_err(|fault| format!("CONFAB_TRUSTED_DOCUMENTS: {} {fault}", file.display()))?;
        Ok(trusted)
    }
}
