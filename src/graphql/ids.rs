//! Global ids (the Relay specification's `Node`): opaque to clients, and readable for people, as `message_0193…`.

use crate::{
    error::{Error, Result},
    store,
};
use async_graphql::ID;
use std::fmt::Write;
use uuid::Uuid;

/// The types that have ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    User,
    Conversation,
    Message,
    AccessToken,
    Session,
    SecurityEvent,
}

impl Kind {
    /// All of them.
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

    /// The global id of a row.
    pub fn id(self, id: store::Id) -> ID {
        let mut text = String::with_capacity(15 + 32);
        text.push_str(self.prefix());
        write!(text, "_{id}").expect("a String takes all that is written");
        ID(text)
    }

    /// The row that a global id of this kind names; else the input's field is at fault.
    pub fn parse(self, field: &'static str, id: &ID) -> Result<store::Id> {
        match parse(id) {
            Some((kind, id)) if kind == self => Ok(id),
            _ => Err(Error::input(field, format!("must be the id of a {}", self.prefix()))),
        }
    }
}

/// What a global id names, if it is one.
pub fn parse(id: &ID) -> Option<(Kind, store::Id)> {
    let (prefix, digits) = id.rsplit_once('_')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
    // There is one spelling for each id: 32 lower-case digits.
    let plain = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| Uuid::try_parse(digits).ok()).flatten().map(|uuid| (kind, store::Id(uuid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_comes_back_as_it_was_and_no_other_way() {
        let id = store::Id::new();
        for kind in Kind::ALL {
            let text = kind.id(id);
            assert_eq!(parse(&text), Some((kind, id)));
            assert_eq!(parse(&ID(text.to_uppercase())), None);
            assert_eq!(parse(&ID(format!("{}0", *text))), None);
        }
        assert!(Kind::User.parse("id", &Kind::Message.id(id)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC*") {
            if let Some((kind, id)) = parse(&ID(text.clone())) {
                prop_assert_eq!(kind.id(id).0, text);
            }
        }
    }
}
