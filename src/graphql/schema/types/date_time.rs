use crate::{graphql::schema::sync_fields::ScalarValue, store::Instant};
use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A date and time in UTC with microseconds, in the format of RFC 3339: `2026-11-22T17:00:00.000000Z`.
#[derive(Description)]
pub struct DateTime(pub Instant);

#[Scalar(use_type_description, specified_by_url = "https://scalars.graphql.org/chillicream/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        // No input field has this type.
        Err(InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

impl ScalarValue for DateTime {
    fn into_value(self) -> Value {
        self.to_value()
    }
}
