//! The dataloaders of one operation. The rows of one type that are requested at one level are read by one query.
//!
//! They read on behalf of the authenticated user: rows of other users are not found.

use super::data_loader::{DataLoader, Loader};
use crate::{
    accounts::Viewer,
    error::Result,
    parts::Parts,
    search,
    store::{
        Database, Id,
        access_tokens::AccessToken,
        conversations::Conversation,
        messages::{DisplayedMessage, Window},
        security_events::SecurityEvent,
        sessions::Session,
        users::User,
    },
};
use std::{collections::HashMap, sync::Arc};

/// All dataloaders.
pub struct Loaders {
    /// Users, by ID.
    pub users: DataLoader<Users>,
    /// Conversations, by ID.
    pub conversations: DataLoader<Conversations>,
    /// Messages, by ID.
    pub messages: DataLoader<Messages>,
    /// Long contents, which are not read with their messages, by message ID.
    pub contents: DataLoader<Contents>,
    /// The lengths of the parts other than text, by message ID. Messages that have only text are not found.
    pub part_lengths: DataLoader<PartLengths>,
    /// All parts of messages that have more than text, by message ID.
    pub parts: DataLoader<AllParts>,
    /// The beginnings of long contents, for the excerpts of search results, by message ID.
    pub excerpts: DataLoader<Excerpts>,
    /// Pages of active branches, by conversation ID, window, and whether the
    /// [`MessageDetails`](crate::store::messages::MessageDetails) are needed.
    pub windows: DataLoader<Windows>,
    /// Messages with the same parent, by conversation ID and parent ID. Without a parent, the roots.
    pub alternatives: DataLoader<Alternatives>,
    /// Sessions, by ID.
    pub sessions: DataLoader<Sessions>,
    /// Personal access tokens, by ID.
    pub access_tokens: DataLoader<AccessTokens>,
    /// Security events, by ID.
    pub security_events: DataLoader<SecurityEvents>,
}

impl Loaders {
    /// Creates dataloaders for the authenticated user. Without one, they find nothing.
    pub fn new(store: &Database, viewer: Option<Viewer>) -> Self {
        let source = Source { store: store.clone(), viewer };
        Self {
            users: DataLoader::new(Users(source.clone())),
            conversations: DataLoader::new(Conversations(source.clone())),
            messages: DataLoader::new(Messages(source.clone())),
            contents: DataLoader::new(Contents(source.clone())),
            part_lengths: DataLoader::new(PartLengths(source.clone())),
            parts: DataLoader::new(AllParts(source.clone())),
            excerpts: DataLoader::new(Excerpts(source.clone())),
            windows: DataLoader::new(Windows(source.clone())),
            alternatives: DataLoader::new(Alternatives(source.clone())),
            sessions: DataLoader::new(Sessions(source.clone())),
            access_tokens: DataLoader::new(AccessTokens(source.clone())),
            security_events: DataLoader::new(SecurityEvents(source)),
        }
    }
}

#[derive(Clone)]
struct Source {
    store: Database,
    viewer: Option<Viewer>,
}

/// Loads users by ID. Only the authenticated user is found.
pub struct Users(Source);

impl Loader for Users {
    type Key = Id;
    type Value = Arc<User>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<User>>> {
        let Some(viewer) = self.0.viewer.filter(|viewer| ids.contains(&viewer.user_id)) else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.users(&[viewer.user_id]).await?;
        Ok(found.into_iter().map(|user| (user.id, Arc::new(user))).collect())
    }
}

/// Loads conversations by ID.
pub struct Conversations(Source);

impl Loader for Conversations {
    type Key = Id;
    type Value = Arc<Conversation>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<Conversation>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.conversations(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// Loads messages by ID.
pub struct Messages(Source);

impl Loader for Messages {
    type Key = Id;
    type Value = Arc<DisplayedMessage>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<DisplayedMessage>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.displayed_messages(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.summary.id, Arc::new(row))).collect())
    }
}

/// Loads the contents of messages. The caller has checked that the user owns the messages.
pub struct Contents(Source);

impl Loader for Contents {
    type Key = Id;
    type Value = Arc<str>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<str>>> {
        let found = self.0.store.contents(ids).await?;
        Ok(found.into_iter().map(|(id, content)| (id, content.into())).collect())
    }
}

/// Loads the lengths of parts. The caller has checked that the user owns the messages.
pub struct PartLengths(Source);

impl Loader for PartLengths {
    type Key = Id;
    type Value = i32;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, i32>> {
        Ok(self.0.store.part_lengths(ids).await?.into_iter().collect())
    }
}

/// Loads the parts of messages. The caller has checked that the user owns the messages.
pub struct AllParts(Source);

impl Loader for AllParts {
    type Key = Id;
    type Value = Arc<Parts>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<Parts>>> {
        let found = self.0.store.parts(ids).await?;
        Ok(found.into_iter().map(|(id, parts)| (id, Arc::new(parts))).collect())
    }
}

/// Loads the beginnings of contents. The caller has checked that the user owns the messages.
pub struct Excerpts(Source);

impl Loader for Excerpts {
    type Key = Id;
    type Value = Arc<str>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<str>>> {
        let found = self.0.store.excerpts(ids, search::SCANNED).await?;
        Ok(found.into_iter().map(|(id, excerpt)| (id, excerpt.into())).collect())
    }
}

/// Loads sessions by ID.
pub struct Sessions(Source);

impl Loader for Sessions {
    type Key = Id;
    type Value = Arc<Session>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<Session>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.sessions(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// Loads personal access tokens by ID, including expired ones.
pub struct AccessTokens(Source);

impl Loader for AccessTokens {
    type Key = Id;
    type Value = Arc<AccessToken>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<AccessToken>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.access_tokens_by_id(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// Loads security events by ID.
pub struct SecurityEvents(Source);

impl Loader for SecurityEvents {
    type Key = Id;
    type Value = Arc<SecurityEvent>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<SecurityEvent>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.security_events(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// Loads pages of messages, by one query for each distinct window. The caller has checked that the user owns the
/// conversations.
pub struct Windows(Source);

impl Loader for Windows {
    type Key = (Id, Window, bool);
    type Value = Vec<Arc<DisplayedMessage>>;

    async fn load(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut conversations: HashMap<(Window, bool), Vec<Id>> = HashMap::new();
        for &(conversation, window, rest) in keys {
            conversations.entry((window, rest)).or_default().push(conversation);
        }
        let mut found: HashMap<Self::Key, Self::Value> = HashMap::with_capacity(keys.len());
        for ((window, rest), ids) in conversations {
            for message in self.0.store.displayed_messages_in(&ids, window, rest).await? {
                let key = (message.summary.conversation_id, window, rest);
                found.entry(key).or_default().push(Arc::new(message));
            }
        }
        Ok(found)
    }
}

/// Loads messages with the same parent. The caller has checked that the user owns the conversations.
pub struct Alternatives(Source);

impl Loader for Alternatives {
    type Key = (Id, Option<Id>);
    type Value = Vec<Arc<DisplayedMessage>>;

    async fn load(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>> {
        let store = &self.0.store;
        let parents: Vec<Id> = keys.iter().filter_map(|(_, parent)| *parent).collect();
        let roots_of: Vec<Id> = keys
            .iter()
            .filter(|(_, parent)| parent.is_none())
            .map(|(conversation, _)| *conversation)
            .collect();
        let mut rows = Vec::new();
        if !parents.is_empty() {
            rows = store.displayed_children(&parents).await?;
        }
        if !roots_of.is_empty() {
            let mut roots = store.displayed_inactive_roots(&roots_of).await?;
            let active = Window::Between { from: 0, to: 1 };
            roots.extend(store.displayed_messages_in(&roots_of, active, true).await?);
            roots.sort_unstable_by_key(|root| root.summary.id);
            rows.extend(roots);
        }
        let mut found: HashMap<Self::Key, Self::Value> = HashMap::with_capacity(keys.len());
        for row in rows {
            let key = (row.summary.conversation_id, row.summary.parent_id);
            found.entry(key).or_default().push(Arc::new(row));
        }
        Ok(found)
    }
}
