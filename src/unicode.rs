//! Visibility of characters, and truncation of text at grapheme boundaries.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use unicode_segmentation::GraphemeCursor;

/// Blank characters that Unicode properties do not mark as such: Braille pattern blank, musical symbol null notehead,
/// Khitan small script filler, and object replacement character.
const BLANK: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{fffc}'];

/// Whether a text has a visible character. White space, control and format characters, fillers, variation selectors and
/// unassigned code points are invisible.
pub fn is_visible(text: &str) -> bool {
    text.chars().any(is_visible_character)
}

fn is_visible_character(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    !character.is_whitespace()
        && !matches!(
            category,
            GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::Unassigned
        )
        && !is_ignorable(character)
        && !BLANK.contains(&character)
}

/// Whether a renderer may show nothing for a character (property Default_Ignorable_Code_Point).
pub fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Whether a character combines with the one before it, as vowel signs and accents do (category Mark).
pub fn is_mark(character: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

/// Truncates a text to at most `longest` Unicode scalar values, at a grapheme cluster boundary (UAX #29). The result is
/// empty if the first cluster is longer.
pub fn truncate(text: &str, longest: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text };
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    let complete = "the cursor has the complete text";
    if cursor.is_boundary(text, 0).expect(complete) {
        return &text[..end];
    }
    let start = cursor.prev_boundary(text, 0).expect(complete);
    &text[..start.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn texts_of_invisible_characters_are_invisible() {
        for text in [
            "",
            " \t\u{a0}\u{3000}\u{2028}",
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
            "\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}",
            "\u{115f}\u{1160}\u{3164}\u{ffa0}",
            "\u{2800}",
            "\u{fe00}\u{fe0f}\u{e0100}\u{180b}",
            "\u{e0001}\u{e0041}\u{e007f}",
            "\u{ad}\u{34f}\u{17b4}\u{17b5}\u{180e}",
            "\u{378}\u{fffe}\u{10ffff}",
            "\u{1d159}\u{16fe4}\u{fffc}\u{1d173}",
            "\u{0}\u{7f}\u{85}",
        ] {
            assert!(!is_visible(text), "{}", text.escape_unicode());
        }
    }

    #[test]
    fn one_visible_character_makes_a_text_visible() {
        for text in
            ["a", "\u{200b}.\u{200b}", "हिन्दी", "ไทย", "தமிழ்", "👩\u{200d}🔬", "🇩🇪", "1", "\u{fffd}", "字"]
        {
            assert!(is_visible(text), "{text}");
        }
    }

    #[test]
    fn grapheme_clusters_are_not_split() {
        for cluster in ["🇩🇪", "👩\u{200d}👩\u{200d}👧\u{200d}👦", "👍🏽", "e\u{301}", "षि", "각", "\r\n"]
        {
            let text = format!("abc{cluster}d");
            let length = cluster.chars().count();
            for longest in 3..3 + length {
                assert_eq!(truncate(&text, longest), "abc", "{longest} of {text}");
            }
            assert_eq!(truncate(&text, 3 + length), format!("abc{cluster}"));
            assert_eq!(truncate(&text, 4 + length), text);
        }
        assert_eq!(truncate("🇩🇪🇫🇷🇮🇹", 5), "🇩🇪🇫🇷", "flags are paired from the start");
        assert_eq!(truncate("e\u{301}\u{301}", 2), "");
    }

    proptest! {
        #[test]
        fn truncation_keeps_as_many_whole_clusters_as_fit(text in "(\\PC|[🇩🇪👩👧👍🏽\u{200d}\u{301}\u{fe0f}\r\n]){0,40}", longest in 0..50usize) {
            let mut expected = 0;
            for cluster in text.graphemes(true) {
                if text[..expected].chars().count() + cluster.chars().count() > longest {
                    break;
                }
                expected += cluster.len();
            }
            prop_assert_eq!(truncate(&text, longest), &text[..expected]);
        }
    }
}
