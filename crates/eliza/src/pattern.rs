//! Decomposition: matches a clause with a pattern and splits it into parts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::Word;

/// A part of a pattern that matches exactly one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// This word.
    Word(String),
    /// `@group`: any word of a group.
    Group(Arc<BTreeSet<String>>),
    /// `_` or `_ing`: any word with this ending.
    Ending(String),
}

impl Slot {
    fn matches(&self, word: &Word) -> bool {
        #[cfg(test)]
        steps::count();
        match self {
            Self::Word(expected) => *expected == word.key,
            Self::Group(members) => members.contains(&word.key),
            Self::Ending(ending) => word.key.ends_with(&**ending),
        }
    }

    /// Whether the matched word is a part that a reply can use.
    fn is_part(&self) -> bool {
        !matches!(self, Self::Word(_))
    }
}

/// A pattern: runs of slots, with a wildcard (`*`, any number of words) between each two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    runs: Vec<Vec<Slot>>,
}

impl Pattern {
    /// Creates a pattern from its runs. A run may be empty: `*` alone is two empty runs.
    pub fn new(runs: Vec<Vec<Slot>>) -> Self {
        Self { runs }
    }

    /// The number of parts of a matching clause: one for each slot that is not a plain word, and one for each `*`.
    pub fn part_count(&self) -> usize {
        let slots = self.runs.iter().flatten().filter(|slot| slot.is_part()).count();
        slots + self.runs.len().saturating_sub(1)
    }

    /// The parts of a matching clause from left to right; `None` if it does not match.
    ///
    /// The first run matches at the start, the last one at the end, and each run between at the first possible
    /// position. A later position could only leave fewer words to the following runs, so no backtracking is needed.
    /// The cost is at most the number of words times the number of slots, however many wildcards there are.
    pub fn parts<'w>(&self, words: &'w [Word]) -> Option<Vec<&'w [Word]>> {
        let (first, later) = self.runs.split_first()?;
        if later.is_empty() && first.len() != words.len() {
            return None;
        }
        let mut parts = take(first, words)?;
        let mut free = first.len();
        for (n, run) in later.iter().enumerate() {
            let latest = words.len().checked_sub(run.len())?;
            let earliest = if n + 1 == later.len() { latest.max(free) } else { free };
            let (at, found) = (earliest..=latest).find_map(|at| Some((at, take(run, &words[at..])?)))?;
            parts.push(&words[free..at]);
            parts.extend(found);
            free = at + run.len();
        }
        Some(parts)
    }
}

#[cfg(test)]
impl Pattern {
    /// A clause that matches, with the texts of `filler` in turn for each `*`, and with `stem` before an ending.
    pub fn sample(&self, filler: &[&str], stem: &str) -> Vec<Word> {
        let mut fillers = filler.iter().cycle();
        let mut words = vec![];
        for (n, run) in self.runs.iter().enumerate() {
            if n > 0 {
                words.extend(Word::line(fillers.next().unwrap_or(&"")));
            }
            words.extend(run.iter().map(|slot| match slot {
                Slot::Word(word) => Word::new(word),
                Slot::Group(members) => Word::new(members.first().unwrap()),
                Slot::Ending(ending) => Word::new(&format!("{stem}{ending}")),
            }));
        }
        words
    }
}

/// The parts matched by `run` at the start of `words`; `None` if it does not match.
fn take<'w>(run: &[Slot], words: &'w [Word]) -> Option<Vec<&'w [Word]>> {
    let fits = run.len() <= words.len() && run.iter().zip(words).all(|(slot, word)| slot.matches(word));
    fits.then(|| {
        run.iter().zip(words.chunks(1)).filter(|(slot, _)| slot.is_part()).map(|(_, word)| word).collect()
    })
}

/// Counts comparisons, so that tests can limit the work of an answer without measuring time.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static TAKEN: Cell<usize> = const { Cell::new(0) });

    /// Counts one step.
    pub fn count() {
        TAKEN.set(TAKEN.get() + 1);
    }

    /// The number of steps that `work` takes.
    pub fn of(work: impl FnOnce()) -> usize {
        let before = TAKEN.get();
        work();
        TAKEN.get() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a pattern; its only group is `@pet`.
    fn pattern(line: &str) -> Pattern {
        let pets = Arc::new(BTreeSet::from(["cat".to_owned(), "dog".to_owned()]));
        let slot = |word: &str| match word {
            "@pet" => Slot::Group(pets.clone()),
            _ => {
                word.strip_prefix('_').map_or(Slot::Word(word.to_owned()), |end| Slot::Ending(end.to_owned()))
            }
        };
        let words: Vec<_> = line.split(' ').collect();
        Pattern::new(
            words.split(|word| *word == "*").map(|run| run.iter().map(|word| slot(word)).collect()).collect(),
        )
    }

    fn parts(line: &str, said: &str) -> Option<Vec<String>> {
        let words = Word::line(said);
        let join = |part: &[Word]| part.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
        Some(pattern(line).parts(&words)?.into_iter().map(join).collect())
    }

    fn some<const N: usize>(parts: [&str; N]) -> Option<Vec<String>> {
        Some(parts.map(str::to_owned).to_vec())
    }

    #[test]
    fn wildcards_match_the_words_between() {
        assert_eq!(parts("* i * you *", "today I like you a lot"), some(["today", "like", "a lot"]));
        assert_eq!(parts("* i * you *", "I you"), some(["", "", ""]));
        assert_eq!(parts("*", "what ever"), some(["what ever"]));
        assert_eq!(parts("* i * you *", "you like I"), None);
    }

    #[test]
    fn a_pattern_without_wildcards_matches_the_whole_clause() {
        assert_eq!(parts("who are you", "Who are you"), some([]));
        assert_eq!(parts("who are you", "who are you then"), None);
        assert_eq!(parts("who are you", "who are"), None);
    }

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        assert_eq!(parts("no *", "oh no"), None);
        assert_eq!(parts("* no", "no no"), some(["no"]));
        assert_eq!(parts("* a b * b", "a b"), None);
        assert_eq!(parts("a * a", "a"), None);
    }

    #[test]
    fn groups_and_endings_are_parts_too() {
        assert_eq!(parts("* my @pet *", "my Dog bites"), some(["", "Dog", "bites"]));
        assert_eq!(parts("i am _ing *", "i am losing it"), some(["losing", "it"]));
        assert_eq!(parts("i am _ing *", "i am lost"), None);
        assert_eq!(pattern("* my @pet _ *").part_count(), 4);
    }

    #[test]
    fn matching_takes_at_most_words_times_slots_steps() {
        let pattern = pattern("* a * a * a * a * a * a * a * b *");
        let words = Word::line(&"a ".repeat(1_000));
        let taken = steps::of(|| assert_eq!(pattern.parts(&words), None));
        assert!((1_000..=8 * 1_000).contains(&taken), "{taken} steps");
    }
}
