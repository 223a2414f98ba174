use super::*;
use proptest::prelude::*;

fn all(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    split(text, |word| {
        words.push(word);
        true
    });
    words
}

fn texts(text: &str) -> Vec<String> {
    all(text).into_iter().map(|word| word.text).collect()
}

#[test]
fn words_are_split_at_spaces_and_punctuation() {
    for (text, expected) in [
        ("Hello, world!", "hello world"),
        ("foo.bar_baz(1) -> x86-64", "foo bar baz 1 x86 64"),
        ("can't can’t l'été", "can t can t l ete"),
        ("\"quoted\" AND NOT near/2 a:b a* (or)", "quoted and not near 2 a b a or"),
        ("3.14 1,000 ½", "3 14 1 000 1 2"),
        (" \t\n.,;:!?…—-_'\"`()[]{}<>@#$%^&*+=|\\/~", ""),
    ] {
        assert_eq!(texts(text).join(" "), expected, "{text}");
    }
}

#[test]
fn case_accents_and_compatibility_forms_do_not_distinguish_words() {
    for words in [
        &["Istanbul", "ISTANBUL", "İstanbul", "ıstanbul", "istanbul"][..],
        &["straße", "STRASSE", "STRAẞE", "strasse"],
        &["Οδυσσεύς", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ"],
        &["Ｅ́tude", "étude", "e\u{301}tude", "ETUDE"],
        &["ﬁnd", "find", "FIND"],
        &["Zusammen\u{ad}arbeit", "zusammenarbeit"],
        &["ёлка", "ЁЛКА", "елка"],
        &["שָׁלוֹם", "שלום"],
        &["مُحَمَّد", "محمد"],
        &["👍🏽", "👍"],
        &["❤\u{fe0f}", "❤"],
        &["ｶﾞｿﾘﾝ", "ガソリン"],
        &["각", "\u{1100}\u{1161}\u{11a8}"],
    ] {
        for word in words {
            assert_eq!(texts(word), texts(words[0]), "{word}");
            assert!(!texts(word).is_empty(), "{word}");
        }
    }
}

#[test]
fn vowel_signs_and_voicing_marks_distinguish_words() {
    for [one, other] in [["कल", "काल"], ["か", "が"], ["กา", "กี"]] {
        assert_ne!(texts(one), texts(other));
    }
}

#[test]
fn scripts_without_spaces_become_pairs() {
    for (text, expected) in [
        ("東京都", "東京 京都 都"),
        ("東", "東"),
        ("東京。大阪", "東京 京 大阪 阪"),
        ("Rust言語2", "rust 言語 語 2"),
        ("コーヒー", "コー ーヒ ヒー ー"),
        ("한국어 말", "한국 국어 어 말"),
        ("ไทย", "ไท ทย ย"),
    ] {
        assert_eq!(texts(text).join(" "), expected, "{text}");
    }
    assert_eq!(all("東京")[0].kind, WordKind::Pair { first: true });
    assert_eq!(all("東京")[1].kind, WordKind::End { alone: false });
    assert_eq!(all("東")[0].kind, WordKind::End { alone: true });
    assert_eq!(all("カナ")[0].range, 0..6);
    assert_eq!(all("カナ")[1].range, 3..6);
}

#[test]
fn emoji_are_words() {
    for (text, expected) in
        [("nice🎉🎉", "nice 🎉 🎉"), ("🇩🇪🇫🇷", "🇩🇪 🇫🇷"), ("👩\u{200d}🔬!", "👩🔬"), ("1\u{fe0f}\u{20e3}", "1")]
    {
        assert_eq!(texts(text).join(" "), expected, "{text}");
    }
}

#[test]
fn long_words_and_texts_are_cut() {
    assert_eq!(texts(&"é".repeat(1000)), ["e".repeat(MAX_WORD)]);
    assert_eq!(texts(&"ж".repeat(1000)), ["ж".repeat(MAX_WORD / 2)]);
    let many = (0..MAX_WORDS + 10).map(|number| format!("w{number} w0")).collect::<Vec<_>>().join(" ");
    let words = distinct(&many);
    assert_eq!((words.len(), words[1].as_str()), (MAX_WORDS, "w1"));
}

proptest! {
    #[test]
    fn words_have_a_place_and_no_character_with_a_meaning_in_queries(text in "(\\PC|[a-zA-Zäß'\"\\\\*:()&|! 東京ไทย한👩🏽🇩\u{200d}\u{301}\u{fe0f}\n]){0,40}") {
        for word in all(&text) {
            prop_assert!(!word.text.is_empty() && word.text.len() <= MAX_WORD);
            prop_assert!(text.get(word.range.clone()).is_some_and(|place| !place.is_empty()));
            prop_assert!(word.text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || (!c.is_ascii() && !c.is_whitespace())), "{:?}", word);
        }
    }

    #[test]
    fn words_of_words_are_the_same(text in "(\\PC|[a-zA-Zäß 東京ไทย한👩\u{301}]){0,40}") {
        for word in distinct(&text) {
            let again = texts(&word);
            prop_assert!(again.contains(&word) , "{:?} became {:?}", word, again);
        }
    }

    #[test]
    fn case_does_not_matter(text in "[a-zA-ZÀ-ÿĀ-ſΑ-ωА-яԱ-և 0-9]{0,40}") {
        let words = distinct(&text);
        prop_assert_eq!(&distinct(&text.to_uppercase()), &words);
        prop_assert_eq!(&distinct(&text.to_lowercase()), &words);
    }

    #[test]
    fn composition_does_not_matter(text in "[a-zA-ZÀ-ÿĀ-ſΑ-ωА-яぁ-ヿ가-힣\u{300}-\u{314} ]{0,40}") {
        let words = distinct(&text.nfc().collect::<String>());
        prop_assert_eq!(&distinct(&text.nfd().collect::<String>()), &words);
    }
}
