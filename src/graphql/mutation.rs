//! The mutations, one file per noun.

mod access_tokens;
mod account_settings;
mod accounts;
mod conversations;
mod messages;
mod sessions;

use async_graphql::MergedObject;

/// The root of all mutations. Each mutation takes at most one argument, `input`, and returns its own payload type.
///
/// Mutations that change the account, its sessions or its personal access tokens fail with `FORBIDDEN` if the request
/// uses a personal access token. The mutations of conversations and messages require a personal access token with the
/// scope `WRITE`, or a session.
#[derive(Default, MergedObject)]
pub struct Mutation(
    accounts::Accounts,
    account_settings::AccountSettings,
    sessions::Sessions,
    access_tokens::AccessTokens,
    conversations::Conversations,
    messages::Messages,
);
