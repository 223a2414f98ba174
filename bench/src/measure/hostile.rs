//! Server CPU time of refused requests, including HTTP, and its growth with the size of the request.
//!
//! The first figures use the default limits, with documents that would be expensive or that have the largest permitted
//! size. The last figures use very high limits, except the one that refuses the document: the server reads each
//! document to its end, at one size and at four times that size. If the larger one takes four times as long, the growth
//! is linear. All documents differ, because the server caches valid documents.

use super::Bench;
use crate::{
    api::Api,
    database::Database,
    report::{Figure, Report, milliseconds, quantile},
    server::Server,
};
use anyhow::{Result, ensure};
use axum::http::StatusCode;
use serde_json::json;
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Instant,
};

pub const NAME: &str = "hostile";
/// For documents over a limit.
const AIM_MS: f64 = 1.0;
/// For documents within all limits, which validation refuses.
const PASSED_AIM_MS: f64 = 5.0;
/// The largest acceptable growth for four times the size: four, and a margin for noise.
const GROWTH_AIM: f64 = 4.6;

/// The number of requests with each document in a round.
const REQUESTS: usize = 400;
const LINEAR_REQUESTS: usize = 20;
const SMALL: usize = 16 * 1024;
/// The default limit of a body, less the JSON around the document.
const BODY: usize = 256 * 1024 - 64;

/// The figure's name, its label, and the request.
type Case = (&'static str, &'static str, String);
/// The figure's name, its label, and the document by its size.
type Growing = (&'static str, &'static str, fn(usize) -> String);

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let server = Server::start(bench, &database, &[("CONFAB_ENV", "production".into())]).await?;
    let api = Api::anonymous(&server)?;
    for (cases, aim) in [(refused(), AIM_MS), (passed(), PASSED_AIM_MS)] {
        for (name, label, request) in cases {
            let (mut rounds, mut times) = (Vec::new(), Vec::new());
            send(&server, &api, |_| request.clone(), REQUESTS / 10).await?;
            for _ in 0..bench.rounds {
                let (cpu, wall) = send(&server, &api, |_| request.clone(), REQUESTS).await?;
                rounds.push(cpu);
                times.extend(wall);
            }
            times.sort_by(f64::total_cmp);
            let figure =
                Figure::new(name, format!("server CPU time to refuse {label}"), &database, "ms", rounds)?
                    .aim(aim)
                    .with("request_bytes", request.len())
                    .with("requests_per_round", REQUESTS)
                    .with("wall_p50_ms", quantile(&times, 0.5))
                    .with("wall_p99_ms", quantile(&times, 0.99));
            report.add(figure)?;
        }
    }
    server.end()?;
    growth(bench, report).await
}

async fn growth(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = Database::Sqlite;
    let settings: [(&str, String); 4] = [
        ("CONFAB_MAX_BODY", "16000000".into()),
        // Every operation costs more.
        ("CONFAB_MAX_COST", "1".into()),
        ("CONFAB_FIXED_DOCUMENT_LIMITS", "off".into()),
        ("CONFAB_ENV", "production".into()),
    ];
    let server = Server::start(bench, &database, &settings).await?;
    let api = Api::anonymous(&server)?;
    for (name, label, document) in GROWING {
        let mut rounds = Vec::new();
        let mut each = [0.0; 3];
        for _ in 0..bench.rounds {
            for (cpu, size) in each.iter_mut().zip([SMALL, 2 * SMALL, 4 * SMALL]) {
                // Small documents are sent more often, because the kernel counts CPU time in ticks.
                let requests = LINEAR_REQUESTS * 4 * SMALL / size;
                let document = document(size);
                let numbered = |number| body(&format!("{document}#{number}"));
                (*cpu, _) = send(&server, &api, numbered, requests).await?;
            }
            rounds.push(each[2] / each[0]);
        }
        let figure = Figure::new(
            name,
            format!("growth of server CPU time for 4 × as many {label}"),
            &database,
            "×",
            rounds,
        )?
        .aim(GROWTH_AIM)
        .with("bytes", SMALL)
        .with("cpu_ms", each.map(|cpu| (cpu * 1e3).round() / 1e3).to_vec());
        report.add(figure)?;
    }
    server.end()
}

/// Numbers all requests, so that all documents differ.
static SENT: AtomicUsize = AtomicUsize::new(0);

/// Sends requests. Returns the server's CPU time per request, and the time of each request, in milliseconds.
async fn send(
    server: &Server,
    api: &Api,
    request: impl Fn(usize) -> String,
    requests: usize,
) -> Result<(f64, Vec<f64>)> {
    let before = server.usage().cpu()?;
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let request = request(SENT.fetch_add(1, Relaxed));
        let begun = Instant::now();
        let (status, answer) = api.answer(request.clone()).await?;
        times.push(milliseconds(begun.elapsed()));
        let refused = matches!(status, StatusCode::BAD_REQUEST | StatusCode::OK);
        ensure!(refused && answer.starts_with(b"{\"errors\":"), "{request:.100} is answered with {status}");
    }
    Ok((milliseconds(server.usage().cpu()? - before) / requests as f64, times))
}

fn body(document: &str) -> String {
    json!({ "query": document }).to_string()
}

fn numbered(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

fn refused() -> Vec<Case> {
    let wide = numbered(11, |i| format!("fragment F{i} on User{{{}}}", format!("...F{} ", i + 1).repeat(4)));
    let variables = format!(
        "{{\"query\":\"query($v:[Int]){{me{{id}}}}\",\"variables\":{{\"v\":[0{}]}}}}",
        ",0".repeat(BODY / 2 - 40)
    );
    vec![
        (
            "hostile_fragments",
            "600 bytes of wide fragments",
            body(&format!("{{me{{...F0}}}}{wide}fragment F11 on User{{id}}")),
        ),
        (
            "hostile_aliases",
            "300 aliases",
            body(&format!("{{me{{{}}}}}", numbered(300, |i| format!("a{i}:id ")))),
        ),
        (
            "hostile_directives",
            "140 directives",
            body(&format!("{{me{{id {}}}}}", "@skip(if:false)".repeat(140))),
        ),
        ("hostile_depth", "40 levels", body(&format!("{}id{}", "{me".repeat(40), "}".repeat(40)))),
        ("hostile_brackets", "as many levels as a document has bytes", body(&"{a".repeat(32_000))),
        (
            "hostile_tokens",
            "as many tokens as a document has bytes",
            body(&format!("{{me{{{}}}}}", "a ".repeat(32_000))),
        ),
        (
            "hostile_comment",
            "a document of one comment",
            body(&format!("{{me{{id}}}}#{}", "x".repeat(65_000))),
        ),
        ("hostile_body", "a body full of tokens", body(&format!("{{me{{{}}}}}", "a ".repeat(BODY / 2 - 8)))),
        ("hostile_variables", "a body full of values", variables),
        (
            "hostile_extensions",
            "a body full of extensions",
            format!("{{\"query\":\"{{me{{nope}}}}\",\"extensions\":[0{}]}}", ",0".repeat(BODY / 2 - 40)),
        ),
        ("hostile_batch", "a batch of operations", format!("[{{}}{}]", ",{}".repeat(BODY / 3 - 4))),
    ]
}

/// Documents just within all default limits.
fn passed() -> Vec<Case> {
    let pads = format!("{}\"\"\"{}\"\"\"", "#\n".repeat(8_000), "\n x".repeat(15_000));
    let conflicts =
        format!("{{{}}}fragment A on User{{name {}}}", "me{...A}".repeat(14), "name(a:1)".repeat(130));
    let ids = json!({ "query": format!("query($v:[ID!]!){{{}nope}}", "me{id(a:$v)}".repeat(9)), "variables": { "v": vec!["x"; 98] } });
    vec![
        (
            "passed_fields",
            "330 unknown fields",
            body(&format!("{{me{{{}}}}}", numbered(330, |i| format!("a{i} ")))),
        ),
        ("passed_conflicts", "3,900 pairs of conflicting fields", body(&conflicts)),
        (
            "passed_variables",
            "undeclared variables in many operations",
            body(&format!(
                "{}fragment A on User{{{}}}",
                numbered(12, |i| format!("query Q{i}{{me{{...A}}}}")),
                numbered(120, |i| format!("name(a:$v{i})"))
            )),
        ),
        ("passed_values", "the most copies of values", ids.to_string()),
        ("passed_text", "the most comment and text", body(&format!("{{node(id:{pads}){{id nope}}}}"))),
    ]
}

const GROWING: [Growing; 10] = [
    ("growth_fields", "fields", |size| format!("{{me{{{}}}}}", "createdAt ".repeat(size / 10))),
    ("growth_aliases", "aliases", |size| {
        format!("{{me{{{}}}}}", numbered(size / 10, |i| format!("a{i:05}:id ")))
    }),
    ("growth_directives", "directives", |size| {
        format!("{{me{{id {}}}}}", "@skip(if:true)".repeat(size / 14))
    }),
    ("growth_values", "values", |size| format!("{{me(a:0){{id(a:[{}])}}}}", "-1".repeat(size / 2))),
    ("growth_fragments", "fragments", |size| {
        let spreads = "...L ...L ...L ...L ";
        let count = size / 54;
        format!(
            "{{me{{{}}}}}{}fragment L on User{{id name}}",
            numbered(count, |i| format!("...F{i:05} ")),
            numbered(count, |i| format!("fragment F{i:05} on User{{{spreads}}}"))
        )
    }),
    ("growth_inline", "inline fragments", |size| format!("{{me{{{}}}}}", "...{...{id}}".repeat(size / 12))),
    ("growth_operations", "operations", |size| numbered(size / 20, |i| format!("query Q{i:05}{{me{{id}}}}"))),
    ("growth_declarations", "declared variables", |size| {
        format!("query({}){{me{{id}}}}", numbered(size / 14, |i| format!("$v{i:05}:[Int!]")))
    }),
    ("growth_strings", "strings", |size| format!("{{me{{id(a:[{}])}}}}", "\"a\"".repeat(size / 4))),
    ("growth_text", "bytes of text", |size| {
        format!("{{me{{id(a:\"\"\"{}\"\"\")}}}}", "\n x".repeat(size / 3))
    }),
];
