//! JSON of arbitrary shape in a request: variables and extensions.
//!
//! A request of a few hundred kilobytes can contain a hundred thousand values. Parsing keeps a limited number of them
//! and skips the rest. A later step rejects the truncated request, with the same error on every transport.

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{cell::Cell, fmt};

/// The maximum number of values that are kept of one request, regardless of the settings.
pub const MAX_VALUES: usize = 10_000;

/// A JSON value, possibly truncated.
#[derive(Clone)]
pub struct BoundedJson {
    /// The value, at most [`MAX_VALUES`] + 1 values in all.
    pub value: Value,
    /// Whether values were dropped.
    pub truncated: bool,
}

impl<'de> Deserialize<'de> for BoundedJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // One more than the limit, so that reaching zero means that the limit was exceeded.
        let left = Cell::new(MAX_VALUES + 1);
        let value = BoundedReader(&left).deserialize(deserializer)?;
        Ok(Self { value, truncated: left.get() == 0 })
    }
}

/// The variables of a request. `null` is treated as empty.
#[derive(Clone, Default)]
pub struct RequestVariables {
    /// The values, possibly truncated.
    pub variables: Variables,
    /// Whether values were dropped.
    pub truncated: bool,
}

impl<'de> Deserialize<'de> for RequestVariables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match BoundedJson::deserialize(deserializer)? {
            BoundedJson { value: value @ Value::Object(_), truncated } => {
                Ok(Self { variables: Variables::from_value(value), truncated })
            }
            BoundedJson { value: Value::Null, .. } => Ok(Self::default()),
            _ => Err(D::Error::custom("`variables` must be an object")),
        }
    }
}

/// The number of values that a value consists of. A long text counts as several, because copying it takes as long.
pub fn size(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().map(size).sum::<u64>() + 1,
        Value::Object(fields) => fields.values().map(size).sum::<u64>() + 1,
        Value::String(text) => text_size(text),
        _ => 1,
    }
}

/// The number of values that a text counts as.
pub fn text_size(text: &str) -> u64 {
    text.len() as u64 / 1024 + 1
}

/// The approximate memory that variables occupy, in bytes. A list of very small values takes many times the size of its
/// text.
pub fn memory_size(variables: &Variables) -> usize {
    fn of(value: &Value) -> usize {
        let held = match value {
            Value::List(items) => items.iter().map(of).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| of_entry(name, value)).sum(),
            Value::String(text) => text.len(),
            _ => 0,
        };
        size_of::<Value>() + held
    }
    // An entry also has a hash, an index and the reference counts of its name.
    fn of_entry(name: &Name, value: &Value) -> usize {
        size_of::<Name>() + 4 * size_of::<usize>() + name.len() + of(value)
    }
    variables.iter().map(|(name, value)| of_entry(name, value)).sum()
}

/// Reads a value until the number of values that may be kept is used up.
#[derive(Clone, Copy)]
struct BoundedReader<'a>(&'a Cell<usize>);

impl BoundedReader<'_> {
    fn is_exhausted(self) -> bool {
        self.0.get() == 0
    }
}

impl<'de> DeserializeSeed<'de> for BoundedReader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().saturating_sub(1));
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BoundedReader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while !self.is_exhausted() {
            match items.next_element_seed(self)? {
                Some(item) => kept.push(item),
                None => return Ok(Value::List(kept)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::List(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = IndexMap::new();
        while !self.is_exhausted() {
            match fields.next_key::<Name>()? {
                Some(name) => kept.insert(name, fields.next_value_seed(self)?),
                None => return Ok(Value::Object(kept)),
            };
        }
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn parsed(json: &Json) -> BoundedJson {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn json_within_the_limit_is_kept_unchanged() {
        let json = json!({ "a": [1, -2, 3.5, "x\n", null, true, { "b": {} }], "c": u64::MAX, "d": [] });
        let parsed = parsed(&json);
        assert_eq!((parsed.value.clone().into_json().unwrap(), parsed.truncated), (json, false));
        assert_eq!(size(&parsed.value), 12);
        assert_eq!(size(&Value::from("x".repeat(3000))), 3);
    }

    #[test]
    fn json_over_the_limit_is_truncated() {
        let largest = parsed(&json!(vec![0; MAX_VALUES - 1]));
        assert_eq!((size(&largest.value), largest.truncated), (MAX_VALUES as u64, false));
        for json in [
            json!(vec![0; MAX_VALUES]),
            json!(vec![vec![0; 10]; MAX_VALUES]),
            json!({ "a": vec![0; MAX_VALUES], "b": 1 }),
        ] {
            let parsed = parsed(&json);
            assert!(
                parsed.truncated && size(&parsed.value) <= MAX_VALUES as u64 + 1,
                "{}",
                size(&parsed.value)
            );
        }
    }

    #[test]
    fn memory_size_includes_the_overhead_of_small_values() {
        let of = |json: Json| memory_size(&Variables::from_json(json));
        assert_eq!(of(json!({})), 0);
        let long = of(json!({ "a": "x".repeat(5000) }));
        assert!((5001..5500).contains(&long), "{long}");
        assert!(of(json!({ "x".repeat(5000): 1 })) > 5000);
        let many = of(json!({ "a": vec![0; 1000], "b": { "c": vec![0; 1000] } }));
        assert!(many > 2000 * size_of::<Value>(), "{many}");
    }

    #[test]
    fn variables_must_be_an_object_or_null() {
        let read = |text| serde_json::from_str::<RequestVariables>(text).map(|given| given.variables.len());
        assert_eq!(read("{\"a\": 1}").unwrap(), 1);
        assert_eq!(read("null").unwrap(), 0);
        for text in ["[]", "5", "\"a\"", "{\"a\": 1e999}", &format!("{{\"a\": {}", "[".repeat(9000))] {
            assert!(read(text).is_err(), "{text:.20}");
        }
    }
}
