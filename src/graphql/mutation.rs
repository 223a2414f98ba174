//! What can be changed, by noun.

mod access_tokens;
mod account_life;
mod accounts;
mod conversations;
mod messages;
mod sessions;

use async_graphql::MergedObject;

/// Where changing begins. Each field takes one `input` and returns a payload of its own.
#[derive(Default, MergedObject)]
pub struct Mutation(
    accounts::Accounts,
    account_life::AccountLife,
    sessions::Sessions,
    access_tokens::AccessTokens,
    conversations::Conversations,
    messages::Messages,
);
