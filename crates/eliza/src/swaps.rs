//! Substitution of phrases, which for example turns "you are my friend" into "I am your friend".

use std::collections::HashMap;

use super::words::Word;

/// A table of phrases and their replacements.
#[derive(Debug, Default)]
pub(super) struct Swaps {
    /// By the first word of the phrase. Longer phrases come first.
    phrases: HashMap<String, Vec<Swap>>,
}

#[derive(Debug)]
struct Swap {
    from: Vec<Word>,
    to: Vec<Word>,
}

impl Swaps {
    /// Adds a phrase. Returns `false` if it is empty or already present.
    #[must_use]
    pub fn add(&mut self, from: Vec<Word>, to: Vec<Word>) -> bool {
        let Some(first) = from.first() else { return false };
        let candidates = self.phrases.entry(first.key.clone()).or_default();
        if candidates.iter().any(|candidate| same(&candidate.from, &from)) {
            return false;
        }
        let index = candidates.partition_point(|candidate| candidate.from.len() >= from.len());
        candidates.insert(index, Swap { from, to });
        true
    }

    /// Replaces every phrase in `words`, from left to right, the longest first.
    ///
    /// Replacements are not replaced again, so "you" and "I" can be exchanged.
    pub fn apply(&self, mut words: &[Word]) -> Vec<Word> {
        let mut swapped = Vec::with_capacity(words.len());
        while let [word, rest @ ..] = words {
            let mut candidates = self.phrases.get(&word.key).into_iter().flatten();
            if let Some(Swap { from, to }) = candidates.find(|swap| starts_with(words, &swap.from)) {
                swapped.extend_from_slice(to);
                words = &words[from.len()..];
            } else {
                swapped.push(word.clone());
                words = rest;
            }
        }
        swapped
    }
}

fn starts_with(words: &[Word], phrase: &[Word]) -> bool {
    words.get(..phrase.len()).is_some_and(|start| same(start, phrase))
}

fn same(one: &[Word], other: &[Word]) -> bool {
    #[cfg(test)]
    super::pattern::steps::count();
    one.iter().map(|word| &word.key).eq(other.iter().map(|word| &word.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: &[(&str, &str)]) -> Swaps {
        let mut swaps = Swaps::default();
        for (from, to) in lines {
            assert!(swaps.add(Word::line(from), Word::line(to)), "{from} is defined twice");
        }
        swaps
    }

    fn swapped(swaps: &Swaps, said: &str) -> String {
        swaps.apply(&Word::line(said)).iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn you_are_my_friend_becomes_i_am_your_friend() {
        let post = table(&[("you", "me"), ("you are", "I am"), ("my", "your"), ("i", "you")]);
        assert_eq!(swapped(&post, "you are my Friend"), "I am your Friend");
        assert_eq!(swapped(&post, "I like you"), "you like me");
    }

    #[test]
    fn the_longest_phrase_wins_in_any_order() {
        let post = table(&[("a", "1"), ("a b c", "3"), ("a b", "2")]);
        assert_eq!(swapped(&post, "a b c a b a"), "3 2 1");
    }

    #[test]
    fn a_word_may_be_removed_or_become_several() {
        let pre = table(&[("um", ""), ("i'm", "i am")]);
        assert_eq!(swapped(&pre, "um I'm um here"), "I am here");
    }

    #[test]
    fn a_phrase_cannot_be_added_twice() {
        let mut swaps = table(&[("you are", "I am")]);
        assert!(!swaps.add(Word::line("You are"), vec![]));
        assert!(!swaps.add(vec![], vec![]));
    }
}
