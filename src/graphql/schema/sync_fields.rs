//! A fast path for fields that are resolved synchronously.
//!
//! The executor creates, boxes and polls a future for every field of every object. In a page of 400 messages nearly
//! all of them are ready at once, and creating them costs more than everything else together. [`fast_object!`]
//! declares the fields that only read a row. The executor sees them as ordinary fields, but a [`List`] calls them
//! directly and creates futures only for the other fields. `make bench` measures the difference.

use async_graphql::{
    ContextSelectionSet, ID, Name, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_list,
};
use futures_util::future::try_join_all;
use std::borrow::Cow;

/// An object type with fields that are resolved synchronously.
pub trait SyncFields: ObjectType {
    /// Returns the value of a field. `None` if the field has to be resolved asynchronously.
    fn sync_value(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value>;
}

/// Declares an object type. The first block has the synchronous fields, each with its name in the schema. `long`
/// lists those of the remaining fields that are long texts: they spend the text budget of the operation, and are
/// `None` if they have to be loaded. The remaining fields are asynchronous resolvers.
macro_rules! fast_object {
    (
        impl $type:ty as $self:ident {
            $($(#[doc = $doc:literal])+ $name:literal $field:ident -> $output:ty { $($value:tt)* })*
        }
        long { $($long:literal => $text:expr),* }
        $($asynchronous:tt)*
    ) => {
        #[::async_graphql::Object(use_type_description)]
        impl $type {
            $($(#[doc = $doc])+ #[graphql(name = $name)] pub async fn $field(&$self) -> $output { $($value)* })*
            $($asynchronous)*
        }

        impl $crate::graphql::schema::sync_fields::SyncFields for $type {
            fn sync_value(
                &$self,
                ctx: &::async_graphql::ContextSelectionSet<'_>,
                field: &::async_graphql::parser::types::Field,
            ) -> Option<::async_graphql::Value> {
                match field.name.node.as_str() {
                    $($name => {
                        let value: $output = { $($value)* };
                        Some($crate::graphql::schema::sync_fields::ScalarValue::into_value(value))
                    })*
                    // If the budget is exhausted, the resolver reports the error.
                    $($long => {
                        let text: Option<Option<&str>> = $text;
                        text.filter(|text| {
                            text.is_none_or(|text| $crate::graphql::execution::text_budget::SpendText::try_spend_text(ctx, text.len()))
                        })
                        .map($crate::graphql::schema::sync_fields::ScalarValue::into_value)
                    })*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use fast_object;

/// A scalar or enum value.
pub trait ScalarValue {
    /// Converts it to the value in the response.
    fn into_value(self) -> Value;
}

impl ScalarValue for &str {
    fn into_value(self) -> Value {
        Value::String(self.to_owned())
    }
}

impl ScalarValue for bool {
    fn into_value(self) -> Value {
        Value::Boolean(self)
    }
}

impl ScalarValue for ID {
    fn into_value(self) -> Value {
        Value::String(self.0)
    }
}

impl<T: ScalarValue> ScalarValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

/// A list of objects. The synchronous fields of its items are read directly, the others are resolved concurrently.
pub struct List<T>(pub Vec<T>);

impl<T: SyncFields> OutputType for List<T> {
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
        let Some(fields) = selected_fields(&ctx.item.node) else {
            return resolve_list(ctx, field, &self.0, Some(self.0.len())).await;
        };
        let mut pending = Vec::new();
        let mut objects = Vec::with_capacity(self.0.len());
        for (index, item) in self.0.iter().enumerate() {
            let mut object = IndexMap::with_capacity(fields.len());
            for &field in &fields {
                let value = value_of(item, ctx, &field.node).unwrap_or_else(|| {
                    pending.push(async move {
                        let ctx = ctx.with_index(index);
                        let ctx = ctx.with_field(field);
                        let value = item.resolve_field(&ctx).await?.unwrap_or_default();
                        ServerResult::Ok((index, field, value))
                    });
                    Value::Null // a placeholder that keeps the order
                });
                object.insert(key(field), value);
            }
            objects.push(object);
        }
        for (index, field, value) in try_join_all(pending).await? {
            objects[index].insert(key(field), value);
        }
        Ok(Value::List(objects.into_iter().map(Value::Object).collect()))
    }
}

/// Returns the value of an object inside another one. `None` if one of its fields has to be resolved asynchronously.
pub fn nested<T: SyncFields>(item: &T, ctx: &ContextSelectionSet<'_>, set: &SelectionSet) -> Option<Value> {
    let fields = selected_fields(set)?;
    let values = fields.into_iter().map(|field| Some((key(field), value_of(item, ctx, &field.node)?)));
    values.collect::<Option<_>>().map(Value::Object)
}

fn value_of<T: SyncFields>(item: &T, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
    match field.name.node.as_str() {
        "__typename" => Some(Value::String(T::type_name().into_owned())),
        _ => item.sync_value(ctx, field),
    }
}

fn key(field: &Positioned<Field>) -> Name {
    field.node.response_key().node.clone()
}

/// Returns the selected fields of an object. Prepared documents have no directives, no fragments on object types, and
/// each response key once (see [`crate::graphql::document`]). `None` if there is anything else; the executor resolves
/// it then.
fn selected_fields(set: &SelectionSet) -> Option<Vec<&Positioned<Field>>> {
    let fields = set.items.iter().map(|item| match &item.node {
        Selection::Field(field) => Some(field),
        _ => None,
    });
    fields.collect()
}
