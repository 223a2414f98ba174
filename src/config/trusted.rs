//! The settings of trusted documents.

use crate::graphql::document::TrustedDocuments;
use clap::{Args, ValueEnum};
use std::{fs, path::PathBuf};

/// Which documents are executed.
#[derive(Args, Clone, Debug)]
pub struct Trusted {
    /// JSON file of trusted documents by id, as relay-compiler, GraphQL Code Generator or Apollo's tools write it.
    #[arg(long, env = "CONFAB_TRUSTED_DOCUMENTS", value_name = "CONFAB_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,

    /// Which documents are executed: `any`, or `trusted` ones only, which are those of the file and of the chat page.
    #[arg(long, env = "CONFAB_DOCUMENTS", value_name = "CONFAB_DOCUMENTS", default_value = "any")]
    pub documents_allowed: DocumentsAllowed,
}

/// Which documents are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentsAllowed {
    /// All of them.
    Any,
    /// Only trusted ones.
    Trusted,
}

impl Trusted {
    /// Reads the file.
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
