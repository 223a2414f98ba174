use crate::{graphql::plain::Leaf, store::Instant};
use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A moment as RFC 3339 writes it, in UTC with microseconds: `2026-11-22T17:00:00.000000Z`.
#[derive(Description)]
pub struct DateTime(pub Instant);

#[Scalar(use_type_description, specified_by_url = "https://scalars.graphql.org/chillicream/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        // Nothing takes a moment as input yet.
        Err(InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

impl Leaf for DateTime {
    fn into_value(self) -> Value {
        self.to_value()
    }
}
