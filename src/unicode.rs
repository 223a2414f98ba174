//! Which characters can be seen, and where a text may be cut.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use unicode_segmentation::GraphemeCursor;

/// Characters that are blank although their properties do not say so: the empty Braille pattern, the null notehead, the
/// filler of the Khitan script, and the place of an object that is not there.
const BLANK: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{fffc}'];

/// Whether a text has a character that can be seen. White space, control and format characters, fillers, variation
/// selectors and unassigned code points cannot.
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

/// Whether nothing is shown for a character where it has no effect (the property Default_Ignorable_Code_Point).
pub fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Whether a character belongs to the one before it, as vowel signs and accents do.
pub fn is_mark(character: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

/// The beginning of a text: at most `longest` Unicode scalar values, cut between two grapheme clusters (UAX #29). It is empty
/// if the first cluster is longer.
pub fn beginning(text: &str, longest: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text };
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    let whole = "the text is given whole";
    if cursor.is_boundary(text, 0).expect(whole) {
        return &text[..end];
    }
    let start = cursor.prev_boundary(text, 0).expect(whole);
    &text[..start.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn what_cannot_be_seen_is_no_name() {
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
    fn one_character_that_can_be_seen_is_enough() {
        for text in
            ["a", "\u{200b}.\u{200b}", "हिन्दी", "ไทย", "தமிழ்", "👩\u{200d}🔬", "🇩🇪", "1", "\u{fffd}", "字"]
        {
            assert!(is_visible(text), "{text}");
        }
    }

    #[test]
    fn flags_families_and_skin_tones_stay_whole() {
        for cluster in ["🇩🇪", "👩\u{200d}👩\u{200d}👧\u{200d}👦", "👍🏽", "e\u{301}", "षि", "각", "\r\n"]
        {
            let text = format!("abc{cluster}d");
            let length = cluster.chars().count();
            for longest in 3..3 + length {
                assert_eq!(beginning(&text, longest), "abc", "{longest} of {text}");
            }
            assert_eq!(beginning(&text, 3 + length), format!("abc{cluster}"));
            assert_eq!(beginning(&text, 4 + length), text);
        }
        assert_eq!(beginning("🇩🇪🇫🇷🇮🇹", 5), "🇩🇪🇫🇷", "flags are told apart from the start");
        assert_eq!(beginning("e\u{301}\u{301}", 2), "");
    }

    proptest! {
        #[test]
        fn a_beginning_is_as_many_whole_clusters_as_fit(text in "(\\PC|[🇩🇪👩👧👍🏽\u{200d}\u{301}\u{fe0f}\r\n]){0,40}", longest in 0..50usize) {
            let mut expected = 0;
            for cluster in text.graphemes(true) {
                if text[..expected].chars().count() + cluster.chars().count() > longest {
                    break;
                }
                expected += cluster.len();
            }
            prop_assert_eq!(beginning(&text, longest), &text[..expected]);
        }
    }
}
