use super::{AccessToken, Conversation, Message, SecurityEvent, Session, User};
use async_graphql::{ID, Interface};

/// An object with a global ID (Relay's Global Object Identification specification).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global ID."))]
pub enum Node {
    User(User),
    Conversation(Conversation),
    Message(Message),
    Session(Session),
    AccessToken(AccessToken),
    SecurityEvent(SecurityEvent),
}
