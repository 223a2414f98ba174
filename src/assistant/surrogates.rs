//! Joins UTF-16 surrogates that arrive in different chunks.
//!
//! A provider that counts in UTF-16 may end a chunk between the two surrogates of a character. JSON can express a lone
//! surrogate as an escape (RFC 8259, section 8.2), but a Rust string cannot hold one. The first surrogate is therefore
//! kept here until the second one arrives.

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use std::fmt;

/// Maximum length of a piece, in bytes; the rest is dropped. It exceeds the maximum length of a reply.
const MAX_LENGTH: usize = 2 << 20;

/// A JSON string that may contain lone surrogates, encoded as in WTF-8: each as a three-byte code point.
#[derive(Debug, Default)]
pub struct TextPiece(Vec<u8>);

impl TextPiece {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for TextPiece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json accepts lone surrogates in byte strings, and rejects them in text strings.
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = TextPiece;

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<TextPiece, E> {
        Ok(TextPiece(bytes[..bytes.len().min(MAX_LENGTH)].to_vec()))
    }
}

/// Joins pieces into text.
#[derive(Debug, Default)]
pub struct SurrogateJoiner {
    /// The first surrogate of a character whose second one has not arrived.
    pending: Option<u16>,
}

impl SurrogateJoiner {
    /// The text of a piece, except for a first surrogate at its end. A surrogate without its partner becomes U+FFFD.
    pub fn join(&mut self, TextPiece(bytes): TextPiece) -> String {
        if bytes.is_empty() {
            return String::new();
        }
        let bytes = match self.pending {
            None => match String::from_utf8(bytes) {
                Ok(text) => return text,
                Err(error) => error.into_bytes(),
            },
            Some(_) => bytes,
        };
        let mut units: Vec<u16> = self.pending.take().into_iter().collect();
        let mut rest = &*bytes;
        while let Some(at) = rest.windows(3).position(is_surrogate) {
            units.extend(String::from_utf8_lossy(&rest[..at]).encode_utf16());
            units.push(0xD000 | u16::from(rest[at + 1] & 0x3F) << 6 | u16::from(rest[at + 2] & 0x3F));
            rest = &rest[at + 3..];
        }
        units.extend(String::from_utf8_lossy(rest).encode_utf16());
        self.pending = units.pop_if(|unit| (0xD800..0xDC00).contains(unit));
        String::from_utf16_lossy(&units)
    }

    /// The rest of the text, after the last piece.
    pub fn end(self) -> Option<char> {
        self.pending.map(|_| char::REPLACEMENT_CHARACTER)
    }
}

/// Whether three bytes encode a surrogate. In valid UTF-8 the byte after 0xED is below 0xA0.
fn is_surrogate(bytes: &[u8]) -> bool {
    bytes[0] == 0xED && bytes[1] >= 0xA0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut joiner = SurrogateJoiner::default();
        let mut text = String::new();
        for piece in pieces {
            text += &joiner.join(serde_json::from_str(piece).expect("a JSON string"));
        }
        text.extend(joiner.end());
        text
    }

    #[test]
    fn two_surrogates_make_one_character() {
        assert_eq!(joined([r#""a owl: \ud83e""#, r#""\udd89!""#]), "a owl: 🦉!");
        assert_eq!(joined([r#""\ud83e""#, r#""""#, r#""\udd89\ud83e""#, r#""\udd89""#]), "🦉🦉");
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(joined([r#""\ud83e""#, r#""x""#]), "\u{fffd}x");
        assert_eq!(joined([r#""\udd89x\ud83e""#]), "\u{fffd}x\u{fffd}");
    }

    proptest! {
        #[test]
        fn a_text_survives_any_cuts(text: String, cuts in prop::collection::vec(0..40usize, 0..8)) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut pieces = Vec::new();
            let mut rest = &*units;
            for cut in cuts {
                let (piece, later) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = later;
            }
            pieces.push(rest);
            let written = |piece: &[u16]| {
                let escapes: String = piece.iter().map(|unit| format!("\\u{unit:04x}")).collect();
                format!("\"{escapes}\"")
            };
            let pieces: Vec<String> = pieces.into_iter().map(written).collect();
            prop_assert_eq!(joined(pieces.iter().map(String::as_str)), text);
        }
    }
}
