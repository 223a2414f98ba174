//! Imports of conversations from files: Confab's own export, and those of ChatGPT, LibreChat and Open WebUI.
//!
//! 1. [`mod@file`] splits the file into conversations while it arrives.
//! 2. The module of each format reads a conversation into the common form ([`source`]).
//! 3. [`rows`] turns it into rows. Their IDs follow from those of the source, so that importing a file again stores
//!    nothing twice.
//! 4. Each conversation is stored in a transaction of its own: all of it or nothing.
//!
//! Branches are stored, too: messages off the active branch have no position.

mod bounded;
mod chatgpt;
mod confab;
mod file;
mod librechat;
mod open_webui;
mod rows;
mod source;
#[cfg(test)]
mod tests;
mod time;

use crate::{
    assistant::catalog::Catalog,
    changes::Changes,
    clock::Clock,
    error::{Error, Result},
    store::{Database, Id, imports::Imported},
};
use bytes::Bytes;
use file::{ChannelReader, FileError};
use rows::Rows;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use source::{Reason, SourceConversation};
use std::sync::Arc;
use tokio::{
    sync::mpsc::{self, Receiver},
    task::spawn_blocking,
};

/// Maximum number of skipped conversations that a summary names.
const MAX_NAMED: usize = 100;
/// Maximum length of a title in a summary, in Unicode scalar values.
const MAX_TITLE: usize = 100;
/// Number of conversations that are read ahead of the database.
const READ_AHEAD: usize = 1;

/// Imports conversations.
pub struct Imports {
    /// The database.
    pub store: Database,
    /// The source of timestamps.
    pub clock: Clock,
    /// Checks whether the models of conversations are available.
    pub catalog: Arc<Catalog>,
    /// Notified after an import.
    pub changes: Changes,
}

/// The result of an import.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// The number of conversations that were stored.
    imported: u64,
    /// The number of conversations that the user had already.
    present: u64,
    /// The number of conversations that were skipped.
    skipped: u64,
    /// Some of the skipped conversations.
    reasons: Vec<Skipped>,
    /// The reason why the rest of the file was not read. `None` if all of it was read.
    pub error: Option<&'static str>,
}

/// A conversation that was skipped.
#[derive(Debug, Serialize)]
struct Skipped {
    /// The beginning of its title, if it could be read.
    title: Option<String>,
    /// The reason, as a sentence.
    reason: String,
}

impl Imports {
    /// Imports the conversations of a file, whose chunks arrive over a channel.
    ///
    /// Fails if the database fails. The conversations before the failure stay stored.
    pub async fn import(&self, owner: Id, chunks: Receiver<Bytes>) -> Result<Summary> {
        let (sender, mut conversations) = mpsc::channel(READ_AHEAD);
        // Reading blocks its thread while it waits for chunks or for the database. It ends with either channel.
        let reading = spawn_blocking(move || {
            file::split(ChannelReader::new(chunks), |json| sender.blocking_send(read(json)).is_ok())
        });
        let mut summary = Summary::default();
        let stored = self.store_all(owner, &mut conversations, &mut summary).await;
        drop(conversations);
        if summary.imported > 0 {
            self.store.reload_feed(owner).await?;
            self.changes.notify(owner);
        }
        stored?;
        summary.error = reading.await.map_err(Error::internal)?.err().map(explain);
        Ok(summary)
    }

    async fn store_all(
        &self,
        owner: Id,
        conversations: &mut Receiver<Result<SourceConversation, Unread>>,
        summary: &mut Summary,
    ) -> Result<()> {
        while let Some(conversation) = conversations.recv().await {
            let conversation = match conversation {
                Ok(conversation) => conversation,
                Err((title, reason)) => {
                    summary.skip(title, reason);
                    continue;
                }
            };
            let title = conversation.title.clone();
            let Rows { mut conversation, original, messages } =
                match Rows::new(conversation, owner, self.clock.now()) {
                    Ok(rows) => rows,
                    Err(reason) => {
                        summary.skip(title, reason);
                        continue;
                    }
                };
            if let Some(model) = conversation.model.take()
                && self.catalog.assistant(&model).await.is_some()
            {
                conversation.model = Some(model);
            }
            match self.store.import_conversation(&conversation, original, &messages).await? {
                Imported::Stored => summary.imported += 1,
                Imported::Present => summary.present += 1,
                Imported::BeingRemoved => {
                    summary.skip(title, "was deleted a moment ago. Import the file again in a minute.");
                }
            }
        }
        Ok(())
    }
}

/// The title of a conversation that cannot be read, and the reason.
type Unread = (Option<String>, Reason);

/// The fields that distinguish the formats.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    mapping: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
    titled_by_user: Option<IgnoredAny>,
    chat: Option<IgnoredAny>,
    history: Option<IgnoredAny>,
}

/// Reads a conversation in any of the formats.
fn read(json: &str) -> Result<SourceConversation, Unread> {
    #[derive(Deserialize)]
    struct Titled {
        title: Option<String>,
    }
    let form: Form = serde_json::from_str(json).unwrap_or_default();
    let read = match form {
        Form { mapping: Some(_), .. } => chatgpt::read(json),
        Form { titled_by_user: Some(_), messages: Some(_), .. } => confab::read(json),
        Form { chat: Some(_), .. } | Form { history: Some(_), .. } => open_webui::read(json),
        Form { messages: Some(_), .. } => librechat::read(json),
        _ => Err("has an unknown form."),
    };
    read.map_err(|reason| (serde_json::from_str(json).ok().and_then(|Titled { title }| title), reason))
}

impl Summary {
    fn skip(&mut self, title: Option<String>, reason: Reason) {
        self.skipped += 1;
        if self.reasons.len() < MAX_NAMED {
            let title = title.map(|title| title.chars().take(MAX_TITLE).collect());
            self.reasons.push(Skipped { title, reason: format!("The conversation {reason}") });
        }
    }
}

fn explain(error: FileError) -> &'static str {
    match error {
        FileError::Malformed => "The file is not valid JSON with conversations. Unpack an archive first.",
        FileError::Incomplete => "The file ends too early.",
        FileError::TooLarge => "A conversation has more than 16 MiB.",
        FileError::Stopped => "The import was interrupted.",
    }
}
