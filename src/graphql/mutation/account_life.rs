use crate::{
    accounts::{Email, Password},
    error::Result,
    graphql::{
        context::ContextExt,
        ids::Kind,
        types::{DateTime, User},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The mutations of one's own account. None of them can be done with a personal access token.
#[derive(Default)]
pub struct AccountLife;

#[Object]
impl AccountLife {
    /// Gives the account another name to show.
    async fn change_name(&self, ctx: &Context<'_>, input: ChangeNameInput) -> Result<ChangeNamePayload> {
        let viewer = ctx.in_person()?;
        let user = ctx.domain().accounts.change_name(viewer, &input.name).await?;
        Ok(ChangeNamePayload { user: User(Arc::new(user)) })
    }

    /// Gives the account another e-mail address, by which to sign in from now on. An address that has an account
    /// already is a CONFLICT; whoever signs in at the identity provider changes it there: FORBIDDEN.
    async fn change_email(&self, ctx: &Context<'_>, input: ChangeEmailInput) -> Result<ChangeEmailPayload> {
        let viewer = ctx.in_person()?;
        let email = Email::parse_as("newEmail", &input.new_email)?;
        let accounts = &ctx.domain().accounts;
        let user = accounts.change_email(viewer, &input.password, email, ctx.caller()).await?;
        Ok(ChangeEmailPayload { user: User(Arc::new(user)) })
    }

    /// Chooses another password, and ends all other sessions. Personal access tokens stay good.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let viewer = ctx.in_person()?;
        let new = Password::choose("newPassword", &input.new_password)?;
        let accounts = &ctx.domain().accounts;
        let ended = accounts.change_password(viewer, &input.current_password, new, ctx.caller()).await?;
        Ok(ChangePasswordPayload { ended_sessions: i32::try_from(ended).unwrap_or(i32::MAX) })
    }

    /// Deletes the account with everything in it: conversations and messages, sessions, personal access tokens,
    /// security events. It cannot be undone. Nothing of it can be reached any more when this is answered, and replies
    /// in progress are stopped; very much of it takes a while to be removed from the database. The e-mail address can
    /// be registered again at once.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload> {
        let viewer = ctx.in_person()?;
        ctx.domain().deletion.delete_account(viewer, input.password.as_deref(), ctx.caller()).await?;
        Ok(DeleteAccountPayload { deleted_id: Kind::User.id(viewer.user_id) })
    }

    /// Gives an address from which everything there is of the account can be downloaded once, within a minute, as one
    /// JSON document, by a plain link. Only the latest address is good, and only while this session lasts. Whoever can
    /// send `Authorization` gets the document from `/export` without this; there a personal access token will do, too.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Result<ExportMyDataPayload> {
        let viewer = ctx.in_person()?;
        let (ticket, expires_at) = ctx.domain().accounts.export_ticket(viewer).await?;
        let url = format!("/export?ticket={}", ticket.expose_secret());
        Ok(ExportMyDataPayload { url, expires_at: DateTime(expires_at) })
    }
}

/// Another name.
#[derive(InputObject)]
struct ChangeNameInput {
    /// The name to show: 1 to 100 characters, at least one of them visible.
    name: String,
}

/// Another e-mail address.
#[derive(InputObject)]
struct ChangeEmailInput {
    /// The account's password, once more.
    password: String,
    /// The new address. Letter case, composed or decomposed letters, and the `xn--` form of a domain make no difference.
    new_email: String,
}

/// Another password.
#[derive(InputObject)]
struct ChangePasswordInput {
    /// The account's password until now.
    current_password: String,
    /// 8 to 256 characters of any script.
    new_password: String,
}

/// An account to delete.
#[derive(InputObject)]
struct DeleteAccountInput {
    /// The account's password, once more. Whoever signs in at the identity provider has none, and must have done so in
    /// the last five minutes.
    password: Option<String>,
}

/// What came of changing the name.
#[derive(SimpleObject)]
struct ChangeNamePayload {
    /// The user with the new name.
    user: User,
}

/// What came of changing the address.
#[derive(SimpleObject)]
struct ChangeEmailPayload {
    /// The user with the new address.
    user: User,
}

/// What came of changing the password.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// How many other sessions were ended.
    ended_sessions: i32,
}

/// What came of deleting the account.
#[derive(SimpleObject)]
struct DeleteAccountPayload {
    /// The `id` that is no more.
    deleted_id: ID,
}

/// Where everything can be downloaded.
#[derive(SimpleObject)]
struct ExportMyDataPayload {
    /// The address, on this server. Keep it secret: it needs no signing in.
    url: String,
    /// From when it is not good any more.
    expires_at: DateTime,
}
