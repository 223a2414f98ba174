//! Decodes a `subscribe` message in one pass. It is the most frequent message, and may be long.

use crate::graphql::execution::request::Request;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// A `subscribe` message whose type precedes its payload, as clients write it.
pub struct Subscribe {
    /// The ID as received. Its length is not validated yet.
    pub id: String,
    pub payload: Request,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Type,
    Id,
    Payload,
    #[serde(other)]
    Other,
}

#[derive(Deserialize, PartialEq)]
#[serde(field_identifier, rename_all = "lowercase")]
enum MessageType {
    Subscribe,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Subscribe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Message)
    }
}

struct Message;

impl<'de> Visitor<'de> for Message {
    type Value = Subscribe;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a `subscribe` message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Subscribe, A::Error> {
        let (mut message_type, mut id, mut payload) = (None, None, None);
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Type if message_type.is_none() => {
                    message_type = Some(fields.next_value()?);
                    if message_type != Some(MessageType::Subscribe) {
                        return Err(A::Error::custom("another message"));
                    }
                }
                Field::Id if id.is_none() => id = Some(fields.next_value()?),
                // Without the type, the payload could be that of another message.
                Field::Payload if payload.is_none() && message_type.is_some() => {
                    payload = Some(fields.next_value_seed(Object)?);
                }
                Field::Other => {
                    fields.next_value::<IgnoredAny>()?;
                }
                Field::Type | Field::Id | Field::Payload => {
                    return Err(A::Error::custom("a duplicate field, or the payload before the type"));
                }
            }
        }
        let (Some(_), Some(id), Some(payload)) = (message_type, id, payload) else {
            return Err(A::Error::custom("a field is missing"));
        };
        Ok(Subscribe { id, payload })
    }
}

/// A request that must be a JSON object. serde would also accept an array of the fields' values.
struct Object;

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Request;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Request, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Request;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Request, A::Error> {
        Request::deserialize(MapAccessDeserializer::new(fields))
    }
}
