//! Reassembly: answers made of fixed text and parts of the message.

use super::words::Word;

/// Maximum number of words of a part that is repeated. A longer one reads like an echo.
const MAX_ECHO_WORDS: usize = 20;

/// Text with gaps for the parts of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `{1}` is the first part. `{1^}` is the same, capitalized as a name.
    Part {
        index: usize,
        capital: bool,
    },
}

impl Template {
    /// Parses `text`, whose gaps may refer to parts 1 to `parts`. The error describes the problem.
    pub fn parse(text: &str, parts: usize) -> Result<Self, String> {
        let mut pieces = vec![];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (gap, after) = after.split_once('}').ok_or("a `{` is never closed")?;
            let (number, capital) = gap.strip_suffix('^').map_or((gap, false), |number| (number, true));
            let index = number.parse().ok().and_then(|number: usize| number.checked_sub(1));
            let index = index.filter(|index| *index < parts).ok_or(format!("there is no part {{{gap}}}"))?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Part { index, capital });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// Fills the gaps and capitalizes the sentence. Returns `None` if a part is empty or too long to repeat.
    pub fn sentence(&self, parts: &[Vec<Word>]) -> Option<String> {
        let mut sentence = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => sentence.push_str(text),
                Piece::Part { index, capital } => {
                    let words =
                        parts.get(*index).filter(|words| (1..=MAX_ECHO_WORDS).contains(&words.len()))?;
                    let part = words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
                    let starts =
                        sentence.trim_end().is_empty() || sentence.trim_end().ends_with(['.', '?', '!']);
                    sentence.push_str(&if *capital || starts { capitalized(&part) } else { part });
                }
            }
        }
        Some(capitalized(&sentence))
    }

    /// Fills the gaps to rephrase a clause.
    pub fn words(&self, parts: &[&[Word]]) -> Vec<Word> {
        let mut words = vec![];
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => words.extend(Word::line(text)),
                Piece::Part { index, .. } => {
                    words.extend(parts.get(*index).into_iter().copied().flatten().cloned())
                }
            }
        }
        words
    }
}

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str, parts: &[&str]) -> Option<String> {
        let parts: Vec<_> = parts.iter().map(|part| Word::line(part)).collect();
        Template::parse(text, parts.len()).unwrap().sentence(&parts)
    }

    #[test]
    fn gaps_are_filled_and_sentences_are_capitalized() {
        assert_eq!(sentence("why {2}, {1}?", &["Ann", "now"]).unwrap(), "Why now, Ann?");
        assert_eq!(sentence("{1}? {1}!", &["élan in Paris"]).unwrap(), "Élan in Paris? Élan in Paris!");
        assert_eq!(sentence("Hello, {1^}.", &["ann"]).unwrap(), "Hello, Ann.");
    }

    #[test]
    fn an_empty_or_long_part_is_not_repeated() {
        assert_eq!(sentence("Why {1}?", &[""]), None);
        assert_eq!(sentence("Why {1}?", &[&"so ".repeat(MAX_ECHO_WORDS + 1)]), None);
        assert!(sentence("Why {1}?", &[&"so ".repeat(MAX_ECHO_WORDS)]).is_some());
        assert_eq!(sentence("Why?", &[""]).unwrap(), "Why?");
    }

    #[test]
    fn a_clause_is_rephrased() {
        let (hate, spiders) = (Word::line("truly"), Word::line("Spiders"));
        let words = Template::parse("i {1} hate {2}", 2).unwrap().words(&[&hate, &spiders]);
        assert_eq!(words, Word::line("i truly hate Spiders"));
    }

    #[test]
    fn a_gap_must_name_an_existing_part() {
        assert_eq!(Template::parse("{3}", 2), Err("there is no part {3}".to_owned()));
        assert_eq!(Template::parse("{0}", 2), Err("there is no part {0}".to_owned()));
        assert_eq!(Template::parse("{x}", 2), Err("there is no part {x}".to_owned()));
        assert_eq!(Template::parse("so {1", 2), Err("a `{` is never closed".to_owned()));
    }
}
