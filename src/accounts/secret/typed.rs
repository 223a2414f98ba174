//! Detects secrets that a person made up, by the length of their shortest description.
//!
//! A text is described as a sequence of words, common pairs of letters, runs (along the alphabet, along a keyboard, or
//! a repetition of earlier text) and single characters. Each part has a cost in tenths of a bit. Typed text consists
//! mostly of cheap parts; random text contains them only by accident.

/// The most frequent successors of each letter of the alphabet in English, the most frequent first.
const FOLLOWERS: [&str; 26] = [
    "ntlrscdi", "leauoryi", "oehatkil", "eiaosrud", "rnsdatcl", "oireaftu", "ehraionu", "eaiortnu",
    "ntscolem", "uoeasiwt", "eiansyol", "elioyadu", "eaiopbum", "dtgescio", "nrfumtls", "reolaiph",
    "uaiwestr", "eoiatsyd", "tesiohua", "hioersat", "rstnlgpc", "eiaoyrsu", "aeihonrs", "tpiaceho",
    "oseipatm", "eaioyzlu",
];

/// Words that occur in made-up secrets, including the most frequent English words; all in lower case.
const WORDS: &str = include_str!("words.txt");

/// The rows of a keyboard from top to bottom, each without and with the shift key.
const ROWS: [[&str; 2]; 4] = [
    ["1234567890-=", "!@#$%^&*()_+"],
    ["qwertyuiop[]", "qwertyuiop{}"],
    ["asdfghjkl;'", "asdfghjkl:\""],
    ["zxcvbnm,./", "zxcvbnm<>?"],
];

/// The steps of a run: distances in the alphabet, or rows and keys on the keyboard.
const STEPS: [i16; 5] = [0, 1, -1, 2, -2];
const KEYBOARD_STEPS: [(i8, i8); 8] = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1), (1, 1), (-1, -1)];

/// The greatest distance over which a run continues. Only repetitions reach further back.
const MAX_RUN_LAG: usize = 2;

/// The number of bytes that are examined. More would not change the result.
const MAX_BYTES: usize = 256;

// Costs in tenths of a bit. A random printable character has 6.6 bits. Choices that people make often cost less, and
// so the others cost more.
const CHARACTER: usize = 80;
const SAME_CLASS: usize = 65;
const FOLLOWER: usize = 34;
const WORD: usize = 120;
const YEAR: usize = 110;
const RUN_START: usize = 90;
const RUN_CHARACTER: usize = 5;
const REPETITION_START: usize = 80;

/// The average cost per character below which a text counts as typed. Random texts cost from 6.6 bits (hexadecimal
/// digits) to 7.4 bits (with punctuation), ±0.3 for 32 characters and ±0.2 for 64. Of 600,000 random texts with 43 or
/// more characters, none cost less than 5.1 bits.
const TYPED_BELOW: usize = 49;

/// Returns whether a person probably typed the text.
pub fn looks_typed(text: &[u8]) -> bool {
    let text = &text[..text.len().min(MAX_BYTES)];
    cost(text) < TYPED_BELOW * text.len()
}

/// Computes the cost of the cheapest description.
fn cost(text: &[u8]) -> usize {
    let words: Vec<&[u8]> = WORDS.split_whitespace().map(str::as_bytes).collect();
    let keys: Vec<_> = text.iter().map(|byte| (byte.to_ascii_lowercase(), key(*byte))).collect();
    let mut cheapest = vec![usize::MAX; text.len() + 1];
    cheapest[0] = 0;
    for at in 0..text.len() {
        let (rest, so_far) = (&text[at..], cheapest[at]);
        let mut offer = |length: usize, cost: usize| {
            cheapest[at + length] = cheapest[at + length].min(so_far + cost);
        };
        offer(1, character_cost(at.checked_sub(1).map(|before| text[before]), text[at]));
        for word in words.iter().filter(|word| rest.len() >= word.len()) {
            if rest.iter().zip(*word).all(|(&byte, &letter)| stands_for(byte, letter)) {
                offer(word.len(), WORD);
            }
        }
        if let [b'1', b'9', a, b, ..] | [b'2', b'0', a, b, ..] = rest
            && a.is_ascii_digit()
            && b.is_ascii_digit()
        {
            offer(4, YEAR);
        }
        for lag in 1..=at {
            let run = |related: &dyn Fn(Key, Key) -> bool| {
                (at..text.len()).take_while(|&on| related(keys[on - lag], keys[on])).count()
            };
            let mut offer_run = |length: usize, start| {
                if length > 0 {
                    offer(length, start + RUN_CHARACTER * length);
                }
            };
            if lag > MAX_RUN_LAG {
                let back = lag.ilog2() as usize;
                offer_run(run(&|before, key| before.0 == key.0), REPETITION_START + 10 * back);
                continue;
            }
            for step in STEPS {
                offer_run(run(&|before, key| i16::from(key.0) - i16::from(before.0) == step), RUN_START);
            }
            for (down, right) in KEYBOARD_STEPS {
                offer_run(
                    run(&|before, key| {
                        before.1.zip(key.1).is_some_and(|(a, b)| (b.0 - a.0, b.1 - a.1) == (down, right))
                    }),
                    RUN_START,
                );
            }
        }
    }
    cheapest[text.len()]
}

/// A character in lower case and its position on the keyboard, as row and column.
type Key = (u8, Option<(i8, i8)>);

fn key(byte: u8) -> Option<(i8, i8)> {
    let byte = byte.to_ascii_lowercase();
    (0..).zip(ROWS).find_map(|(row, shifts)| {
        let column = |keys: &str| (0..).zip(keys.bytes()).find(|(_, key)| *key == byte);
        shifts.into_iter().find_map(column).map(|(column, _)| (row, column))
    })
}

/// Returns whether the byte is the letter, or a digit or sign that looks like it.
fn stands_for(byte: u8, letter: u8) -> bool {
    byte.to_ascii_lowercase() == letter
        || matches!(
            (byte, letter),
            (b'4' | b'@', b'a')
                | (b'3', b'e')
                | (b'1' | b'!', b'i')
                | (b'0', b'o')
                | (b'5' | b'$', b's')
                | (b'7', b't')
        )
}

/// The cost of a single character after another one.
fn character_cost(before: Option<u8>, byte: u8) -> usize {
    let Some(before) = before else { return CHARACTER };
    let same_class = (before.is_ascii_lowercase() && byte.is_ascii_lowercase())
        || (before.is_ascii_uppercase() && byte.is_ascii_uppercase())
        || (before.is_ascii_digit() && byte.is_ascii_digit());
    let in_a_word = before.is_ascii_alphabetic()
        && (same_class || (before.is_ascii_uppercase() && byte.is_ascii_lowercase()));
    let letter = usize::from(before.to_ascii_lowercase().wrapping_sub(b'a'));
    if in_a_word && FOLLOWERS[letter].as_bytes().contains(&byte.to_ascii_lowercase()) {
        FOLLOWER
    } else if same_class {
        SAME_CLASS
    } else {
        CHARACTER
    }
}
