//! JSON whose syntax is checked but whose structure is not.
//!
//! Providers add fields, omit fields, and use other types than they document. A value is therefore converted only where
//! it is needed, to whatever type it has, and the rest of the document cannot cause an error.

use crate::assistant::surrogates::{SurrogateJoiner, TextPiece};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// Returns the text if it is a JSON value, or can be made one.
///
/// Two errors are repaired: the numbers `NaN` and `Infinity`, which Python writes, and unescaped control characters in
/// strings.
pub fn valid(text: &str) -> Option<Cow<'_, str>> {
    let is_valid = |text: &str| serde_json::from_str::<&RawValue>(text).is_ok();
    if is_valid(text) {
        return Some(Cow::Borrowed(text));
    }
    Some(repaired(text)).filter(|text| is_valid(text)).map(Cow::Owned)
}

/// Replaces `NaN`, `Infinity` and `-Infinity` outside strings by `null`, and escapes control characters in strings.
fn repaired(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    let (mut in_string, mut escaped) = (false, false);
    while let Some(&byte) = text.as_bytes().get(at) {
        let (replacement, length) = match byte {
            0..0x20 if in_string => (format!("\\u{byte:04x}"), 1),
            b'N' | b'I' | b'-' if !in_string => {
                let rest = &text.as_bytes()[at..];
                let odd =
                    ["NaN", "Infinity", "-Infinity"].into_iter().find(|odd| rest.starts_with(odd.as_bytes()));
                (odd.map(|_| "null".to_owned()).unwrap_or_default(), odd.map_or(0, str::len))
            }
            _ => (String::new(), 0),
        };
        if length > 0 {
            repaired.push_str(&text[copied..at]);
            repaired.push_str(&replacement);
            at += length;
            copied = at;
            escaped = false;
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
        at += 1;
    }
    repaired + &text[copied..]
}

/// A value of a document that was checked by [`valid`].
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// The value of a valid document.
    pub fn of(document: &'a str) -> Self {
        Self(document.trim_ascii())
    }

    /// The text of the value.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether the value is null.
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// Whether the value is null, false, or an empty string, list or object.
    pub fn is_empty(self) -> bool {
        match self.0.as_bytes() {
            b"null" | b"false" => true,
            [b'"' | b'[' | b'{', inside @ .., _] => inside.trim_ascii().is_empty(),
            _ => false,
        }
    }

    /// The fields of an object; none for other types.
    pub fn fields(self) -> Fields<'a> {
        serde_json::from_str(self.0).unwrap_or_default()
    }

    /// The items of a list; `None` for other types.
    pub fn items(self) -> Option<Vec<Self>> {
        let items: Vec<&RawValue> = self.0.starts_with('[').then(|| serde_json::from_str(self.0).ok())??;
        Some(items.into_iter().map(|item| Self(item.get())).collect())
    }

    /// A string, which may contain lone surrogates; `None` for other types.
    pub fn piece(self) -> Option<TextPiece> {
        self.0.starts_with('"').then(|| serde_json::from_str(self.0).ok())?
    }

    /// A string; `None` for other types.
    pub fn text(self) -> Option<String> {
        let mut joiner = SurrogateJoiner::default();
        let mut text = joiner.join(self.piece()?);
        text.extend(joiner.end());
        Some(text)
    }

    /// A number, or a string that contains one; `None` for other types.
    pub fn number(self) -> Option<f64> {
        self.0.trim_matches('"').parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// The fields of an object in their order. A name may occur more than once.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Fields<'a> {
    /// The last value with this name that is not null.
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        let named = |(key, value): &&(Cow<'a, str>, Json<'a>)| key == name && !value.is_null();
        self.0.iter().rev().find(named).map(|(_, value)| *value)
    }

    /// Whether there is a field with this name, even if it is null.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The string with this name.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
                form.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields<'de>, M::Error> {
                let mut fields = Vec::new();
                while let Some((Key(name), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    fields.push((name, Json(value.get())));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn almost_valid_json_is_repaired() {
        let text = "{\"a\":NaN,\n\"b\":[Infinity,-Infinity,-1],\"c\":\"é NaN \\\" -Infinity\u{1}\n\"}";
        let valid = valid(text).expect("the text can be repaired");
        assert_eq!(valid, "{\"a\":null,\n\"b\":[null,null,-1],\"c\":\"é NaN \\\" -Infinity\\u0001\\u000a\"}");
        assert!(super::valid("{\"a\":NaN").is_none());
        assert!(super::valid("nonsense").is_none());
    }

    #[test]
    fn the_last_field_of_a_name_that_is_not_null_counts() {
        let fields = Json::of(r#" {"a":1,"a":2,"a":null,"\u0062":"x"} "#).fields();
        assert_eq!(fields.get("a").and_then(Json::number), Some(2.0));
        assert_eq!(fields.text("b").as_deref(), Some("x"));
        assert!(fields.get("c").is_none());
    }

    #[test]
    fn a_value_of_another_type_is_none() {
        assert!(Json::of("[1]").fields().get("a").is_none());
        assert!(Json::of(r#"{"a":1}"#).items().is_none());
        assert!(Json::of("1").piece().is_none());
        assert_eq!(Json::of("\"7.0\"").number(), Some(7.0));
        assert!(Json::of("\"inf\"").number().is_none());
        for nothing in ["null", "false", "\"\"", "{ }", "[]"] {
            assert!(Json::of(nothing).is_empty(), "{nothing}");
        }
        assert!(!Json::of("{\"a\":1}").is_empty());
    }
}
