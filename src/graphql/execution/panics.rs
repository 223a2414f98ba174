//! A resolver that panics, for tests of the response to a panic.

use async_graphql::{
    ServerResult, Value, async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo},
};
use std::sync::Arc;

/// Makes the resolver of one field panic, in every operation that selects it.
#[derive(Clone, Copy, Debug)]
pub struct PanicAt {
    /// The type of the object.
    pub parent: &'static str,
    /// The name of the field.
    pub field: &'static str,
}

impl ExtensionFactory for PanicAt {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for PanicAt {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        assert!(
            (info.parent_type, info.name) != (self.parent, self.field),
            "this panic was requested by a test"
        );
        next.run(ctx, info).await
    }
}
