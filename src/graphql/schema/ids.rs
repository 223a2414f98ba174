//! Global IDs (Relay's Global Object Identification specification). Clients treat them as opaque; people can read them:
//! `message_0193…`.

use crate::{
    error::{Error, Result},
    store,
};
use async_graphql::ID;
use std::fmt::Write;
use uuid::Uuid;

/// The types that have global IDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeType {
    User,
    Conversation,
    Message,
    AccessToken,
    Session,
    SecurityEvent,
}

impl NodeType {
    /// All types.
    pub const ALL: [Self; 6] = [
        Self::User,
        Self::Conversation,
        Self::Message,
        Self::AccessToken,
        Self::Session,
        Self::SecurityEvent,
    ];

    fn prefix(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::AccessToken => "access_token",
            Self::Session => "session",
            Self::SecurityEvent => "security_event",
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::Conversation => "a conversation",
            Self::Message => "a message",
            Self::AccessToken => "an access token",
            Self::Session => "a session",
            Self::SecurityEvent => "a security event",
        }
    }

    /// The global ID of a row.
    pub fn id(self, id: store::Id) -> ID {
        let mut text = String::with_capacity(15 + 32);
        text.push_str(self.prefix());
        write!(text, "_{id}").expect("writing to a String cannot fail");
        ID(text)
    }

    /// Parses a global ID of this type. Fails with BAD_USER_INPUT at `field` if it is of another type or invalid.
    pub fn parse(self, field: &'static str, id: &ID) -> Result<store::Id> {
        match parse(id) {
            Some((node_type, id)) if node_type == self => Ok(id),
            _ => Err(Error::input(field, format!("must be the global ID of {}.", self.with_article()))),
        }
    }
}

/// Parses a global ID of any type. `None` if it is invalid.
pub fn parse(id: &ID) -> Option<(NodeType, store::Id)> {
    let (prefix, digits) = id.rsplit_once('_')?;
    let node_type = NodeType::ALL.into_iter().find(|node_type| node_type.prefix() == prefix)?;
    // Each ID has exactly one valid spelling: 32 lower-case hexadecimal digits.
    let is_canonical = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_canonical.then(|| Uuid::try_parse(digits).ok()).flatten().map(|uuid| (node_type, store::Id(uuid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_round_trip_and_other_spellings_are_rejected() {
        let id = store::Id::new();
        for node_type in NodeType::ALL {
            let text = node_type.id(id);
            assert_eq!(parse(&text), Some((node_type, id)));
            assert_eq!(parse(&ID(text.to_uppercase())), None);
            assert_eq!(parse(&ID(format!("{}0", *text))), None);
        }
        assert!(NodeType::User.parse("id", &NodeType::Message.id(id)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_can_be_parsed(text in "\\PC*") {
            if let Some((node_type, id)) = parse(&ID(text.clone())) {
                prop_assert_eq!(node_type.id(id).0, text);
            }
        }
    }
}
