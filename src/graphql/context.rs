//! What a resolver finds in its context.

use super::{Domain, Loaders};
use crate::{
    accounts::Viewer,
    error::{Error, Result},
};
use async_graphql::Context;

/// Names for what every operation is given (see [`super::prepare`]).
pub trait ContextExt {
    /// The domain that the schema was made over.
    fn domain(&self) -> &Domain;
    /// The dataloaders of this operation.
    fn loaders(&self) -> &Loaders;
    /// Who is signed in, if somebody is.
    fn viewer(&self) -> Option<Viewer>;
    /// Who is signed in; somebody must be.
    fn signed_in(&self) -> Result<Viewer>;
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
}
