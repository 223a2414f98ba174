//! Account deletion. As soon as the request returns, nothing can reach the account's data.

use super::{ACCOUNT_DELETED, Accounts, Caller, Viewer};
use crate::{
    error::{Error, Result},
    removal::Removal,
    replies::Replies,
    store::profile::DeletedAccount,
};
use std::sync::Arc;

/// Deletes accounts.
pub struct Deletion {
    /// The account service.
    pub accounts: Arc<Accounts>,
    /// Stops the account's replies in progress.
    pub replies: Replies,
    /// Removes the account's conversations in the background.
    pub removal: Removal,
}

impl Deletion {
    /// Deletes the viewer's account after checking the password, or a recent sign-in at the identity provider.
    /// The e-mail address can be registered again immediately.
    pub async fn delete_account(
        &self,
        viewer: Viewer,
        password: Option<&str>,
        caller: &Caller,
    ) -> Result<()> {
        let accounts = &self.accounts;
        let proof = accounts.require_fresh_proof(viewer, password, caller).await?;
        let revocation = accounts.sessions.new_revocation();
        let deleted = accounts.store.delete_user(&proof, revocation).await?;
        let DeletedAccount { stopped, revoked } = deleted.ok_or(Error::Unauthenticated(ACCOUNT_DELETED))?;
        accounts.sessions.publish_revoked(&revoked, revocation);
        tracing::info!(user_id = %proof.user, replies = stopped.len(), "account deleted");
        self.removal.wake();
        self.replies.stop_running(&stopped);
        Ok(())
    }
}
