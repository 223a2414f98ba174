//! Whether the time of a refused sign-in reveals if the address has an account.
//!
//! Known and unknown addresses are tried in a random order. Each is tried twice, and the second try is timed, so that
//! work that the server does after an answer delays the next try of the same kind. The times are compared with the
//! Mann–Whitney U test, which does not depend on their distribution. As a control, the two halves of the unknown
//! addresses are compared too.

use super::Bench;
use crate::{
    api::Api,
    database::Database,
    report::{Figure, Report, milliseconds, quantile},
    server::Server,
};
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Instant;

pub const NAME: &str = "sign_in";
/// The significance level: a smaller p-value means that the times differ.
const LEAST_P: f64 = 0.01;
/// The number of timed sign-ins of each kind.
const SAMPLES: usize = 250;
/// The number of addresses of each kind. They take turns, because the recorded failures of one account are limited.
const ADDRESSES: usize = 8;
const WARM_UP: usize = 10;

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for database in bench.databases().await? {
        let server = Server::start(bench, &database, &[("CONFAB_ENV", "production".into())]).await?;
        measure(&database, &server, report).await?;
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

async fn measure(database: &Database, server: &Server, report: &mut Report) -> Result<()> {
    let api = Api::anonymous(server)?;
    for number in 0..ADDRESSES {
        let input = json!({ "input": { "email": address(true, number), "password": "correct horse" } });
        let query = "mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }";
        api.execute::<serde_json::Value>(query, input).await?;
    }
    for number in 0..WARM_UP {
        log_in(&api, number % 2 == 0, number).await?;
    }
    let mut times = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    while times.iter().any(|times| times.len() < SAMPLES) {
        let mut known = random.coin();
        if times[usize::from(known)].len() == SAMPLES {
            known = !known;
        }
        let number = times[usize::from(known)].len();
        log_in(&api, known, number).await?;
        let begun = Instant::now();
        log_in(&api, known, number).await?;
        times[usize::from(known)].push(milliseconds(begun.elapsed()));
    }
    let [unknown, known] = times;
    let same = {
        let (even, odd): (Vec<_>, Vec<_>) =
            unknown.iter().enumerate().partition(|(number, _)| number % 2 == 0);
        let times = |half: Vec<(usize, &f64)>| half.into_iter().map(|(_, time)| *time).collect::<Vec<_>>();
        rank_test(&times(even), &times(odd))
    };
    let p = rank_test(&unknown, &known);
    let [without, with] = [&unknown, &known].map(|times| median(times));
    let difference = (with - without) / without * 100.0;
    let label = "p-value that sign-in times do not depend on the account";
    let figure = Figure::new(NAME, label, database, "p", vec![p])?
        .aim_at_least(LEAST_P)
        .with("known_median_ms", with)
        .with("unknown_median_ms", without)
        .with("difference_percent", difference)
        .with("p_unknown_to_unknown", same)
        .with("samples_of_each", SAMPLES);
    report.add(figure)?;
    let figure = Figure::new(
        "sign_in_difference",
        "median sign-in time, known compared with unknown address",
        database,
        "%",
        vec![difference],
    )?;
    report.add(figure)
}

async fn log_in(api: &Api, known: bool, number: usize) -> Result<()> {
    let input = json!({ "email": address(known, number), "password": "wrong horse" });
    let query = "mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }";
    let (_, answer) =
        api.answer(json!({ "query": query, "variables": { "input": input } }).to_string()).await?;
    let text = String::from_utf8_lossy(&answer);
    ensure!(text.contains("UNAUTHENTICATED"), "the server answered: {text}");
    Ok(())
}

fn address(known: bool, number: usize) -> String {
    format!("{}{}@example.org", if known { "known-to-us" } else { "unknown-now" }, number % ADDRESSES)
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// Returns the two-sided p-value of the Mann–Whitney U test. It uses the normal approximation, which is close enough
/// for twenty or more values of each.
fn rank_test(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x, y)));
    let u: f64 = pairs
        .map(|(x, y)| {
            if x < y {
                1.0
            } else if x == y {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    let z = (u - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt();
    2.0 * upper_tail(z)
}

/// Returns the upper tail of the normal distribution beyond z, to seven digits (Abramowitz and Stegun, 26.2.17).
fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * series
}

/// A pseudorandom sequence with a fixed seed (xorshift).
struct Random(u64);

impl Random {
    fn coin(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 63 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_test_agrees_with_tables() {
        for (z, expected) in [(0.0, 0.5), (1.0, 0.158_655), (1.959_964, 0.025), (3.0, 0.001_350)] {
            assert!((upper_tail(z) - expected).abs() < 1e-6, "{z}");
        }
        let low: Vec<f64> = (0..30).map(f64::from).collect();
        let high: Vec<f64> = low.iter().map(|time| time + 15.0).collect();
        assert!(rank_test(&low, &low) > 0.999);
        assert!(rank_test(&low, &high) < 1e-4);
    }
}
