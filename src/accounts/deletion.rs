//! Deleting accounts. The account is gone when that is answered: nothing reaches what it had any more.

use super::{Accounts, Caller, Viewer};
use crate::{
    error::{Error, Result},
    removal::Removal,
    replies::Replies,
    store::account_life::Gone,
};
use std::sync::Arc;

/// Deletes accounts.
pub struct Deletion {
    /// Whose accounts they are.
    pub accounts: Arc<Accounts>,
    /// What their replies are stopped by.
    pub replies: Replies,
    /// What removes their conversations.
    pub removal: Removal,
}

impl Deletion {
    /// Deletes the viewer's account, if they know the password. Their address can be registered again at once.
    pub async fn delete_account(
        &self,
        viewer: Viewer,
        password: Option<&str>,
        caller: &Caller,
    ) -> Result<()> {
        let accounts = &self.accounts;
        let proof = accounts.prove_again(viewer, password, caller).await?;
        let ending = accounts.sessions.ending();
        let gone = accounts.store.delete_user(&proof, ending).await?;
        let Gone { stopped, ended } = gone.ok_or(Error::Unauthenticated("the account is gone"))?;
        accounts.sessions.ended(&ended, ending);
        tracing::info!(user_id = %proof.user, replies = stopped.len(), "account deleted");
        self.removal.look();
        for conversation in stopped {
            self.replies.stop_conversation(conversation);
        }
        Ok(())
    }
}
