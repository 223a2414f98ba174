//! Decomposition: whether a clause has a given shape, and which of its words stand where.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::Word;

/// One place in a pattern that takes exactly one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// This word.
    Word(String),
    /// `@group`: any word of a group.
    Group(Arc<BTreeSet<String>>),
    /// `_` or `_ing`: any word with this ending.
    Ending(String),
}

impl Place {
    fn takes(&self, word: &Word) -> bool {
        #[cfg(test)]
        steps::count();
        match self {
            Self::Word(expected) => *expected == word.key,
            Self::Group(members) => members.contains(&word.key),
            Self::Ending(ending) => word.key.ends_with(&**ending),
        }
    }

    /// Whether the word found here is a part that a reply may name.
    fn is_part(&self) -> bool {
        !matches!(self, Self::Word(_))
    }
}

/// The shape of a clause: runs of places, with any number of words (a `*`) between one run and the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    runs: Vec<Vec<Place>>,
}

impl Pattern {
    /// The pattern of these runs. A run may be empty: `*` alone is two empty runs.
    pub fn new(runs: Vec<Vec<Place>>) -> Self {
        Self { runs }
    }

    /// How many parts a clause falls into: one for each place that is not a plain word, one for each `*`.
    pub fn part_count(&self) -> usize {
        let places = self.runs.iter().flatten().filter(|place| place.is_part()).count();
        places + self.runs.len().saturating_sub(1)
    }

    /// The parts of a clause of this shape, left to right; `None` if it has another shape.
    ///
    /// The first run stands at the start, the last at the end, and each run between is taken where it first
    /// fits. Taking it later could only leave fewer words to the runs after it, so nothing is ever tried
    /// twice: the cost is at most the words of the clause times the places of the pattern, however many
    /// wildcards there are.
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
    /// A clause of this shape, with `filler` for its first `*`, the next one for the next, and so on round,
    /// and `stem` for its `_`.
    pub fn sample(&self, filler: &[&str], stem: &str) -> Vec<Word> {
        let mut fillers = filler.iter().cycle();
        let mut words = vec![];
        for (n, run) in self.runs.iter().enumerate() {
            if n > 0 {
                words.extend(Word::line(fillers.next().unwrap_or(&"")));
            }
            words.extend(run.iter().map(|place| match place {
                Place::Word(word) => Word::new(word),
                Place::Group(members) => Word::new(members.first().unwrap()),
                Place::Ending(ending) => Word::new(&format!("{stem}{ending}")),
            }));
        }
        words
    }
}

/// The parts in `run` if the first of `words` fill its places.
fn take<'w>(run: &[Place], words: &'w [Word]) -> Option<Vec<&'w [Word]>> {
    let fits = run.len() <= words.len() && run.iter().zip(words).all(|(place, word)| place.takes(word));
    fits.then(|| {
        run.iter().zip(words.chunks(1)).filter(|(place, _)| place.is_part()).map(|(_, word)| word).collect()
    })
}

/// Counts comparisons, so that tests can bound the work of a turn without a clock.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static TAKEN: Cell<usize> = const { Cell::new(0) });

    /// One more step.
    pub fn count() {
        TAKEN.set(TAKEN.get() + 1);
    }

    /// The steps that `work` takes.
    pub fn of(work: impl FnOnce()) -> usize {
        let before = TAKEN.get();
        work();
        TAKEN.get() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern from a line, with `@pet` as its one group.
    fn pattern(line: &str) -> Pattern {
        let pets = Arc::new(BTreeSet::from(["cat".to_owned(), "dog".to_owned()]));
        let place = |word: &str| match word {
            "@pet" => Place::Group(pets.clone()),
            _ => word
                .strip_prefix('_')
                .map_or(Place::Word(word.to_owned()), |end| Place::Ending(end.to_owned())),
        };
        let words: Vec<_> = line.split(' ').collect();
        Pattern::new(
            words
                .split(|word| *word == "*")
                .map(|run| run.iter().map(|word| place(word)).collect())
                .collect(),
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
    fn stars_take_what_lies_between_the_words() {
        assert_eq!(parts("* i * you *", "today I like you a lot"), some(["today", "like", "a lot"]));
        assert_eq!(parts("* i * you *", "I you"), some(["", "", ""]));
        assert_eq!(parts("*", "what ever"), some(["what ever"]));
        assert_eq!(parts("* i * you *", "you like I"), None);
    }

    #[test]
    fn a_pattern_without_stars_takes_the_whole_clause() {
        assert_eq!(parts("who are you", "Who are you"), some([]));
        assert_eq!(parts("who are you", "who are you then"), None);
        assert_eq!(parts("who are you", "who are"), None);
    }

    #[test]
    fn the_ends_of_a_pattern_stand_at_the_ends_of_the_clause() {
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
    fn many_stars_never_cost_more_than_words_times_places() {
        let hopeless = pattern("* a * a * a * a * a * a * a * b *");
        let words = Word::line(&"a ".repeat(1_000));
        let taken = steps::of(|| assert_eq!(hopeless.parts(&words), None));
        assert!((1_000..=8 * 1_000).contains(&taken), "{taken} steps");
    }
}
