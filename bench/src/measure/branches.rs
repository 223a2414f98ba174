//! Server and database CPU time of regenerating the last reply of a long conversation, in relation to a short one; and
//! the time of a switch that replaces the whole branch.

use super::Bench;
use crate::{
    api::{Api, Node, Sent},
    report::{Figure, Report, milliseconds},
    server::Server,
};
use anyhow::Result;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use std::time::Instant;

pub const NAME: &str = "branches";

/// The number of messages of the long and the short conversation.
const LONG: usize = 5000;
const SHORT: usize = 10;
/// The number of regenerations in a round. A message has at most 100 alternatives.
const REGENERATIONS: usize = 90;
/// A prompt has at most the last 500 messages.
const AIM: f64 = 3.0;

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for database in bench.databases().await? {
        let settings = [("CONFAB_PACE_MS", "0".to_owned())];
        let server = Server::start(bench, &database, &settings).await?;
        let api = Api::register(&server).await?;
        let (mut ratios, mut switches) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            let (_, short) = conversation(&api, SHORT).await?;
            let (first, long) = conversation(&api, LONG).await?;
            let short = regenerations(&server, &api, &short.reply).await?;
            let begun = regenerations(&server, &api, &long.reply).await?;
            ratios.push(begun / short);
            switches.push(switch(&api, &first, &long.reply).await?);
        }
        let label = format!("CPU time of a regeneration among {LONG} messages by that among {SHORT}");
        report.add(
            Figure::new(NAME, label, &database, "×", ratios)?.aim(AIM).with("regenerations", REGENERATIONS),
        )?;
        let label = format!("time of a switch between branches of 2 and {LONG} messages");
        report.add(Figure::new("branch_switch", label, &database, "ms", switches)?)?;
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

/// Creates a conversation with this number of messages. Returns the first and the last one sent.
async fn conversation(api: &Api, messages: usize) -> Result<(Sent, Sent)> {
    let first = api.send(None, Some("echo"), "hello").await?;
    let mut last = Sent {
        conversation: Node { id: first.conversation.id.clone() },
        reply: Node { id: first.reply.id.clone() },
    };
    for _ in 1..messages / 2 {
        last = api.send(Some(&first.conversation.id), Some("echo"), "hello").await?;
        api.finished(&last.reply).await?;
    }
    Ok((first, last))
}

/// Regenerates a reply several times. Returns the CPU time of each, in milliseconds.
async fn regenerations(server: &Server, api: &Api, reply: &Node) -> Result<f64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        regenerate_reply: Regenerated,
    }
    #[derive(Deserialize)]
    struct Regenerated {
        reply: Node,
    }
    let query =
        "mutation ($input: RegenerateReplyInput!) { regenerateReply(input: $input) { reply { id } } }";
    let before = server.usage().cpu()?;
    for _ in 0..REGENERATIONS {
        let data: Data = api.execute(query, json!({ "input": { "messageId": reply.id } })).await?;
        api.finished(&data.regenerate_reply.reply).await?;
    }
    Ok((server.usage().cpu()? - before).as_secs_f64() * 1e3 / REGENERATIONS as f64)
}

/// Edits the first message, then switches back to the long branch. Returns the time of the switch, in milliseconds.
async fn switch(api: &Api, first: &Sent, last: &Node) -> Result<f64> {
    #[derive(Deserialize)]
    struct Data {
        node: Reply,
    }
    #[derive(Deserialize)]
    struct Reply {
        parent: Node,
    }
    let query = "query ($id: ID!) { node(id: $id) { ... on Message { parent { id } } } }";
    let question: Data = api.execute(query, json!({ "id": first.reply.id })).await?;
    let query = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }";
    let input = json!({ "replaces": question.node.parent.id, "content": "hello again", "model": "echo" });
    api.execute::<IgnoredAny>(query, json!({ "input": input })).await?;
    let begun = Instant::now();
    let query = "mutation ($id: ID!) { switchBranch(input: { messageId: $id }) { head { id } } }";
    api.execute::<IgnoredAny>(query, json!({ "id": last.id })).await?;
    Ok(milliseconds(begun.elapsed()))
}
