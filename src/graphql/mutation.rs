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
/// All mutations except `register`, `logIn`, `refreshSession` and `logOut` require an authenticated user; otherwise
/// they fail with `UNAUTHENTICATED`.
///
/// A request with a personal access token can call the mutations of conversations and messages if the token has the
/// scope `WRITE`. Mutations that change the account or its tokens, export its data or revoke sessions require a
/// session. Otherwise a mutation fails with `FORBIDDEN`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    accounts::Accounts,
    account_settings::AccountSettings,
    sessions::Sessions,
    access_tokens::AccessTokens,
    conversations::Conversations,
    messages::Messages,
);
