//! Conformance with graphql-js, the reference implementation of GraphQL.
//!
//! `tests/conformance` generates requests and answers them with graphql-js. The same requests are answered here by the
//! server's document checks and executor, and the answers are compared. One corpus has a fixed seed; the seed of the
//! other is `CONFAB_CONFORMANCE_SEED`. Known disagreements are listed in `tests/conformance/disagreements.json`, each
//! with its reason. The test fails for a disagreement that is not listed, and for a listed one that does not occur in
//! the fixed corpus.

mod comparison;
mod corpus;
mod disagreements;
mod schema;
mod shown;
mod subject;

use comparison::compare;
use corpus::{Case, Corpus};
use disagreements::Disagreements;
use std::{collections::BTreeMap, fmt::Write};
use subject::Subject;
use tokio::join;

/// The seed of the fixed corpus.
const FIXED: u32 = 1;
/// The seed of the other corpus, unless `CONFAB_CONFORMANCE_SEED` is set.
const OTHER: u32 = 3;
/// The number of requests in a corpus, besides those written by hand.
const COUNT: u32 = 1500;
/// The number of unlisted disagreements that are printed in full.
const PRINTED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_agree_with_graphql_js() {
    let listed = Disagreements::read();
    let subject = Subject::new();
    let seed =
        std::env::var("CONFAB_CONFORMANCE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(OTHER);
    let (fixed, new) = join!(Corpus::generate(FIXED, COUNT, true), Corpus::generate(seed, COUNT, false));
    let fixed = agree(&subject, &listed, &fixed).await;
    let gone: Vec<_> = listed.names().filter(|name| !fixed.contains_key(name)).collect();
    assert!(gone.is_empty(), "these disagreements are listed but do not occur: {gone:?}");
    agree(&subject, &listed, &new).await;
}

/// Compares all answers. Returns how often each listed disagreement occurs; panics at those that are not listed.
async fn agree<'a>(
    subject: &Subject,
    listed: &'a Disagreements,
    corpus: &Corpus,
) -> BTreeMap<&'a str, usize> {
    let mut found = BTreeMap::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut unlisted = Vec::new();
    for case in &corpus.cases {
        let answer = subject.answer(case).await;
        let differences = compare(case, &answer);
        let (all, agreed) = counts.entry(case.kind.as_str()).or_default();
        *all += 1;
        *agreed += usize::from(differences.is_empty());
        for difference in differences {
            match listed.matching(case, &difference, &answer) {
                Some(name) => *found.entry(name).or_default() += 1,
                None => unlisted.push(report(case, &difference.to_string(), &answer)),
            }
        }
    }
    println!("seed {}: agreed of all {counts:?}; listed disagreements {found:?}", corpus.seed);
    assert!(
        unlisted.is_empty(),
        "{} disagreements with graphql-js are not listed (seed {}, {COUNT} requests):\n{}",
        unlisted.len(),
        corpus.seed,
        unlisted[..unlisted.len().min(PRINTED)].join("\n")
    );
    found
}

fn report(case: &Case, difference: &str, answer: &subject::Answer) -> String {
    let mut report = format!("\n== {difference}\nschema {}: {:?}\n", case.schema, case.query);
    let _ = writeln!(report, "operation {:?}, variables {}", case.operation_name, case.variables);
    let _ = writeln!(report, "graphql-js: {}", case.expected);
    let _ = write!(report, "here:       {answer:?}");
    report
}
