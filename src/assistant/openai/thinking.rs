//! Removes reasoning that a model writes into its answer as `<think>…</think>`. It is neither shown nor stored.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// Maximum white space held back at the beginning of an answer, in bytes.
const MAX_HELD_BYTES: usize = 4096;

/// Separates reasoning from the answer, independent of how the text is cut into chunks.
///
/// A `<think>` tag counts only at the beginning of the answer. Without a closing tag, the whole rest is reasoning.
#[derive(Debug)]
pub enum Thinking {
    /// Before the answer: white space, and perhaps a part of [`OPEN`].
    Start(String),
    /// In the reasoning. Holds the end of the text, which may be a part of [`CLOSE`].
    Inside(String),
    /// After the reasoning. White space before the answer is removed.
    Closed,
    /// In the answer.
    Answer,
}

impl Default for Thinking {
    fn default() -> Self {
        Self::Start(String::new())
    }
}

impl Thinking {
    /// The part of the text that belongs to the answer.
    pub fn read(&mut self, text: String) -> String {
        let mut text = text;
        loop {
            match self {
                Self::Answer => return text,
                Self::Closed => {
                    let answer = text.trim_start();
                    if !answer.is_empty() {
                        *self = Self::Answer;
                    }
                    return answer.to_owned();
                }
                Self::Start(held) => {
                    held.push_str(&text);
                    let begun = held.trim_start();
                    if let Some(rest) = begun.strip_prefix(OPEN) {
                        text = rest.to_owned();
                        *self = Self::Inside(String::new());
                    } else if OPEN.starts_with(begun) && held.len() <= MAX_HELD_BYTES {
                        return String::new();
                    } else {
                        let answer = std::mem::take(held);
                        *self = Self::Answer;
                        return answer;
                    }
                }
                Self::Inside(held) => {
                    held.push_str(&text);
                    if let Some(at) = held.find(CLOSE) {
                        text = held.split_off(at + CLOSE.len());
                        *self = Self::Closed;
                    } else {
                        let keep = held.floor_char_boundary(held.len().saturating_sub(CLOSE.len() - 1));
                        held.drain(..keep);
                        return String::new();
                    }
                }
            }
        }
    }

    /// The rest of the answer, at the end of the stream.
    pub fn end(self) -> String {
        match self {
            Self::Start(held) => held,
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut thinking = Thinking::default();
        let answer: String = pieces.into_iter().map(|piece| thinking.read(piece.to_owned())).collect();
        answer + &thinking.end()
    }

    #[test]
    fn reasoning_at_the_start_is_removed() {
        for (text, expected) in [
            ("<think>hm</think>\n\nYes.", "Yes."),
            (" \n<think></think>Yes.", "Yes."),
            ("<think>never closed</thin", ""),
            ("  Yes.", "  Yes."),
            ("Yes: <think>no</think>", "Yes: <think>no</think>"),
            ("<think>a</think>b<think>c</think>", "b<think>c</think>"),
            ("<thinking", "<thinking"),
            ("<thi", "<thi"),
            ("<think>é</t</think>ok", "ok"),
        ] {
            assert_eq!(answer([text]), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_the_answer(
            said in "[ \n]{0,2}(<think>|<thi)?[a-zé<]{0,6}(</think>)?[ \n]{0,2}[a-z]{0,4}(<think>)?",
            cuts in prop::collection::vec(0..6usize, 0..20),
        ) {
            let mut pieces = Vec::new();
            let mut rest = &*said;
            for cut in cuts {
                let (piece, later) = rest.split_at(rest.floor_char_boundary(cut.min(rest.len())));
                pieces.push(piece);
                rest = later;
            }
            pieces.push(rest);
            prop_assert_eq!(answer(pieces), answer([&*said]));
        }
    }
}
