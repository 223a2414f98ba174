//! Fields that never wait, resolved without a future for each.
//!
//! The executor makes, boxes and polls a future for every field of every object. In a page of 400 messages nearly all
//! of them are ready at once, and making them costs more than everything else together. So an object's fields that
//! only read its row are declared as plain ones, once, by [`object!`]: the executor sees them as any others, and a
//! [`List`] calls them directly, keeping futures for those fields that must wait. (`make bench` tells the difference.)

use async_graphql::{
    ContextSelectionSet, ID, Name, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_list,
};
use futures_util::future::try_join_all;
use std::borrow::Cow;

/// An object some of whose fields never wait.
pub trait Plain: ObjectType {
    /// The field's value, if it is such a field.
    fn plain(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value>;
}

/// Declares an object: its plain fields, each with its name in the schema; the long texts among those that follow, which
/// are taken from the operation's budget, and are `None` where they must be waited for; and those that may wait.
macro_rules! object {
    (
        impl $type:ty as $self:ident {
            $($(#[doc = $doc:literal])+ $name:literal $field:ident -> $output:ty { $($value:tt)* })*
        }
        long { $($long:literal => $text:expr),* }
        $($waiting:tt)*
    ) => {
        #[::async_graphql::Object(use_type_description)]
        impl $type {
            $($(#[doc = $doc])+ #[graphql(name = $name)] pub async fn $field(&$self) -> $output { $($value)* })*
            $($waiting)*
        }

        impl $crate::graphql::plain::Plain for $type {
            fn plain(
                &$self,
                ctx: &::async_graphql::ContextSelectionSet<'_>,
                field: &::async_graphql::parser::types::Field,
            ) -> Option<::async_graphql::Value> {
                match field.name.node.as_str() {
                    $($name => {
                        let value: $output = { $($value)* };
                        Some($crate::graphql::plain::Leaf::into_value(value))
                    })*
                    // Where there is no room for it, the executor finds out, and tells.
                    $($long => {
                        let text: Option<Option<&str>> = $text;
                        text.filter(|text| {
                            text.is_none_or(|text| $crate::graphql::text_budget::Afford::affords(ctx, text.len()))
                        })
                        .map($crate::graphql::plain::Leaf::into_value)
                    })*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use object;

/// A value without fields of its own.
pub trait Leaf {
    /// The value as the answer has it.
    fn into_value(self) -> Value;
}

impl Leaf for &str {
    fn into_value(self) -> Value {
        Value::String(self.to_owned())
    }
}

impl Leaf for ID {
    fn into_value(self) -> Value {
        Value::String(self.0)
    }
}

impl<T: Leaf> Leaf for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

/// A list of objects in the schema; its items' plain fields are read directly, and the others wait together.
pub struct List<T>(pub Vec<T>);

impl<T: Plain> OutputType for List<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let Some(fields) = selected(&ctx.item.node) else {
            return resolve_list(ctx, field, &self.0, Some(self.0.len())).await;
        };
        let mut waiting = Vec::new();
        let mut objects = Vec::with_capacity(self.0.len());
        for (index, item) in self.0.iter().enumerate() {
            let mut object = IndexMap::with_capacity(fields.len());
            for &field in &fields {
                let value = value_of(item, ctx, &field.node).unwrap_or_else(|| {
                    waiting.push(async move {
                        let ctx = ctx.with_index(index);
                        let ctx = ctx.with_field(field);
                        let value = item.resolve_field(&ctx).await?.unwrap_or_default();
                        ServerResult::Ok((index, field, value))
                    });
                    Value::Null // it keeps the place
                });
                object.insert(key(field), value);
            }
            objects.push(object);
        }
        for (index, field, value) in try_join_all(waiting).await? {
            objects[index].insert(key(field), value);
        }
        Ok(Value::List(objects.into_iter().map(Value::Object).collect()))
    }
}

/// An object that is the plain field of another; `None` if some field of it must wait.
pub fn nested<T: Plain>(item: &T, ctx: &ContextSelectionSet<'_>, set: &SelectionSet) -> Option<Value> {
    let fields = selected(set)?;
    let values = fields.into_iter().map(|field| Some((key(field), value_of(item, ctx, &field.node)?)));
    values.collect::<Option<_>>().map(Value::Object)
}

fn value_of<T: Plain>(item: &T, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
    match field.name.node.as_str() {
        "__typename" => Some(Value::String(T::type_name().into_owned())),
        _ => item.plain(ctx, field),
    }
}

fn key(field: &Positioned<Field>) -> Name {
    field.node.response_key().node.clone()
}

/// The fields selected of an object. Documents come without fragments on objects, without directives, and with each
/// response key once (see [`crate::graphql::document`]); should there be anything else, the executor resolves it.
fn selected(set: &SelectionSet) -> Option<Vec<&Positioned<Field>>> {
    let fields = set.items.iter().map(|item| match &item.node {
        Selection::Field(field) => Some(field),
        _ => None,
    });
    fields.collect()
}
