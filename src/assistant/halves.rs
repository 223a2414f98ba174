//! Characters that come in two halves.
//!
//! A provider that counts in UTF-16 may end a chunk in the middle of an emoji. JSON lets it write each half as an escape of
//! its own (RFC 8259, section 8.2), and no text can hold one: it waits here for the other.

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use std::fmt;

/// No piece is longer, in bytes: the rest is left out. It is more than a reply may have.
const LONGEST: usize = 2 << 20;

/// A string of JSON, in which half a character stands as WTF-8 has it: as the three bytes of a code point of its own.
#[derive(Debug, Default)]
pub struct Piece(Vec<u8>);

impl Piece {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for bytes, serde_json takes halves; asked for text, it refuses them.
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Piece;

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Piece, E> {
        Ok(Piece(bytes[..bytes.len().min(LONGEST)].to_vec()))
    }
}

/// Makes text of pieces.
#[derive(Debug, Default)]
pub struct Joiner {
    /// The first half of a character, whose second is to come.
    half: Option<u16>,
}

impl Joiner {
    /// The text of a piece, without the half of a character that it may end with. A half that stays alone becomes U+FFFD.
    pub fn join(&mut self, Piece(bytes): Piece) -> String {
        if bytes.is_empty() {
            return String::new();
        }
        let bytes = match self.half {
            None => match String::from_utf8(bytes) {
                Ok(text) => return text,
                Err(error) => error.into_bytes(),
            },
            Some(_) => bytes,
        };
        let mut units: Vec<u16> = self.half.take().into_iter().collect();
        let mut rest = &*bytes;
        while let Some(at) = rest.windows(3).position(is_half) {
            units.extend(String::from_utf8_lossy(&rest[..at]).encode_utf16());
            units.push(0xD000 | u16::from(rest[at + 1] & 0x3F) << 6 | u16::from(rest[at + 2] & 0x3F));
            rest = &rest[at + 3..];
        }
        units.extend(String::from_utf8_lossy(rest).encode_utf16());
        self.half = units.pop_if(|unit| (0xD800..0xDC00).contains(unit));
        String::from_utf16_lossy(&units)
    }

    /// What is left when nothing comes any more.
    pub fn end(self) -> Option<char> {
        self.half.map(|_| char::REPLACEMENT_CHARACTER)
    }
}

/// Whether three bytes stand for a surrogate: UTF-8 itself never goes on so after 0xED.
fn is_half(bytes: &[u8]) -> bool {
    bytes[0] == 0xED && bytes[1] >= 0xA0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut joiner = Joiner::default();
        let mut text = String::new();
        for piece in pieces {
            text += &joiner.join(serde_json::from_str(piece).expect("it is a string"));
        }
        text.extend(joiner.end());
        text
    }

    #[test]
    fn halves_find_each_other() {
        assert_eq!(joined([r#""a owl: \ud83e""#, r#""\udd89!""#]), "a owl: 🦉!");
        assert_eq!(joined([r#""\ud83e""#, r#""""#, r#""\udd89\ud83e""#, r#""\udd89""#]), "🦉🦉");
    }

    #[test]
    fn halves_that_stay_alone_are_marked() {
        assert_eq!(joined([r#""\ud83e""#, r#""x""#]), "\u{fffd}x");
        assert_eq!(joined([r#""\udd89x\ud83e""#]), "\u{fffd}x\u{fffd}");
    }

    proptest! {
        #[test]
        fn however_a_text_is_cut_it_is_the_same_again(text: String, cuts in prop::collection::vec(0..40usize, 0..8)) {
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
