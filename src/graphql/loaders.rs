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
        messages::{Shown, Window},
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
    /// Contents that were not read with their messages, by the message's id.
    pub contents: Batch<Contents>,
    /// Parts of active branches, by conversation, window and whether the [`Rest`](crate::store::messages::Rest) is wanted.
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
            contents: Batch::new(Contents(source.clone())),
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
    type Value = Arc<Shown>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<Shown>>> {
        let Some(viewer) = self.0.viewer else {
            return Ok(HashMap::new());
        };
        let found = self.0.store.shown_messages(viewer.user_id, ids).await?;
        Ok(found.into_iter().map(|row| (row.brief.id, Arc::new(row))).collect())
    }
}

/// Contents of messages that the viewer has been found to own.
pub struct Contents(Source);

impl Load for Contents {
    type Key = Id;
    type Value = Arc<str>;

    async fn load(&self, ids: &[Id]) -> Result<HashMap<Id, Arc<str>>> {
        let found = self.0.store.contents(ids).await?;
        Ok(found.into_iter().map(|(id, content)| (id, content.into())).collect())
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
    type Key = (Id, Window, bool);
    type Value = Vec<Arc<Shown>>;

    async fn load(&self, keys: &[Self::Key]) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut conversations: HashMap<(Window, bool), Vec<Id>> = HashMap::new();
        for &(conversation, window, rest) in keys {
            conversations.entry((window, rest)).or_default().push(conversation);
        }
        let mut found: HashMap<Self::Key, Self::Value> = HashMap::with_capacity(keys.len());
        for ((window, rest), ids) in conversations {
            for message in self.0.store.shown_messages_in(&ids, window, rest).await? {
                let key = (message.brief.conversation_id, window, rest);
                found.entry(key).or_default().push(Arc::new(message));
            }
        }
        Ok(found)
    }
}
