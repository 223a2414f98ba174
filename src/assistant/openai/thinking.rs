//! Finds reasoning that a model writes into its answer as `<think>…</think>`.

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
    /// Separates more text: its reasoning, then its answer. Either may be empty.
    pub fn read(&mut self, text: String) -> (String, String) {
        let mut text = text;
        let mut reasoning = String::new();
        loop {
            match self {
                Self::Answer => return (reasoning, text),
                Self::Closed => {
                    let answer = text.trim_start();
                    if !answer.is_empty() {
                        *self = Self::Answer;
                    }
                    return (reasoning, answer.to_owned());
                }
                Self::Start(held) => {
                    held.push_str(&text);
                    let begun = held.trim_start();
                    if let Some(rest) = begun.strip_prefix(OPEN) {
                        text = rest.to_owned();
                        *self = Self::Inside(String::new());
                    } else if OPEN.starts_with(begun) && held.len() <= MAX_HELD_BYTES {
                        return (reasoning, String::new());
                    } else {
                        let answer = std::mem::take(held);
                        *self = Self::Answer;
                        return (reasoning, answer);
                    }
                }
                Self::Inside(held) => {
                    held.push_str(&text);
                    if let Some(at) = held.find(CLOSE) {
                        text = held.split_off(at + CLOSE.len());
                        reasoning.push_str(&held[..at]);
                        *self = Self::Closed;
                    } else {
                        let keep = held.floor_char_boundary(held.len().saturating_sub(CLOSE.len() - 1));
                        reasoning.extend(held.drain(..keep));
                        return (reasoning, String::new());
                    }
                }
            }
        }
    }

    /// The rest of the reasoning and of the answer, at the end of the stream.
    pub fn end(self) -> (String, String) {
        match self {
            Self::Start(held) => (String::new(), held),
            Self::Inside(held) => (held, String::new()),
            Self::Closed | Self::Answer => Default::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The reasoning and the answer in a text that arrives in pieces.
    fn separated<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let mut thinking = Thinking::default();
        let mut both = (String::new(), String::new());
        let mut add = |(reasoning, answer): (String, String)| {
            both.0 += &reasoning;
            both.1 += &answer;
        };
        pieces.into_iter().for_each(|piece| add(thinking.read(piece.to_owned())));
        add(thinking.end());
        both
    }

    #[test]
    fn reasoning_at_the_start_is_separated() {
        for (text, reasoning, answer) in [
            ("<think>hm</think>\n\nYes.", "hm", "Yes."),
            (" \n<think></think>Yes.", "", "Yes."),
            ("<think>never closed</thin", "never closed</thin", ""),
            ("  Yes.", "", "  Yes."),
            ("Yes: <think>no</think>", "", "Yes: <think>no</think>"),
            ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
            ("<thinking", "", "<thinking"),
            ("<thi", "", "<thi"),
            ("<think>é</t</think>ok", "é</t", "ok"),
        ] {
            assert_eq!(separated([text]), (reasoning.to_owned(), answer.to_owned()), "{text}");
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
            prop_assert_eq!(separated(pieces), separated([&*said]));
        }
    }
}
