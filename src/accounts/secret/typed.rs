//! Whether somebody has made a text up: reckoned by how shortly it can be described.
//!
//! A text is described as a row of words, of usual pairs of letters, of runs (along the alphabet or a keyboard, and what
//! stands there already) and of single characters, each of which has a price in tenths of a bit. What a person types is
//! mostly of the cheap kind; what was drawn at random has it by accident alone.

/// What often stands after each letter of the alphabet in English, the commonest first.
const FOLLOWERS: [&str; 26] = [
    "ntlrscdi", "leauoryi", "oehatkil", "eiaosrud", "rnsdatcl", "oireaftu", "ehraionu", "eaiortnu",
    "ntscolem", "uoeasiwt", "eiansyol", "elioyadu", "eaiopbum", "dtgescio", "nrfumtls", "reolaiph",
    "uaiwestr", "eoiatsyd", "tesiohua", "hioersat", "rstnlgpc", "eiaoyrsu", "aeihonrs", "tpiaceho",
    "oseipatm", "eaioyzlu",
];

/// Words that stand in secrets that were made up, among them those most used in English; all in lower case.
const WORDS: &str = include_str!("words.txt");

/// A keyboard's rows as they lie below each other, and what is on the same keys with the shift key held.
const ROWS: [[&str; 2]; 4] = [
    ["1234567890-=", "!@#$%^&*()_+"],
    ["qwertyuiop[]", "qwertyuiop{}"],
    ["asdfghjkl;'", "asdfghjkl:\""],
    ["zxcvbnm,./", "zxcvbnm<>?"],
];

/// Which character runs on from another: by so much in the alphabet, or so many rows and keys away on the keyboard.
const STEPS: [i16; 5] = [0, 1, -1, 2, -2];
const WAYS: [(i8, i8); 8] = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1), (1, 1), (-1, -1)];

/// Runs go on from the character before, or from the one before that; only repetitions reach back further.
const NEAR: usize = 2;

/// So much of a text is looked at: the rest cannot make it better known.
const MOST: usize = 256;

// The prices, in tenths of a bit. Any one of all the characters that can be typed has 6.6 bits; what people type oftener
// at its place is cheaper, and the rest dearer for it.
const CHARACTER: usize = 80;
const OF_THE_SAME_KIND: usize = 65;
const FOLLOWER: usize = 34;
const WORD: usize = 120;
const YEAR: usize = 110;
const RUN: usize = 90;
const OF_A_RUN: usize = 5;
const AGAIN: usize = 80;

/// The price of a character below which a text is no accident. Random ones have 6.6 (hexadecimal digits) to 7.4 (with
/// signs), give or take 0.3 with 32 characters and 0.2 with 64; of 600,000 with 43 and more none was below 5.1.
const TYPED: usize = 49;

/// Whether the text looks as though somebody had typed it.
pub fn looks_typed(text: &[u8]) -> bool {
    let text = &text[..text.len().min(MOST)];
    price(text) < TYPED * text.len()
}

/// The price of the cheapest description.
fn price(text: &[u8]) -> usize {
    let words: Vec<&[u8]> = WORDS.split_whitespace().map(str::as_bytes).collect();
    let keys: Vec<_> = text.iter().map(|byte| (byte.to_ascii_lowercase(), key(*byte))).collect();
    let mut cheapest = vec![usize::MAX; text.len() + 1];
    cheapest[0] = 0;
    for at in 0..text.len() {
        let (rest, so_far) = (&text[at..], cheapest[at]);
        let mut offer = |length: usize, price: usize| {
            cheapest[at + length] = cheapest[at + length].min(so_far + price);
        };
        offer(1, character(at.checked_sub(1).map(|before| text[before]), text[at]));
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
                    offer(length, start + OF_A_RUN * length);
                }
            };
            if lag > NEAR {
                let back = lag.ilog2() as usize;
                offer_run(run(&|before, key| before.0 == key.0), AGAIN + 10 * back);
                continue;
            }
            for step in STEPS {
                offer_run(run(&|before, key| i16::from(key.0) - i16::from(before.0) == step), RUN);
            }
            for (down, right) in WAYS {
                offer_run(
                    run(&|before, key| {
                        before.1.zip(key.1).is_some_and(|(a, b)| (b.0 - a.0, b.1 - a.1) == (down, right))
                    }),
                    RUN,
                );
            }
        }
    }
    cheapest[text.len()]
}

/// A character in lower case, and where it is on the keyboard: its row and its place there.
type Key = (u8, Option<(i8, i8)>);

fn key(byte: u8) -> Option<(i8, i8)> {
    let byte = byte.to_ascii_lowercase();
    (0..).zip(ROWS).find_map(|(row, shifts)| {
        let place = |keys: &str| (0..).zip(keys.bytes()).find(|(_, key)| *key == byte);
        shifts.into_iter().find_map(place).map(|(column, _)| (row, column))
    })
}

/// Whether it is the letter, or one of the signs and digits that look like it.
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

/// The price of a single character after another one.
fn character(before: Option<u8>, byte: u8) -> usize {
    let Some(before) = before else { return CHARACTER };
    let of_the_same_kind = (before.is_ascii_lowercase() && byte.is_ascii_lowercase())
        || (before.is_ascii_uppercase() && byte.is_ascii_uppercase())
        || (before.is_ascii_digit() && byte.is_ascii_digit());
    let in_a_word = before.is_ascii_alphabetic()
        && (of_the_same_kind || (before.is_ascii_uppercase() && byte.is_ascii_lowercase()));
    let letter = usize::from(before.to_ascii_lowercase().wrapping_sub(b'a'));
    if in_a_word && FOLLOWERS[letter].as_bytes().contains(&byte.to_ascii_lowercase()) {
        FOLLOWER
    } else if of_the_same_kind {
        OF_THE_SAME_KIND
    } else {
        CHARACTER
    }
}
