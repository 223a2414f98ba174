//! Rating a reply.

use super::{Replies, text::checked};
use crate::{
    error::{Error, Result},
    store::{Id, Rating, messages::Message, ratings::Rated},
};

/// Maximum length of a note, in Unicode scalar values.
const MAX_NOTE_LENGTH: usize = 1000;

/// A note on a rating: 1 to 1,000 Unicode scalar values without NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Parses a note.
    pub fn parse(text: String) -> Result<Self> {
        checked("note", text, MAX_NOTE_LENGTH).map(Self)
    }

    /// Converts into the text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Replies {
    /// Replaces the rating of a reply and its note, and returns the reply. `None` removes both.
    ///
    /// Fails with `NOT_FOUND` if the message does not exist, with `BAD_USER_INPUT` if it is not a reply or has a note
    /// without a rating, and with `CONFLICT` if it is in progress.
    pub async fn rate(
        &self,
        owner: Id,
        reply: Id,
        rating: Option<Rating>,
        note: Option<Note>,
    ) -> Result<Message> {
        let engine = &self.0;
        if rating.is_none() && note.is_some() {
            return Err(Error::input("note", "cannot be combined with a `rating` of `null`."));
        }
        let note = note.as_ref().map(|Note(text)| &**text);
        let rating = rating.map(|rating| (rating, note));
        match engine.store.rate_reply(owner, reply, rating, engine.clock.now()).await? {
            Rated::Stored(message) => {
                engine.changes.notify(owner);
                Ok(*message)
            }
            Rated::NoMessage => Err(Error::NotFound("message")),
            Rated::NotAReply => {
                Err(Error::input("messageId", "must be the ID of a reply, not of a user's message."))
            }
            Rated::InProgress => Err(Error::Conflict("The reply is in progress. Rate it when it has ended.")),
        }
    }
}
