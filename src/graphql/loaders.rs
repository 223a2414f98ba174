//! The dataloaders of one operation: whatever is asked for at one level is one query.
//!
//! They read as the viewer: a stranger's row is not found.

use super::batch::{Batch, Load};
use crate::{
    accounts::Viewer,
    error::Result,
    store::{
        Database, Id,
        access_tokens::AccessToken,
        conversations::Conversation,
        messages::{Message, Window},
        security_events::SecurityEvent,
        sessions::Session,
        users::User,
    },
};
use std::{collections::HashMap, sync::Arc};

/// All of them.
pub struct Loaders {
    /// Users, by id.
    pub users: Batch<Users>,
    /// Conversations, by id.
    pub conversations: Batch<Conversations>,
    /// Messages, by id.
    pub messages: Batch<Messages>,
    /// Parts of active branches, by conversation and window.
    pub windows: Batch<Windows>,
    /// Sessions, by id.
    pub sessions: Batch<Sessions>,
    /// Personal access tokens, by id.
    pub access_tokens: Batch<AccessTokens>,
    /// Security events, by id.
    pub security_events: Batch<SecurityEvents>,
}

impl Loaders {
    /// Loaders that see what the viewer may see: nothing, if there is none.
    pub fn new(store: &Database, viewer: Option<Viewer>) -> Self {
        let source = Source { store: store.clone(), viewer };
        Self {
            users: Batch::new(Users(source.clone())),
            conversations: Batch::new(Conversations(source.clone())),
            messages: Batch::new(Messages(source.clone())),
            windows: Batch::new(Windows(source.clone())),
            sessions: Batch::new(Sessions(source.clone())),
            access_tokens: Batch::new(AccessTokens(source.clone())),
            security_events: Batch::new(SecurityEvents(source)),
        }
    }
}

#[derive(Clone)]
struct Source {
    store: Database,
    viewer: Option<Viewer>,
}

/// Users by id: the viewer alone.
pub struct Users(Source);

impl Load for Users {
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

/// Conversations by id.
pub struct Conversations(Source);

impl Load for Conversations {
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

/// Messages by id.
pub struct Messages(Source);

impl Load for Messages {
    type Key = Id;
    type Value = Arc<Message>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<Message>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.messages(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

/// Sessions by id.
pub struct Sessions(Source);

impl Load for Sessions {
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

/// Personal access tokens by id, those that have expired included.
pub struct AccessTokens(Source);

impl Load for AccessTokens {
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

/// Security events by id.
pub struct SecurityEvents(Source);

impl Load for SecurityEvents {
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

/// Windows of conversations that the viewer has been found to own: one query for each window that differs.
pub struct Windows(Source);

impl Load for Windows {
    type Key = (Id, Window);
    type Value = Vec<Arc<Message>>;

    async fn load(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut conversations: HashMap<Window, Vec<Id>> = HashMap::new();
        for (conversation, window) in keys {
            conversations.entry(*window).or_default().push(*conversation);
        }
        let mut found: HashMap<Self::Key, Self::Value> = HashMap::with_capacity(keys.len());
        for (window, ids) in conversations {
            for message in self.0.store.messages_in(&ids, window).await? {
                found.entry((message.conversation_id, window)).or_default().push(Arc::new(message));
            }
        }
        Ok(found)
    }
}
