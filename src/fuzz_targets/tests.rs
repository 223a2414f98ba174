//! Runs the fuzz targets on the seeds and on random mutations of them.
//!
//! Most mutations are the same in each run; a few are new. A failure reports the random seed of the new ones. To repeat
//! them, set `CONFAB_FUZZ_SEED` to it.

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::{env, fs, panic::catch_unwind, path::Path};

/// The number of mutations that are the same in each run.
const FIXED_RUNS: usize = 5_000;
/// The number of mutations that are new in each run.
const NEW_RUNS: usize = 500;
/// The maximum length of an input, in bytes.
const LONGEST: usize = 2048;

/// Generates a test for each target.
macro_rules! test_targets {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            run(stringify!($target), super::$target);
        }
    )*};
}

test_targets! { cursors guard ids request socket stream }

#[expect(clippy::disallowed_methods, reason = "each run of the tests tries other input")]
fn run(name: &str, target: fn(&[u8])) {
    let (inputs, words) = (seeds(name), words());
    let check = |input: &[u8], random_seed: u64| {
        let passed = catch_unwind(|| target(input)).is_ok();
        assert!(passed, "{name}, CONFAB_FUZZ_SEED={random_seed}: {}", input.escape_ascii());
    };
    inputs.iter().for_each(|input| check(input, 1));
    let chosen = env::var("CONFAB_FUZZ_SEED").ok().map(|seed| seed.parse().expect("the seed is a number"));
    for (random_seed, runs) in [(1, FIXED_RUNS), (chosen.unwrap_or_else(rand::random), NEW_RUNS)] {
        let mut random = StdRng::seed_from_u64(random_seed);
        for _ in 0..runs {
            check(&mutation(&inputs, &words, &mut random), random_seed);
        }
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let entries = fs::read_dir(folder).expect("every target has seeds");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the entry is readable").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("the file is readable")).collect()
}

/// The words of libFuzzer's dictionary.
fn words() -> Vec<Vec<u8>> {
    let lines = include_str!("../../fuzz/words.dict").lines().filter(|line| line.starts_with('"'));
    lines.map(|line| serde_json::from_str::<String>(line).expect("a word is a string").into()).collect()
}

/// A random mutation of one seed, or a combination of several.
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
