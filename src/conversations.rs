//! Conversations: starting, changing and deleting them.

use crate::{
    changes,
    clock::Clock,
    error::{Error, Result},
    removal::Removal,
    replies::{Replies, SystemPrompt},
    store::{self, Database, Id, conversations::Conversation},
    unicode::is_visible,
};

/// The title of a conversation that nothing has been said in.
const UNTITLED: &str = "New conversation";

/// A title of 1 to 200 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    const LENGTH: usize = 200;

    /// Checks a title, without the space around it.
    pub fn parse(text: String) -> Result<Self> {
        let text = text.trim();
        let length = text.chars().take(Self::LENGTH + 1).count();
        if length == 0 || length > Self::LENGTH {
            return Err(Error::input("title", format!("must have 1 to {} characters", Self::LENGTH)));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::input("title", "must not contain control characters"));
        }
        if !is_visible(text) {
            return Err(Error::input("title", "must have a visible character"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What a new conversation begins with.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// `None` leaves it to the first message.
    pub title: Option<Title>,
    /// What the model is told first, if anything.
    pub system_prompt: Option<SystemPrompt>,
    /// `None` stands for the default model.
    pub model: Option<String>,
}

/// What to change: `None` leaves it, `Some(None)` empties it.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The new title. There is always one, so it cannot be emptied.
    pub title: Option<Title>,
    /// The new instructions.
    pub system_prompt: Option<Option<SystemPrompt>>,
    /// The new model; empty, it stands for the default one.
    pub model: Option<Option<String>>,
}

/// Everything about conversations but what is said in them.
pub struct Conversations {
    /// Where they are kept.
    pub store: Database,
    /// Tells when it happens.
    pub clock: Clock,
    /// Knows what models there are, and stops the replies of a conversation that is deleted.
    pub replies: Replies,
    /// Told of every change, when it is stored.
    pub changes: changes::Changes,
    /// Told of what is to be removed.
    pub removal: Removal,
}

impl Conversations {
    /// Starts an empty conversation.
    pub async fn create(&self, owner: Id, new: NewConversation) -> Result<Conversation> {
        if let Some(model) = &new.model {
            self.replies.check_model(model).await?;
        }
        let now = self.clock.now();
        let conversation = Conversation {
            id: Id::new(),
            owner_id: owner,
            titled_by_user: new.title.is_some(),
            title: new.title.map_or_else(|| UNTITLED.to_owned(), |Title(title)| title),
            system_prompt: new.system_prompt.map(SystemPrompt::into_string),
            model: new.model,
            message_count: 0,
            created_at: now,
            updated_at: now,
        };
        self.store.insert_conversation(&conversation).await?;
        self.changes.poke(owner);
        Ok(conversation)
    }

    /// Changes one of the owner's conversations.
    pub async fn update(&self, owner: Id, id: Id, changes: Changes) -> Result<Conversation> {
        if let Some(Some(model)) = &changes.model {
            self.replies.check_model(model).await?;
        }
        let changes = store::conversations::Changes {
            titled_by_user: changes.title.is_some().then_some(true),
            title: changes.title.map(|Title(title)| title),
            system_prompt: changes.system_prompt.map(|prompt| prompt.map(SystemPrompt::into_string)),
            model: changes.model,
        };
        let updated = self.store.update_conversation(owner, id, &changes, self.clock.now()).await?;
        let updated = updated.ok_or(Error::NotFound("conversation"))?;
        self.changes.poke(owner);
        Ok(updated)
    }

    /// Deletes one of the owner's conversations with all its messages; a reply in progress is stopped.
    pub async fn delete(&self, owner: Id, id: Id) -> Result<()> {
        if !self.store.delete_conversation(owner, id, self.clock.now()).await? {
            return Err(Error::NotFound("conversation"));
        }
        self.changes.poke(owner);
        self.replies.stop_conversation(id);
        self.removal.look();
        Ok(())
    }
}
