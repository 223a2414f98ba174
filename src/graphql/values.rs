//! JSON of a request that is not ours to know beforehand: its variables and its extensions.
//!
//! A request of a few hundred kilobytes may hold a hundred thousand values. Only so many are kept, and the rest is
//! passed over without a word; that there were too many is told with the same refusal over every transport.

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{cell::Cell, fmt};

/// The most values that are kept of one request, whatever the settings say.
pub const MOST: usize = 10_000;

/// A JSON value, or the beginning of one.
#[derive(Clone)]
pub struct Given {
    /// The value, as far as it is kept.
    pub value: Value,
    /// Whether that is not all of it.
    pub cut: bool,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // One more than may be: that it is used up tells that there were too many.
        let left = Cell::new(MOST + 1);
        let value = Keeping(&left).deserialize(deserializer)?;
        Ok(Self { value, cut: left.get() == 0 })
    }
}

/// What a request's variables stand for; null is the same as none.
#[derive(Clone, Default)]
pub struct GivenVariables {
    /// As far as they are kept.
    pub variables: Variables,
    /// Whether there were more.
    pub cut: bool,
}

impl<'de> Deserialize<'de> for GivenVariables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Given::deserialize(deserializer)? {
            Given { value: value @ Value::Object(_), cut } => {
                Ok(Self { variables: Variables::from_value(value), cut })
            }
            Given { value: Value::Null, .. } => Ok(Self::default()),
            _ => Err(D::Error::custom("the variables are not an object")),
        }
    }
}

/// How many values a value is made of; a long text counts as several, for it takes as long to copy.
pub fn size(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().map(size).sum::<u64>() + 1,
        Value::Object(fields) => fields.values().map(size).sum::<u64>() + 1,
        Value::String(text) => text_size(text),
        _ => 1,
    }
}

/// The same of a text.
pub fn text_size(text: &str) -> u64 {
    text.len() as u64 / 1024 + 1
}

/// How many bytes variables hold, about: a list of very small values takes many times the memory of its text.
pub fn weight(variables: &Variables) -> usize {
    fn of(value: &Value) -> usize {
        let held = match value {
            Value::List(items) => items.iter().map(of).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| of_entry(name, value)).sum(),
            Value::String(text) => text.len(),
            _ => 0,
        };
        size_of::<Value>() + held
    }
    // Besides both an entry has a hash, an index, and the name's counts.
    fn of_entry(name: &Name, value: &Value) -> usize {
        size_of::<Name>() + 4 * size_of::<usize>() + name.len() + of(value)
    }
    variables.iter().map(|(name, value)| of_entry(name, value)).sum()
}

/// Reads a value while there are any left to be kept.
#[derive(Clone, Copy)]
struct Keeping<'a>(&'a Cell<usize>);

impl Keeping<'_> {
    fn spent(self) -> bool {
        self.0.get() == 0
    }
}

impl<'de> DeserializeSeed<'de> for Keeping<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().saturating_sub(1));
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keeping<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
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
        while !self.spent() {
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
        while !self.spent() {
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

    fn given(json: &Json) -> Given {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn what_is_kept_is_what_was_said() {
        let json = json!({ "a": [1, -2, 3.5, "x\n", null, true, { "b": {} }], "c": u64::MAX, "d": [] });
        let given = given(&json);
        assert_eq!((given.value.clone().into_json().unwrap(), given.cut), (json, false));
        assert_eq!(size(&given.value), 12);
        assert_eq!(size(&Value::from("x".repeat(3000))), 3);
    }

    #[test]
    fn of_too_much_only_the_beginning_is_kept() {
        let just = given(&json!(vec![0; MOST - 1]));
        assert_eq!((size(&just.value), just.cut), (MOST as u64, false));
        for json in
            [json!(vec![0; MOST]), json!(vec![vec![0; 10]; MOST]), json!({ "a": vec![0; MOST], "b": 1 })]
        {
            let cut = given(&json);
            assert!(cut.cut && size(&cut.value) <= MOST as u64 + 1, "{}", size(&cut.value));
        }
    }

    #[test]
    fn what_variables_hold_is_not_told_by_their_text() {
        let of = |json: Json| weight(&Variables::from_json(json));
        assert_eq!(of(json!({})), 0);
        let long = of(json!({ "a": "x".repeat(5000) }));
        assert!((5001..5500).contains(&long), "{long}");
        assert!(of(json!({ "x".repeat(5000): 1 })) > 5000);
        let many = of(json!({ "a": vec![0; 1000], "b": { "c": vec![0; 1000] } }));
        assert!(many > 2000 * size_of::<Value>(), "{many}");
    }

    #[test]
    fn variables_are_an_object_or_none() {
        let read = |text| serde_json::from_str::<GivenVariables>(text).map(|given| given.variables.len());
        assert_eq!(read("{\"a\": 1}").unwrap(), 1);
        assert_eq!(read("null").unwrap(), 0);
        for text in ["[]", "5", "\"a\"", "{\"a\": 1e999}", &format!("{{\"a\": {}", "[".repeat(9000))] {
            assert!(read(text).is_err(), "{text:.20}");
        }
    }
}
