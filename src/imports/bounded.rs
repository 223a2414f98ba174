//! Lists and maps with a limit on their length. Short elements need far more memory than their text, so the limit on the
//! size of a conversation does not suffice.

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// Maximum number of elements, hidden messages included.
pub const MAX_ELEMENTS: usize = 20_000;

/// Reads a list. `null` is an empty list.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(List(PhantomData))
}

/// Reads the fields of an object in their order. `null` is an empty object.
pub fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(String, T)>, D::Error> {
    deserializer.deserialize_any(Map(PhantomData))
}

fn too_many<E: Error>() -> E {
    E::custom("too many elements")
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MAX_ELEMENTS {
                return Err(too_many());
            }
            list.push(item);
        }
        Ok(list)
    }
}

struct Map<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<(String, T)>, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Vec<(String, T)>, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            if map.len() == MAX_ELEMENTS {
                return Err(too_many());
            }
            map.push(field);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        #[serde(default, deserialize_with = "list")]
        list: Vec<u8>,
        #[serde(default, deserialize_with = "map")]
        map: Vec<(String, u8)>,
    }

    fn read(json: &str) -> Option<Both> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn lists_and_maps_keep_their_order_and_may_be_missing() {
        let expected = Both { list: vec![2, 1], map: vec![("b".to_owned(), 2), ("a".to_owned(), 1)] };
        assert_eq!(read(r#"{"list":[2,1],"map":{"b":2,"a":1}}"#), Some(expected));
        assert_eq!(read(r#"{"list":null,"map":null}"#), Some(Both { list: vec![], map: vec![] }));
        assert_eq!(read("{}"), Some(Both { list: vec![], map: vec![] }));
        assert_eq!(read(r#"{"list":{}}"#), None);
        assert_eq!(read(r#"{"map":[]}"#), None);
    }

    #[test]
    fn their_length_is_limited() {
        let list = |length| format!("{{\"list\":[{}]}}", vec!["1"; length].join(","));
        assert_eq!(read(&list(MAX_ELEMENTS)).unwrap().list.len(), MAX_ELEMENTS);
        assert_eq!(read(&list(MAX_ELEMENTS + 1)), None);
        let map = |length| format!("{{\"map\":{{{}}}}}", vec!["\"a\":1"; length].join(","));
        assert_eq!(read(&map(MAX_ELEMENTS)).unwrap().map.len(), MAX_ELEMENTS);
        assert_eq!(read(&map(MAX_ELEMENTS + 1)), None);
    }
}
