use crate::{
    accounts::{Email, Password},
    error::Result,
    graphql::schema::{
        context::ContextExt,
        ids::NodeType,
        types::{DateTime, User},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations of the caller's account. They cannot be called with a personal access token.
#[derive(Default)]
pub struct AccountSettings;

#[Object]
impl AccountSettings {
    /// Changes the display name of the account.
    async fn change_name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `changeName`.")] input: ChangeNameInput,
    ) -> Result<ChangeNamePayload> {
        let viewer = ctx.require_session()?;
        let user = ctx.domain().accounts.change_name(viewer, &input.name).await?;
        Ok(ChangeNamePayload { user: User(Arc::new(user)) })
    }

    /// Changes the e-mail address of the account, which is used to sign in. Fails with `CONFLICT` if the address
    /// already has an account, and with `FORBIDDEN` for users of the identity provider, who change it there.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `changeEmail`.")] input: ChangeEmailInput,
    ) -> Result<ChangeEmailPayload> {
        let viewer = ctx.require_session()?;
        let email = Email::parse_as("newEmail", &input.new_email)?;
        let accounts = &ctx.domain().accounts;
        let user = accounts.change_email(viewer, &input.password, email, ctx.caller()).await?;
        Ok(ChangeEmailPayload { user: User(Arc::new(user)) })
    }

    /// Changes the password and revokes all other sessions. Personal access tokens stay valid. Fails with `FORBIDDEN`
    /// for users of the identity provider, who have no password here.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `changePassword`.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let viewer = ctx.require_session()?;
        let new = Password::choose("newPassword", &input.new_password)?;
        let accounts = &ctx.domain().accounts;
        let ended = accounts.change_password(viewer, &input.current_password, new, ctx.caller()).await?;
        Ok(ChangePasswordPayload { ended_sessions: i32::try_from(ended).unwrap_or(i32::MAX) })
    }

    /// Deletes the account with all its conversations, messages, sessions, personal access tokens and security events.
    /// This cannot be undone.
    ///
    /// When the mutation returns, the data is inaccessible and replies in progress have been stopped. Removing a large
    /// account from the database continues in the background. The e-mail address can be registered again at once.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of `deleteAccount`.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload> {
        let viewer = ctx.require_session()?;
        ctx.domain().deletion.delete_account(viewer, input.password.as_deref(), ctx.caller()).await?;
        Ok(DeleteAccountPayload { deleted_id: NodeType::User.id(viewer.user_id) })
    }

    /// Creates a link to download all data of the account as one JSON document. The link works once, within one
    /// minute, and only while the session lasts. A new link invalidates the previous one.
    ///
    /// Clients that can send an `Authorization` header can download the document from `/export` without a link, also
    /// with a personal access token.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Result<ExportMyDataPayload> {
        let viewer = ctx.require_session()?;
        let (ticket, expires_at) = ctx.domain().accounts.export_ticket(viewer).await?;
        let url = format!("/export?ticket={}", ticket.expose_secret());
        Ok(ExportMyDataPayload { url, expires_at: DateTime(expires_at) })
    }

    /// Creates a link to import conversations from a file. Send the file with `PUT` to the link. The link works once,
    /// within one minute, and only while the session lasts. A new link invalidates the previous one.
    ///
    /// The file is JSON of at most 256 MiB: an export of Confab, ChatGPT, LibreChat or Open WebUI. The response has the
    /// numbers of conversations that were imported, present already, and skipped. Importing a file again is harmless.
    /// When the import has ended, `changes` sends `Reload`.
    async fn import_conversations(&self, ctx: &Context<'_>) -> Result<ImportConversationsPayload> {
        let viewer = ctx.require_session()?;
        let (ticket, expires_at) = ctx.domain().accounts.import_ticket(viewer).await?;
        let url = format!("/import/{}", ticket.expose_secret());
        Ok(ImportConversationsPayload { url, expires_at: DateTime(expires_at) })
    }
}

/// Input of `changeName`.
#[derive(InputObject)]
struct ChangeNameInput {
    /// The new display name: 1 to 100 characters, at least one of them visible.
    name: String,
}

/// Input of `changeEmail`.
#[derive(InputObject)]
struct ChangeEmailInput {
    /// The password of the account.
    password: String,
    /// The new e-mail address. Letter case, Unicode normalization and the `xn--` form of a domain make no difference.
    new_email: String,
}

/// Input of `changePassword`.
#[derive(InputObject)]
struct ChangePasswordInput {
    /// The current password.
    current_password: String,
    /// The new password: 8 to 256 characters of any script.
    new_password: String,
}

/// Input of `deleteAccount`.
#[derive(InputObject)]
struct DeleteAccountInput {
    /// The password of the account. Required, except for users of the identity provider. They must have signed in there
    /// within the last five minutes; otherwise the mutation fails with `FORBIDDEN`.
    password: Option<String>,
}

/// Payload of `changeName`.
#[derive(SimpleObject)]
struct ChangeNamePayload {
    /// The user with the new name.
    user: User,
}

/// Payload of `changeEmail`.
#[derive(SimpleObject)]
struct ChangeEmailPayload {
    /// The user with the new e-mail address.
    user: User,
}

/// Payload of `changePassword`.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// The number of sessions that were revoked.
    ended_sessions: i32,
}

/// Payload of `deleteAccount`.
#[derive(SimpleObject)]
struct DeleteAccountPayload {
    /// The ID of the deleted user.
    deleted_id: ID,
}

/// Payload of `exportMyData`.
#[derive(SimpleObject)]
struct ExportMyDataPayload {
    /// The link, as a path on this server. Keep it secret: the download requires no other authentication.
    url: String,
    /// When the link expires.
    expires_at: DateTime,
}

/// Payload of `importConversations`.
#[derive(SimpleObject)]
struct ImportConversationsPayload {
    /// The link, as a path on this server. Keep it secret: the upload requires no other authentication.
    url: String,
    /// When the link expires.
    expires_at: DateTime,
}
