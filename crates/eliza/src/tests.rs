//! Tests of whole conversations: with small scripts for single mechanisms, and with the doctor's script.

use super::pattern::steps;
use super::script::{Key, Reply, Rule};
use super::words::Word;
use super::*;

const BARE: &str = "
    opening
        say Hello.
    none
        say None 1.
        say None 2.
        say None 3.
    puzzled
        say Puzzled.
    post i = you
    post my = your
    post you = me
    post you are = I am
";

fn eliza(script: &str) -> Eliza {
    Eliza { script: Script::parse(&format!("{BARE}{script}")).unwrap_or_else(|error| panic!("{error}")) }
}

/// The answers to each of the messages in turn.
fn talk(eliza: &Eliza, seed: u64, said: &[&str]) -> Vec<String> {
    (1..=said.len()).map(|count| eliza.answer(seed, said[..count].iter().copied())).collect()
}

fn doctor(said: &[&str]) -> String {
    Eliza::doctor().answer(7, said.iter().copied())
}

// --- Mechanisms ---

#[test]
fn the_keyword_with_the_highest_rank_wins() {
    let eliza =
        eliza("key cat 1\nwhen *\nsay Cat.\nkey dog 2\nwhen *\nsay Dog.\nkey cow 1\nwhen *\nsay Cow.");
    assert_eq!(eliza.answer(1, ["a cow, a cat and a dog"]), "Dog.");
    assert_eq!(eliza.answer(1, ["dog. cat"]), "Dog.");
    assert_eq!(eliza.answer(1, ["cow or cat"]), "Cow.", "the first of two with equal rank");
}

#[test]
fn a_keyword_without_a_matching_pattern_gives_way_to_the_next() {
    let eliza = eliza("key cat 2\nwhen my cat *\nsay {1}?\nkey dog\nwhen *\nsay Dog.");
    assert_eq!(eliza.answer(1, ["my cat purrs at the dog"]), "Purrs at the dog?");
    assert_eq!(eliza.answer(1, ["my cat and", "the cat saw a dog"]), "Dog.");
    assert_eq!(eliza.answer(1, ["dog, my cat"]), "Dog.", "an empty part is not repeated");
}

#[test]
fn goto_rewrite_and_newkey_continue() {
    let eliza = eliza(
        "key mum 3\nwhen *\ngoto mother\nkey mother\nwhen * mum *\nsay Mum.\nwhen *\nsay Mother.
         key hates 2\nwhen * hates *\nrewrite {1} does not love {2} goto love
         key love\nwhen * love *\nsay Love {2}?
         key well 9\nwhen *\nnewkey",
    );
    assert_eq!(eliza.answer(1, ["well mum"]), "Mum.");
    assert_eq!(eliza.answer(1, ["she hates you"]), "Love me?");
    assert_eq!(eliza.answer(1, ["well?"]), "Puzzled.");
}

#[test]
fn a_script_with_a_loop_terminates() {
    let eliza = eliza("key egg\nwhen *\ngoto hen\nkey hen\nwhen *\nrewrite egg {1} goto egg");
    assert!(eliza.answer(1, ["which came first, the hen or the egg"]).starts_with("None"));
}

#[test]
fn replies_are_used_in_turn_and_the_seed_selects_the_first() {
    let eliza = eliza("key a\nwhen *\nsay 1.\nsay 2.\nsay 3.");
    let rounds: Vec<_> = (0..32).map(|seed| talk(&eliza, seed, &["a"; 6]).concat()).collect();
    assert!(rounds.iter().all(|round| "1.2.3.1.2.3.1.2.3.".contains(&**round)), "{rounds:?}");
    for first in ["1", "2", "3"] {
        assert!(rounds.iter().any(|round| round.starts_with(first)), "no seed starts with {first}");
    }
}

#[test]
fn repeated_parts_change_their_point_of_view() {
    let eliza = eliza(
        "pre i'm = I am\nkey think\nwhen * i think *\nsay Why do you think {2}?
         key am\nwhen * i am *\nsay {2}?",
    );
    assert_eq!(eliza.answer(1, ["I think you are my friend"]), "Why do you think I am your friend?");
    assert_eq!(eliza.answer(1, ["today i’m in Paris!!"]), "In Paris?");
}

#[test]
fn a_memory_is_recalled_later_if_no_keyword_matches() {
    let eliza = eliza("key my\nwhen *\nsay Go on.\nkeep my *\nsay Your {1} again.");
    let answers = talk(&eliza, 1, &["my cat", "my cat?", "hm", "hm", "my dog", "hm", "hm", "why?", "hm"]);
    assert_eq!(answers[..3], ["Go on.", "Go on.", "Your cat again."]);
    assert!(answers[3].starts_with("None"), "{answers:?}");
    assert!(answers[5].starts_with("None"), "too early: {answers:?}");
    assert_eq!(answers[6], "Your dog again.");
    assert_eq!(answers[7], "Puzzled.");
    assert!(answers[8].starts_with("None"), "a memory is recalled once: {answers:?}");
}

#[test]
fn memories_are_recalled_one_at_a_time_and_the_oldest_are_lost() {
    let eliza = eliza("key my\nwhen *\nsay Go on.\nkeep my *\nsay Your {1} again.");
    let said = "my a,my b,my c,my d,my e,my f,my g,my h,my i,hm,hm,hm".split(',');
    let answers = talk(&eliza, 1, &said.collect::<Vec<_>>());
    assert_eq!(answers[9], "Your b again.");
    assert!(answers[10].starts_with("None"), "{answers:?}");
    assert_eq!(answers[11], "Your c again.");
}

#[test]
fn a_message_of_unusable_keywords_takes_bounded_work() {
    let key = |n: usize| format!("key k{n}\nwhen * never *\nsay Never.\n");
    let eliza = eliza(&(0..60).map(key).collect::<String>());
    let all = (0..60).map(|n| format!("k{n} ")).collect::<String>() + ", ";
    let taken = steps::of(|| assert!(eliza.answer(1, [&*all.repeat(40)]).starts_with("None")));
    assert!(taken < 10_000, "{taken} steps");
}

#[test]
fn the_same_message_never_gets_the_same_answer_twice_in_a_row() {
    let answers = talk(&eliza(""), 3, &["hm"; 200]);
    assert!(answers.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn only_the_latest_messages_count() {
    let eliza = eliza("key my\nwhen *\nsay Go on.\nkeep my *\nsay Your {1} again.\nkey a\nwhen *\nsay A.");
    let said = |others: usize| [vec!["my cat"], vec!["a"; others], vec!["hm"]].concat();
    assert_eq!(eliza.answer(1, said(MAX_MESSAGES - 2)), "Your cat again.");
    assert!(eliza.answer(1, said(MAX_MESSAGES - 1)).starts_with("None"));
}

// --- The doctor ---

/// Every rule of the doctor, with its keyword and the words that lead to it.
fn rules() -> Vec<(&'static Key, Vec<&'static str>, usize, &'static Rule<Reply>)> {
    let script = &Eliza::doctor().script;
    let words = |index| script.by_word.iter().filter(move |(_, at)| **at == index).map(|(word, _)| &**word);
    let of_key = |(index, key): (usize, &'static Key)| {
        key.rules.iter().enumerate().map(move |(n, rule)| (key, words(index).collect(), n, rule))
    };
    script.keys.iter().enumerate().flat_map(of_key).collect()
}

/// The index of the first rule that matches a clause.
fn first_match(key: &Key, words: &[Word]) -> Option<usize> {
    key.rules.iter().position(|rule| rule.pattern.parts(words).is_some())
}

/// Whether everything that can follow from a clause under `key` ends with a reply or with the next keyword.
fn leads_to_reply(key: &Key, words: &[Word], jumps: usize) -> bool {
    let script = &Eliza::doctor().script;
    let Some(rule) = first_match(key, words).map(|n| &key.rules[n]) else {
        return false;
    };
    let parts = rule.pattern.parts(words).unwrap();
    let next =
        |key: &str, words: &[Word]| jumps > 0 && leads_to_reply(script.key(key).unwrap(), words, jumps - 1);
    rule.replies.lines.iter().all(|reply| match reply {
        Reply::Say(_) | Reply::NewKey => true,
        Reply::Goto(key) => next(key, words),
        Reply::Rewrite(template, key) => next(key, &template.words(&parts)),
    })
}

#[test]
fn the_doctors_script_is_valid_and_large() {
    let script = Script::parse(include_str!("doctor.txt")).unwrap_or_else(|error| panic!("{error}"));
    assert!(script.keys.len() >= 60, "{} keywords", script.keys.len());
    let says = script.keys.iter().flat_map(|key| &key.rules).flat_map(|rule| &rule.replies.lines);
    assert!(says.filter(|reply| matches!(reply, Reply::Say(_))).count() >= 400);
}

#[test]
fn every_rule_of_the_doctor_can_be_reached() {
    let script = &Eliza::doctor().script;
    let jumps: Vec<_> =
        rules().iter().flat_map(|(.., rule)| &rule.replies.lines).filter_map(target).collect();
    let is_unreachable = |(key, words, n, rule): &(&Key, Vec<&str>, usize, &Rule<Reply>)| {
        let leads_here = |word: &str| script.key(word).is_some_and(|other| std::ptr::eq(other, *key));
        let jumped_to = jumps.iter().any(|word| leads_here(word));
        !words.iter().any(|word| {
            let [after, before] = [format!("{word} cheese"), format!("cheese {word}")];
            let fillers = [
                &[""][..],
                &[word],
                &[&after],
                &[&before],
                &[word, ""],
                &["", word],
                &[word, "cheese"],
                &["cheese", word],
            ];
            let samples = fillers
                .iter()
                .flat_map(|filler| ["walk", word].map(|stem| rule.pattern.sample(filler, stem)));
            samples.into_iter().any(|sample| {
                let is_used = jumped_to || sample.iter().any(|word| leads_here(&word.key));
                is_used && script.prepared(&sample) == sample && first_match(key, &sample) == Some(*n)
            })
        })
    };
    let lost: Vec<_> =
        rules().into_iter().filter(is_unreachable).map(|(_, words, n, _)| (words, n)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

fn target(reply: &Reply) -> Option<&str> {
    match reply {
        Reply::Goto(key) | Reply::Rewrite(_, key) => Some(key),
        Reply::Say(_) | Reply::NewKey => None,
    }
}

#[test]
fn every_jump_of_the_doctor_leads_to_a_reply() {
    let leads_nowhere = |(key, _, n, rule): &(&Key, Vec<&str>, usize, &Rule<Reply>)| {
        let sample = rule.pattern.sample(&["cheese"], "walk");
        first_match(key, &sample) == Some(*n) && !leads_to_reply(key, &sample, 3)
    };
    let lost: Vec<_> = rules().into_iter().filter(leads_nowhere).map(|(_, words, n, _)| (words, n)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn every_reply_of_the_doctor_is_a_clean_and_unique_sentence() {
    let script = &Eliza::doctor().script;
    let mut sentences: Vec<String> = vec![];
    for cycle in [&script.opening, &script.none, &script.puzzled] {
        sentences.extend(cycle.lines.iter().cloned());
    }
    for rule in script.keys.iter().flat_map(|key| &key.rules) {
        let parts = vec![Word::line("Cheese"); rule.pattern.part_count()];
        sentences.extend(rule.replies.lines.iter().filter_map(|reply| match reply {
            Reply::Say(template) => Some(template.sentence(&parts).unwrap()),
            _ => None,
        }));
    }
    for rule in script.keys.iter().flat_map(|key| &key.keeps) {
        let parts = vec![Word::line("Cheese"); rule.pattern.part_count()];
        sentences.extend(rule.replies.lines.iter().map(|template| template.sentence(&parts).unwrap()));
    }
    sentences.iter().for_each(|sentence| assert_clean(sentence));
    sentences.sort();
    let twice: Vec<_> = sentences.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

fn assert_clean(answer: &str) {
    let start = answer.trim_start_matches('"').chars().next();
    assert!(start.is_some_and(|c| !c.is_lowercase()), "starts in lower case: {answer}");
    assert!(
        answer.trim_end_matches('"').ends_with(['.', '?', '!']),
        "has no punctuation at its end: {answer}"
    );
    for wrong in [
        "  ", " .", " ,", " ?", " !", "..", ",,", "??", "!!", ".?", "?.", "!?", ",?", ",.", "{", "}", "\n",
        " i ",
    ] {
        assert!(!answer.contains(wrong), "`{wrong}` in: {answer}");
    }
}

#[test]
fn the_seed_determines_the_answers() {
    let said = ["Hello!", "I am sad", "my mother never calls me", "Because I moved to Paris", "hm"];
    let answers = |seed| talk(Eliza::doctor(), seed, &said);
    assert_eq!(answers(1), answers(1));
    assert!((2..10).any(|seed| answers(seed)[0] != answers(1)[0]));
    assert!((2..10).any(|seed| answers(seed)[4] != answers(1)[4]));
}

#[test]
fn any_message_gets_a_clean_answer() {
    let said = [
        "",
        " ",
        "\n",
        "?",
        "...",
        "🙂",
        "👨‍👩‍👧‍👦",
        "'",
        "-",
        "- -- —",
        "*",
        "{1}",
        "@family",
        "_ing",
        "i",
        "I",
        "you",
        "my",
        "because",
        "I am",
        "I am .",
        "i i i i",
        "you you",
        "my my my",
        "no",
        "why?",
        "WHY???",
        "Why don't you",
        "I AM SO SAD!!!",
        "我很难过。",
        "Я думаю, что ты мой друг",
        "هل أنت إنسان؟",
        "मुझे नींद नहीं आती।",
        "e\u{301}",
        "\u{301}",
        "\u{202E}abc",
        "\0",
        "a\u{0}b",
        "İstanbul I am",
        "ﬁ ß ŉ",
        "my ß is ß",
        "Ich bin traurig.",
        "No hablo inglés",
        "Was ist das?",
        "fn main() { println!(\"{}\", i); }",
        "```rust\nlet my = you;\n```",
        "SELECT * FROM users;",
        "https://example.com",
        "I love https://example.com/?a=b,c",
        "1 + 1 = 2",
        "My dog, my cat; my mother... my \"life\"!",
        "kill -9",
    ];
    for (n, text) in said.iter().enumerate() {
        for seed in 0..8 {
            assert_clean(&Eliza::doctor().answer(seed, [*text]));
            assert_clean(&Eliza::doctor().answer(seed, said[..=n].iter().copied()));
        }
    }
    assert_clean(&doctor(&[]));
}

#[test]
fn random_words_get_clean_answers() {
    let script = &Eliza::doctor().script;
    let mut words: Vec<&str> = script.by_word.keys().map(|word| &**word).collect();
    words.sort_unstable();
    words.extend([
        "I", "am", "your", "me", "myself", "and", "but", "not", "going", ",", ".", "?", "\"", "Zoë", "...",
    ]);
    // A linear congruential generator, because the words must be the same in each run.
    let mut state = 1_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    for seed in 0..400 {
        let mut message = || (0..next(9)).map(|_| words[next(words.len())]).collect::<Vec<_>>().join(" ");
        let said: Vec<String> = (0..5).map(|_| message()).collect();
        for answer in talk(Eliza::doctor(), seed, &said.iter().map(|text| &**text).collect::<Vec<_>>()) {
            assert_clean(&answer);
        }
    }
}

#[test]
fn messages_in_other_languages_get_general_replies() {
    let script = &Eliza::doctor().script;
    for text in [
        "",
        "?!",
        "我很难过。",
        "Я думаю, что ты мой друг.",
        "مرحبا",
        "मुझे नींद नहीं आती।",
        "Ich bin traurig.",
        "Das ist meine Katze",
        "Je suis triste.",
        "Quiero ir a la playa.",
        "Sono molto stanco.",
        "Jag heter Karin.",
        "Los gatos son negros.",
        "Mon chat est noir.",
        "Je suis content.",
        "Ana are mere.",
        "No me gusta.",
    ] {
        let answer = doctor(&[text]);
        assert!(script.none.lines.contains(&answer), "{text}: {answer}");
    }
    for text in ["Was ist das?", "¿Qué hora es?", "Où est la gare ?", "これは何ですか？"] {
        let answer = doctor(&[text]);
        assert!(script.puzzled.lines.contains(&answer), "{text}: {answer}");
    }
}

#[test]
fn a_long_message_costs_only_its_first_clauses() {
    let nasty = [
        "i ",
        "you ",
        "my ",
        "i you my ",
        "i am ",
        "my i, ",
        "you are my i you me you are, ",
        "i think you think that ",
        "i think you think that i want you to, ",
        "do you do ",
        "because of if ",
        "why don't ",
        "can you can ",
        "x",
        "a.",
        "- ",
        "my mother my mother ",
        "i want to, ",
        "dead life end, ",
        "kill hurt cut live good see talk do are am was well can, ",
    ];
    for text in nasty {
        let long: String = text.chars().cycle().take(10_000).collect();
        let cost = |text: &str, turns: usize| {
            steps::of(|| {
                Eliza::doctor().answer(1, vec![text; turns]);
            })
        };
        let one = cost(&long, 1);
        assert!(one < 100_000, "{one} steps for `{text}`");
        let longer = cost(&long.repeat(10), 1);
        assert!(longer <= one + one / 100, "{one} steps became {longer} for `{text}`");
        let many = cost(&long, 75);
        assert!(many <= MAX_MESSAGES * 100_000, "{many} steps for 75 times `{text}`");
    }
}

#[test]
fn the_doctor_has_replies_to_common_messages() {
    let expect = |text: &str, expected: &[&str]| {
        for seed in 0..20 {
            let answer = Eliza::doctor().answer(seed, [text]);
            assert!(expected.iter().any(|words| answer.contains(words)), "{text}: {answer}");
        }
    };
    expect("I want to kill myself", &["crisis line"]);
    expect("hello, i don't want to live anymore", &["crisis line"]);
    expect("What is your name?", &["ELIZA"]);
    expect("Hi, my name is anna!", &["Anna"]);
    expect("You are my friend.", &["I am your friend"]);
}
