//! The laws over the seeds and their mutations: the same ones at each run, and a few that are drawn anew. By which seed
//! those were drawn is told by a failure; with `CONFAB_LAWS_SEED` set to it they are had again.

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::{env, fs, panic::catch_unwind, path::Path};

/// How many inputs each law is tried on.
const RUNS: usize = 5_000;
/// On how many of them that are others at each run.
const NEW_RUNS: usize = 500;
/// No input is longer.
const LONGEST: usize = 2048;

/// Makes a test of each law.
macro_rules! over_seeds_and_mutations {
    ($($law:ident)*) => {$(
        #[test]
        fn $law() {
            holds(stringify!($law), super::$law);
        }
    )*};
}

over_seeds_and_mutations! { cursors guard ids request socket stream }

fn holds(name: &str, law: fn(&[u8])) {
    let (seeds, words) = (seeds(name), words());
    let holds = |input: &[u8], drawn: u64| {
        let held = catch_unwind(|| law(input)).is_ok();
        assert!(held, "{name}, CONFAB_LAWS_SEED={drawn}: {}", input.escape_ascii());
    };
    seeds.iter().for_each(|seed| holds(seed, 1));
    let chosen = env::var("CONFAB_LAWS_SEED").ok().map(|seed| seed.parse().expect("the seed is a number"));
    for (drawn, runs) in [(1, RUNS), (chosen.unwrap_or_else(rand::random), NEW_RUNS)] {
        let mut random = StdRng::seed_from_u64(drawn);
        for _ in 0..runs {
            holds(&mutation(&seeds, &words, &mut random), drawn);
        }
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("every law has seeds").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("it is there")).collect()
}

/// The words of libFuzzer's dictionary.
fn words() -> Vec<Vec<u8>> {
    let lines = include_str!("../../fuzz/words.dict").lines().filter(|line| line.starts_with('"'));
    lines.map(|line| serde_json::from_str::<String>(line).expect("a word is a string").into()).collect()
}

/// A seed, or two of them, with a few things done to it.
fn mutation(seeds: &[Vec<u8>], words: &[Vec<u8>], random: &mut impl Rng) -> Vec<u8> {
    let mut input = seeds.choose(random).expect("there are seeds").clone();
    for _ in 0..random.random_range(1..=6) {
        let from = random.random_range(0..=input.len());
        let to = random.random_range(from..=input.len().min(from + 40));
        match random.random_range(0..7) {
            0 if from < input.len() => input[from] ^= 1 << random.random_range(0..8),
            1 if from < input.len() => input[from] = random.random(),
            2 => drop(input.drain(from..to)),
            3 => {
                drop(input.splice(from..from, words.choose(random).expect("there are words").iter().copied()))
            }
            4 => {
                let piece = input[from..to].repeat(random.random_range(1..8));
                drop(input.splice(from..from, piece));
            }
            5 => {
                let other = seeds.choose(random).expect("there are seeds");
                let start = random.random_range(0..=other.len());
                let piece = other[start..other.len().min(start + 60)].to_vec();
                drop(input.splice(from..to, piece));
            }
            _ => input
                .splice(from..to, words.choose(random).expect("there are words").iter().copied())
                .for_each(drop),
        }
    }
    input.truncate(LONGEST);
    input
}
