//! What a resolver finds in its context.

use super::{Domain, Loaders};
use crate::{
    accounts::{Access, Caller, Viewer},
    error::{Error, Result},
};
use async_graphql::Context;
use std::sync::Arc;

/// Names for what every operation is given (see [`super::service`]).
pub trait ContextExt {
    /// The domain that the schema was made over.
    fn domain(&self) -> &Domain;
    /// The dataloaders of this operation.
    fn loaders(&self) -> &Loaders;
    /// Who is signed in, if somebody is.
    fn viewer(&self) -> Option<Viewer>;
    /// Who is signed in; somebody must be. It is enough to read.
    fn signed_in(&self) -> Result<Viewer>;
    /// Who is signed in and may change conversations and messages.
    fn may_write(&self) -> Result<Viewer>;
    /// Who is signed in themselves, by a session: no script may touch the account.
    fn in_person(&self) -> Result<Viewer>;
    /// Where the request comes from, and by what program.
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

    fn signed_in(&self) -> Result<Viewer> {
        self.viewer().ok_or(Error::Unauthenticated("sign in first"))
    }

    fn may_write(&self) -> Result<Viewer> {
        let viewer = self.signed_in()?;
        match viewer.access {
            Access::InPerson | Access::Elsewhere { .. } | Access::Write => Ok(viewer),
            Access::Read => Err(Error::Forbidden("this access token may only read")),
        }
    }

    fn in_person(&self) -> Result<Viewer> {
        let viewer = self.signed_in()?;
        match viewer.access {
            Access::InPerson | Access::Elsewhere { .. } => Ok(viewer),
            Access::Write | Access::Read => {
                Err(Error::Forbidden("no access token may do this: sign in with the password"))
            }
        }
    }

    fn caller(&self) -> &Caller {
        self.data_unchecked::<Arc<Caller>>()
    }
}
