//! Access to the data in a resolver's context.

use super::{Domain, Loaders};
use crate::{
    accounts::{AuthMethod, Caller, Scope, Viewer},
    error::{Error, Result},
};
use async_graphql::Context;
use std::sync::Arc;

/// Accessors for the data that every operation carries (see [`crate::graphql::execution::service`]).
pub trait ContextExt {
    /// The domain of the schema.
    fn domain(&self) -> &Domain;
    /// The dataloaders of this operation.
    fn loaders(&self) -> &Loaders;
    /// The authenticated user, if any.
    fn viewer(&self) -> Option<Viewer>;
    /// The authenticated user. Fails with UNAUTHENTICATED if there is none. Sufficient for reads.
    fn require_user(&self) -> Result<Viewer>;
    /// The authenticated user, who may change conversations and messages. Fails with FORBIDDEN for a personal access
    /// token without the scope WRITE.
    fn require_write(&self) -> Result<Viewer>;
    /// The authenticated user, who may change the account. Fails with FORBIDDEN for personal access tokens.
    fn require_session(&self) -> Result<Viewer>;
    /// The network address and the program of the client.
    fn caller(&self) -> &Caller;
}

impl ContextExt for Context<'_> {
    fn domain(&self) -> &Domain {
        self.data_unchecked()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }

    fn viewer(&self) -> Option<Viewer> {
        *self.data_unchecked()
    }

    fn require_user(&self) -> Result<Viewer> {
        self.viewer().ok_or(Error::Unauthenticated("You must be signed in."))
    }

    fn require_write(&self) -> Result<Viewer> {
        let viewer = self.require_user()?;
        match viewer.method {
            AuthMethod::PersonalToken { scope: Scope::Read, .. } => {
                Err(Error::Forbidden("This access token is read-only. Use one with the scope `WRITE`."))
            }
            AuthMethod::Session { .. } | AuthMethod::Oidc { .. } | AuthMethod::PersonalToken { .. } => {
                Ok(viewer)
            }
        }
    }

    fn require_session(&self) -> Result<Viewer> {
        let viewer = self.require_user()?;
        match viewer.method {
            AuthMethod::Session { .. } | AuthMethod::Oidc { .. } => Ok(viewer),
            AuthMethod::PersonalToken { .. } => {
                Err(Error::Forbidden("Personal access tokens cannot do this. Sign in and use a session."))
            }
        }
    }

    fn caller(&self) -> &Caller {
        self.data_unchecked::<Arc<Caller>>()
    }
}
