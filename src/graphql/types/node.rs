use super::{AccessToken, Conversation, Message, SecurityEvent, Session, User};
use async_graphql::{ID, Interface};

/// Anything with a global id (Relay's global object identification).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
pub enum Node {
    User(User),
    Conversation(Conversation),
    Message(Message),
    Session(Session),
    AccessToken(AccessToken),
    SecurityEvent(SecurityEvent),
}
