//! Creating, changing and deleting conversations.

use crate::{
    changes::Changes,
    clock::Clock,
    error::{Error, Result},
    generation::{Generation, GenerationUpdate},
    removal::Removal,
    replies::{Replies, SystemPrompt},
    store::{
        self, Database, Id,
        branches::Switched,
        conversations::{Conversation, ConversationChangeset, ConversationMarks},
    },
    unicode::is_visible,
};

/// The title of a conversation without messages.
const UNTITLED: &str = "New conversation";

/// The user has [`store::conversations::MAX_PINNED`] pinned conversations.
const TOO_MANY_PINNED: Error =
    Error::Conflict("At most 50 conversations can be pinned. Unpin another conversation first.");

/// A conversation's title: 1 to 200 Unicode scalar values on one line, at least one of them visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    const MAX_LENGTH: usize = 200;

    /// Parses a title. White space around it is removed.
    pub fn parse(text: String) -> Result<Self> {
        let text = text.trim();
        let length = text.chars().take(Self::MAX_LENGTH + 1).count();
        if length == 0 || length > Self::MAX_LENGTH {
            return Err(Error::input("title", format!("must have 1 to {} characters.", Self::MAX_LENGTH)));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::input("title", "must not contain control characters."));
        }
        if !is_visible(text) {
            return Err(Error::input("title", "must have a visible character."));
        }
        Ok(Self(text.to_owned()))
    }

    /// Converts into the text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A conversation to create.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// The title. With `None` the first message gives the title.
    pub title: Option<Title>,
    /// The system prompt.
    pub system_prompt: Option<SystemPrompt>,
    /// The model. `None` selects the default model.
    pub model: Option<String>,
    /// The generation parameters that are set.
    pub generation: GenerationUpdate,
}

/// An update of a conversation. `None` keeps a field; `Some(None)` clears it.
#[derive(Clone, Debug)]
pub struct ConversationUpdate {
    /// The new title. A conversation always has a title, so it cannot be cleared.
    pub title: Option<Title>,
    /// The new system prompt.
    pub system_prompt: Option<Option<SystemPrompt>>,
    /// The new model. `Some(None)` selects the default model.
    pub model: Option<Option<String>>,
    /// The generation parameters that change.
    pub generation: GenerationUpdate,
    /// The marks that change.
    pub marks: ConversationMarks,
}

/// The operations on conversations, apart from their messages.
pub struct Conversations {
    /// The database.
    pub store: Database,
    /// The source of timestamps.
    pub clock: Clock,
    /// Checks model names, and stops the replies of a deleted conversation.
    pub replies: Replies,
    /// Notified of each stored change.
    pub changes: Changes,
    /// Woken to remove the messages of a deleted conversation in the background.
    pub removal: Removal,
}

impl Conversations {
    /// Creates an empty conversation. Fails with `BAD_USER_INPUT` if the model is not available.
    pub async fn create(&self, owner: Id, new: NewConversation) -> Result<Conversation> {
        if let Some(model) = &new.model {
            self.replies.check_model(model).await?;
        }
        let now = self.clock.now();
        let titled_by_user = new.title.is_some();
        let title = new.title.map_or_else(|| UNTITLED.to_owned(), |Title(title)| title);
        let conversation = Conversation {
            titled_by_user,
            system_prompt: new.system_prompt.map(SystemPrompt::into_string),
            model: new.model,
            generation: new.generation.apply(Generation::default()),
            ..Conversation::new(owner, title, now)
        };
        self.store.insert_conversation(&conversation).await?;
        self.changes.notify(owner);
        Ok(conversation)
    }

    /// Updates one of the owner's conversations. Fails with `NOT_FOUND`, with `BAD_USER_INPUT` for the model, or with
    /// `CONFLICT` if too many conversations are pinned.
    pub async fn update(&self, owner: Id, id: Id, update: ConversationUpdate) -> Result<Conversation> {
        if let Some(Some(model)) = &update.model {
            self.replies.check_model(model).await?;
        }
        let columns = ConversationChangeset {
            titled_by_user: update.title.is_some().then_some(true),
            title: update.title.map(|Title(title)| title),
            system_prompt: update.system_prompt.map(|prompt| prompt.map(SystemPrompt::into_string)),
            model: update.model,
            ..ConversationChangeset::default()
        };
        let (generation, marks, now) = (update.generation, update.marks, self.clock.now());
        let updated = match self.store.update_conversation(owner, id, &columns, &generation, marks, now).await
        {
            Err(store::Error::TooManyPinned) => return Err(TOO_MANY_PINNED),
            updated => updated?,
        };
        let updated = updated.ok_or(Error::NotFound("conversation"))?;
        self.changes.notify(owner);
        Ok(updated)
    }

    /// Makes the path to a message the active branch of its conversation. Fails with `NOT_FOUND`.
    pub async fn switch_branch(&self, owner: Id, message: Id) -> Result<Switched> {
        let switched = self.store.switch_branch(owner, message, self.clock.now()).await?;
        let switched = switched.ok_or(Error::NotFound("message"))?;
        self.changes.notify(owner);
        Ok(switched)
    }

    /// Deletes one of the owner's conversations with all its messages, and stops its replies. Fails with `NOT_FOUND`.
    pub async fn delete(&self, owner: Id, id: Id) -> Result<()> {
        let stopped = self.store.delete_conversation(owner, id, self.clock.now()).await?;
        let stopped = stopped.ok_or(Error::NotFound("conversation"))?;
        self.changes.notify(owner);
        self.replies.stop_running(&stopped);
        self.removal.wake();
        Ok(())
    }
}
