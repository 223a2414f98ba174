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
/// A personal access token needs the scope `WRITE` to call the mutations of conversations and messages. It cannot call
/// mutations that change the account or its tokens, export its data or revoke sessions. A mutation that the token does
/// not permit fails with `FORBIDDEN`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    accounts::Accounts,
    account_settings::AccountSettings,
    sessions::Sessions,
    access_tokens::AccessTokens,
    conversations::Conversations,
    messages::Messages,
);
