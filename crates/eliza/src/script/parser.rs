//! Parses a script. The first word of a line says what the line is. Blank lines, indentation and lines that start with
//! `#` are ignored.
//!
//! ```text
//! cut but though                these words end a clause, as a comma does
//! common the our                these words are not names; they lose their capital at the start of a clause
//! group family = mother father  a group of words, called `@family` below
//! pre dont = don't              a substitution before matching
//! post you @do = I @do          a substitution in repeated parts; with a group, one for each of its words
//!
//! opening                       the first text of a conversation, as `say` lines below
//! none                          replies if there is no usable keyword
//! puzzled                       replies to a question without a usable keyword
//!
//! key dream dreams @sleep 5     a keyword with its spellings and its rank (0 if omitted)
//!   when * i dreamt _ing *      a pattern: `*` any words, `_` one word, `_ing` one with this ending, `@group`
//!     say {2} in a dream?       a reply; `*`, `_` and groups are numbered from 1; `{2^}` is capitalized
//!     goto sleep                or: continue with another keyword
//!     newkey                    or: try the next keyword
//!     rewrite i am {2} goto i   or: rephrase the clause, then continue with another keyword
//!   keep my dream *             a pattern to remember, with a `say` to return to it later
//! ```
//!
//! Words that the script writes without a capital also count as `common`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::super::pattern::{Pattern, Slot};
use super::super::swaps::Swaps;
use super::super::template::Template;
use super::super::words::{Tokenizer, Word};
use super::{Cycle, Key, Reply, Rule, Script};

/// An error in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ScriptError {
    line: usize,
    problem: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Parses a script and checks its references. Fails with the first problem.
    pub(in super::super) fn parse(text: &str) -> Result<Self, ScriptError> {
        let lines = (1..).zip(text.lines()).filter_map(|(number, text)| Line::read(number, text)).collect();
        let mut parser = Parser { lines, ..Parser::default() };
        while let Some(line) = parser.lines.pop_front() {
            parser.section(line)?;
        }
        parser.finish(text.lines().count())
    }
}

/// A line that is neither blank nor a comment.
#[derive(Clone, Copy)]
struct Line<'s> {
    number: usize,
    what: &'s str,
    rest: &'s str,
}

impl<'s> Line<'s> {
    fn read(number: usize, text: &'s str) -> Option<Self> {
        let text = text.trim();
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is_relevant = !text.is_empty() && !text.starts_with('#');
        is_relevant.then_some(Self { number, what, rest: rest.trim() })
    }

    fn error(self, problem: impl Into<String>) -> ScriptError {
        ScriptError { line: self.number, problem: problem.into() }
    }

    /// The texts on both sides of `=`.
    fn sides(self) -> Result<(&'s str, &'s str), ScriptError> {
        let (left, right) = self.rest.split_once('=').ok_or_else(|| self.error("there is no `=`"))?;
        Ok((left.trim(), right.trim()))
    }
}

/// The state of parsing.
#[derive(Default)]
struct Parser<'s> {
    /// The lines that are not parsed yet.
    lines: VecDeque<Line<'s>>,
    tokenizer: Tokenizer,
    groups: HashMap<&'s str, Arc<BTreeSet<String>>>,
    pre: Swaps,
    post: Swaps,
    keys: Vec<Key>,
    by_word: HashMap<String, usize>,
    opening: Option<Cycle<String>>,
    none: Option<Cycle<String>>,
    puzzled: Option<Cycle<String>>,
    cycles: usize,
    /// References to keywords, which may be defined later.
    jumps: Vec<(Line<'s>, String)>,
}

impl<'s> Parser<'s> {
    fn section(&mut self, head: Line<'s>) -> Result<(), ScriptError> {
        match head.what {
            "cut" => self.tokenizer.cuts.extend(lowercase_words(head.rest)),
            "common" => self.tokenizer.common.extend(lowercase_words(head.rest)),
            "group" => self.group(head)?,
            "pre" | "post" => self.swap(head)?,
            "opening" => self.opening = Some(self.cycle(head, Self::saying)?),
            "none" => self.none = Some(self.cycle(head, Self::saying)?),
            "puzzled" => self.puzzled = Some(self.cycle(head, Self::saying)?),
            "key" => self.key(head)?,
            "when" | "keep" => return Err(head.error(format!("`{}` must be below a `key`", head.what))),
            "say" | "goto" | "newkey" | "rewrite" => {
                return Err(head.error(format!("`{}` is not allowed here", head.what)));
            }
            other => return Err(head.error(format!("`{other}` is not a known kind of line"))),
        }
        Ok(())
    }

    fn group(&mut self, head: Line<'s>) -> Result<(), ScriptError> {
        let (name, words) = head.sides()?;
        self.add_common_words(words);
        let members: BTreeSet<_> = lowercase_words(words).collect();
        if name.is_empty() || members.is_empty() {
            return Err(head.error("a group needs a name and words"));
        }
        match self.groups.insert(name, Arc::new(members)) {
            Some(_) => Err(head.error(format!("group `@{name}` is defined twice"))),
            None => Ok(()),
        }
    }

    fn swap(&mut self, head: Line<'s>) -> Result<(), ScriptError> {
        let (from, to) = head.sides()?;
        let group = from.split_whitespace().find(|word| word.starts_with('@'));
        let members = match group {
            Some(group) => self.members(head, group)?.iter().cloned().collect(),
            None => BTreeSet::from([String::new()]),
        };
        for member in members {
            let with_member =
                |side: &str| group.map_or(side.to_owned(), |group| side.replace(group, &member));
            let (from, to) = (with_member(from), with_member(to));
            self.add_common_words(&from);
            let table = if head.what == "pre" { &mut self.pre } else { &mut self.post };
            if !table.add(Word::line(&from), Word::line(&to)) {
                return Err(head.error(format!("`{from}` is empty or defined twice")));
            }
        }
        Ok(())
    }

    fn key(&mut self, head: Line<'s>) -> Result<(), ScriptError> {
        let (spellings, rank) = match head.rest.rsplit_once(' ').map(|(words, rank)| (words, rank.parse())) {
            Some((words, Ok(rank))) => (words, rank),
            _ => (head.rest, 0),
        };
        let mut words = vec![];
        for spelling in spellings.split_whitespace() {
            if spelling.starts_with('@') {
                words.extend(self.members(head, spelling)?.iter().cloned());
            } else {
                self.add_common_words(spelling);
                words.push(spelling.to_lowercase());
            }
        }
        for word in &words {
            if self.by_word.insert(word.clone(), self.keys.len()).is_some() {
                return Err(head.error(format!("keyword `{word}` is defined twice")));
            }
        }
        let (mut rules, mut keeps) = (vec![], vec![]);
        while let Some(line) = self.next_of(&["when", "keep"]) {
            let pattern = self.pattern(line)?;
            let parts = pattern.part_count();
            if line.what == "when" {
                let replies = self.cycle(line, |parser, line| parser.reply(line, parts))?;
                rules.push(Rule { pattern, replies });
            } else {
                let replies = self.cycle(line, |_, line| template(line, parts))?;
                keeps.push(Rule { pattern, replies });
            }
        }
        if words.is_empty() || rules.is_empty() {
            return Err(head.error("a `key` needs a word and a `when` below it"));
        }
        self.keys.push(Key { rank, rules, keeps });
        Ok(())
    }

    fn pattern(&self, line: Line<'s>) -> Result<Pattern, ScriptError> {
        let words: Vec<_> = line.rest.split_whitespace().collect();
        if words.is_empty() {
            return Err(line.error("a pattern needs a word or a `*`"));
        }
        let run = |words: &[&str]| words.iter().map(|word| self.slot(line, word)).collect();
        Ok(Pattern::new(words.split(|word| *word == "*").map(run).collect::<Result<_, _>>()?))
    }

    fn slot(&self, line: Line<'s>, word: &str) -> Result<Slot, ScriptError> {
        Ok(if word.starts_with('@') {
            Slot::Group(self.members(line, word)?.clone())
        } else if let Some(ending) = word.strip_prefix('_') {
            Slot::Ending(ending.to_lowercase())
        } else {
            Slot::Word(word.to_lowercase())
        })
    }

    /// Parses the reply lines below `head`; at least one.
    fn cycle<T>(
        &mut self,
        head: Line<'s>,
        read: impl Fn(&mut Self, Line<'s>) -> Result<T, ScriptError>,
    ) -> Result<Cycle<T>, ScriptError> {
        let mut lines = vec![];
        while let Some(line) = self.next_of(&["say", "goto", "newkey", "rewrite"]) {
            lines.push(read(self, line)?);
        }
        if lines.is_empty() {
            return Err(head.error(format!("there is no reply below this `{}`", head.what)));
        }
        let index = self.cycles;
        self.cycles += 1;
        Ok(Cycle { index, lines })
    }

    fn saying(&mut self, line: Line<'s>) -> Result<String, ScriptError> {
        template(line, 0)?;
        Ok(line.rest.to_owned())
    }

    fn reply(&mut self, line: Line<'s>, parts: usize) -> Result<Reply, ScriptError> {
        match line.what {
            "goto" => Ok(Reply::Goto(self.jump(line, line.rest))),
            "newkey" => Ok(Reply::NewKey),
            "rewrite" => {
                let (text, key) =
                    line.rest.rsplit_once(" goto ").ok_or_else(|| line.error("there is no `goto`"))?;
                let text = Template::parse(text, parts).map_err(|problem| line.error(problem))?;
                Ok(Reply::Rewrite(text, self.jump(line, key)))
            }
            _ => template(line, parts).map(Reply::Say),
        }
    }

    fn jump(&mut self, line: Line<'s>, key: &str) -> String {
        let key = key.trim().to_lowercase();
        self.jumps.push((line, key.clone()));
        key
    }

    fn finish(self, end: usize) -> Result<Script, ScriptError> {
        for (line, key) in &self.jumps {
            if !self.by_word.contains_key(key) {
                return Err(line.error(format!("there is no keyword `{key}`")));
            }
        }
        let missing = |what: &str| ScriptError { line: end, problem: format!("there is no `{what}`") };
        Ok(Script {
            tokenizer: self.tokenizer,
            pre: self.pre,
            post: self.post,
            keys: self.keys,
            opening: self.opening.ok_or_else(|| missing("opening"))?,
            none: self.none.ok_or_else(|| missing("none"))?,
            puzzled: self.puzzled.ok_or_else(|| missing("puzzled"))?,
            cycles: self.cycles,
            by_word: self.by_word,
        })
    }

    fn next_of(&mut self, kinds: &[&str]) -> Option<Line<'s>> {
        let next = *self.lines.front().filter(|line| kinds.contains(&line.what))?;
        self.lines.pop_front();
        Some(next)
    }

    fn members(&self, line: Line<'s>, group: &str) -> Result<&Arc<BTreeSet<String>>, ScriptError> {
        let name = group.trim_start_matches('@');
        self.groups.get(name).ok_or_else(|| line.error(format!("there is no group `@{name}`")))
    }

    /// Records words without capitals as words that are not names.
    fn add_common_words(&mut self, words: &str) {
        let plain = words.split_whitespace().filter(|word| !word.contains(char::is_uppercase));
        self.tokenizer.common.extend(plain.map(str::to_owned));
    }
}

/// Parses the template of a `say` line, where no other line is allowed.
fn template(line: Line<'_>, parts: usize) -> Result<Template, ScriptError> {
    if line.what != "say" || line.rest.is_empty() {
        return Err(line.error("only a `say` with text is allowed here"));
    }
    Template::parse(line.rest, parts).map_err(|problem| line.error(problem))
}

fn lowercase_words(line: &str) -> impl Iterator<Item = String> {
    line.split_whitespace().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "opening\nsay Hello.\nnone\nsay Go on.\npuzzled\nsay Who knows?\n";

    fn error(script: &str) -> String {
        Script::parse(&format!("{REST}{script}")).unwrap_err().to_string()
    }

    #[test]
    fn indentation_does_not_matter() {
        let script = format!(
            "{REST}\n  # a note\ngroup pet = cat Rex
             key dog @pet 7\n\twhen * my @pet *\n\t\tsay {{2}}?\n newkey"
        );
        let script = Script::parse(&script).unwrap();
        let [key] = &script.keys[..] else { panic!("{:?}", script.keys) };
        assert_eq!((key.rank, key.rules.len(), key.rules[0].replies.lines.len()), (7, 1, 2));
        assert!(["dog", "cat", "rex"].iter().all(|word| script.key(word).is_some()));
        assert_eq!(script.cycles, 4);
        assert!(script.tokenizer.common.contains("cat") && !script.tokenizer.common.contains("rex"));
    }

    #[test]
    fn a_substitution_with_a_group_applies_to_each_word() {
        let script = Script::parse(&format!("{REST}group do = can must\npost you @do = I @do")).unwrap();
        assert_eq!(script.post.apply(&Word::line("you must")), Word::line("I must"));
        assert_eq!(
            error("group g = a\npost @g x = @g\npost a x = y"),
            "line 9: `a x` is empty or defined twice"
        );
    }

    #[test]
    fn an_unknown_or_misplaced_line_is_an_error_with_its_number() {
        assert_eq!(error("\nwhom it concerns"), "line 8: `whom` is not a known kind of line");
        assert_eq!(error("key a\nsay so"), "line 7: a `key` needs a word and a `when` below it");
        assert_eq!(error("key\nwhen *\nsay so"), "line 7: a `key` needs a word and a `when` below it");
        assert_eq!(error("group g = a\nsay so"), "line 8: `say` is not allowed here");
        assert_eq!(error("when *"), "line 7: `when` must be below a `key`");
        assert_eq!(
            error("key a\nwhen *\n\nkey b\nwhen *\nsay so"),
            "line 8: there is no reply below this `when`"
        );
        assert_eq!(error("key a\nwhen\nsay so"), "line 8: a pattern needs a word or a `*`");
        assert_eq!(error("pre a b"), "line 7: there is no `=`");
    }

    #[test]
    fn references_must_exist() {
        assert_eq!(error("key a\nwhen *\ngoto b"), "line 9: there is no keyword `b`");
        assert_eq!(error("key a\nwhen *\nrewrite i am {1} goto b"), "line 9: there is no keyword `b`");
        assert_eq!(error("key a\nwhen *\nrewrite i am {1}"), "line 9: there is no `goto`");
        assert_eq!(error("key a\nwhen my @pet\nsay so"), "line 8: there is no group `@pet`");
        assert_eq!(error("key @pet\nwhen *\nsay so"), "line 7: there is no group `@pet`");
        assert_eq!(error("key a\nwhen * a *\nsay {3}"), "line 9: there is no part {3}");
        assert_eq!(Script::parse("none\nsay Hm.").unwrap_err().to_string(), "line 2: there is no `opening`");
    }

    #[test]
    fn nothing_is_defined_twice() {
        assert_eq!(
            error("key a b\nwhen *\nsay so\nkey b\nwhen *\nsay so"),
            "line 10: keyword `b` is defined twice"
        );
        assert_eq!(error("group g = a\ngroup g = b"), "line 8: group `@g` is defined twice");
    }

    #[test]
    fn keep_rules_and_fallbacks_allow_only_say() {
        let problem = "only a `say` with text is allowed here";
        assert_eq!(error("key a\nwhen *\nsay so\nkeep *\ngoto a"), format!("line 11: {problem}"));
        assert_eq!(error("none\nnewkey"), format!("line 8: {problem}"));
        assert_eq!(error("none\nsay"), format!("line 8: {problem}"));
        assert_eq!(error("none\nsay {1}"), "line 8: there is no part {1}");
    }
}
