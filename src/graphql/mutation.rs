//! What can be changed, by noun.

mod accounts;
mod conversations;
mod messages;

use async_graphql::MergedObject;

/// Where changing begins. Each field takes one `input` and returns a payload of its own.
#[derive(Default, MergedObject)]
pub struct Mutation(accounts::Accounts, conversations::Conversations, messages::Messages);
