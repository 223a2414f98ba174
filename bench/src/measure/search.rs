//! The time of searches over 100,000 messages. The messages are imported, which also indexes them.

use super::Bench;
use crate::{
    api::Api,
    report::{Figure, Report, milliseconds, quantile},
    server::Server,
};
use anyhow::{Result, ensure};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, json};
use std::{fmt::Write, time::Instant};

pub const NAME: &str = "search";
const AIM_MS: f64 = 50.0;

const CONVERSATIONS: usize = 200;
const MESSAGES: usize = 500;
/// The number of words in a message.
const WORDS: usize = 40;
/// The number of different words. The word `w0` is in most messages, and each following word in fewer.
const VOCABULARY: usize = 20_000;
/// Queries: frequent and rare words, and combinations. The last word of each is a prefix.
const QUERIES: [&str; 8] = ["w0", "w1 w2", "w19", "w1", "w3 w700", "w15000", "w15000 w16000", "w9 w99 w999"];
/// The number of times that each query is sent in a round.
const REPEATS: usize = 25;

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for database in bench.databases().await? {
        let server = Server::start(bench, &database, &[]).await?;
        let api = Api::register(&server).await?;
        let begun = Instant::now();
        api.import(file().to_string()).await?;
        let import = milliseconds(begun.elapsed()) / (CONVERSATIONS * MESSAGES) as f64;
        let (mut medians, mut slowest) = (Vec::new(), 0.0_f64);
        for _ in 0..bench.rounds {
            let mut worst = 0.0_f64;
            for query in QUERIES {
                let mut times = Vec::with_capacity(REPEATS);
                for _ in 0..REPEATS {
                    times.push(search(&api, query).await?);
                }
                times.sort_by(f64::total_cmp);
                worst = worst.max(quantile(&times, 0.5));
                slowest = slowest.max(quantile(&times, 1.0));
            }
            medians.push(worst);
        }
        let label = format!("median time of the slowest of {} queries", QUERIES.len());
        let figure = Figure::new(NAME, label, &database, "ms", medians)?
            .aim(AIM_MS)
            .with("messages", CONVERSATIONS * MESSAGES)
            .with("import_ms_per_message", import)
            .with("wall_max_ms", slowest);
        report.add(figure)?;
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

/// Searches, and returns the time in milliseconds.
async fn search(api: &Api, query: &str) -> Result<f64> {
    #[derive(Deserialize)]
    struct Data {
        me: Me,
    }
    #[derive(Deserialize)]
    struct Me {
        search: Hits,
    }
    #[derive(Deserialize)]
    struct Hits {
        complete: bool,
        nodes: Vec<IgnoredAny>,
    }
    let document = "query ($query: String!) { me { search(query: $query, first: 20) { complete nodes {
        conversation { title } message { id } snippet { text matched } } } } }";
    let begun = Instant::now();
    let data: Data = api.execute(document, json!({ "query": query })).await?;
    let Hits { complete, nodes } = data.me.search;
    ensure!(complete, "old messages are still being indexed");
    ensure!(query.contains(' ') || !nodes.is_empty(), "nothing matches {query}");
    Ok(milliseconds(begun.elapsed()))
}

/// Returns a file of conversations in ChatGPT's format.
fn file() -> Value {
    let mut random = 1_u64;
    (0..CONVERSATIONS)
        .map(|number| {
            let begun = 1_700_000_000 + 100_000 * number;
            let mut mapping = Map::new();
            for place in 0..MESSAGES {
                let parent = place.checked_sub(1).map(|place| place.to_string());
                let role = if place % 2 == 0 { "user" } else { "assistant" };
                let message = json!({ "author": { "role": role }, "create_time": begun + place, "recipient": "all",
                    "content": { "content_type": "text", "parts": [text(&mut random)] } });
                mapping.insert(place.to_string(), json!({ "parent": parent, "message": message }));
            }
            json!({ "conversation_id": number.to_string(), "title": format!("Chat {number}"), "create_time": begun,
                "update_time": begun + MESSAGES, "current_node": (MESSAGES - 1).to_string(), "mapping": mapping })
        })
        .collect()
}

/// Returns a text of random words. The rank of a word is distributed like that of words in a language (Zipf's law).
fn text(random: &mut u64) -> String {
    let mut text = String::new();
    for _ in 0..WORDS {
        // Knuth's generator. The high bits are random enough.
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let fraction = (*random >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (VOCABULARY as f64).powf(fraction) as usize - 1;
        let _ = write!(text, "w{rank} ");
    }
    text
}
