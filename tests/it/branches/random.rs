//! Random edits, regenerations, switches, messages and stops by several clients on two instances. Afterwards the branch,
//! the tree, the prompts, the streams and the change feed agree.

use super::{REGENERATE, SWITCH, id};
use crate::support::{Client, Provider, Server, Socket, codes, on_both_databases};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::task::JoinSet;

const CLIENTS: u64 = 3;
const STEPS: usize = 14;

const TREE: &str = "query($id: ID!, $after: String) { conversation(id: $id) { tree(first: 7, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id role content status onBranch parent { id } } } } }";
const BRANCH: &str =
    "query($id: ID!, $after: String) { conversation(id: $id) { messages(first: 7, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id parent { id } } } } }";
const CHANGES: &str = "subscription { changes { __typename
    ... on MessageAdded { message { id parent { id } } }
    ... on BranchSwitched { fork { id } }
    ... on ConversationChanged { conversation { title } } } }";

/// The answer to a prompt. It depends on every word of it.
fn answer(words: impl Iterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    words.for_each(|word| hash.update(format!("{word} ")));
    hash.finalize()[..6].iter().map(|byte| format!("{byte:02x} ")).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(str::to_owned)
}

/// Answers every request with the hash of its prompt, word by word.
async fn answer_all(mut provider: Provider) {
    loop {
        let mut call = provider.next_call().await;
        tokio::spawn(async move {
            let messages = call.body["messages"].as_array().expect("a list").clone();
            let text =
                answer(messages.iter().flat_map(|message| {
                    words(message["content"].as_str().expect("a text")).collect::<Vec<_>>()
                }));
            for word in text.split_inclusive(' ') {
                let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": word } }] });
                if !call.try_send(format!("data: {chunk}\n\n")).await {
                    return; // stopped
                }
                tokio::task::yield_now().await;
            }
            let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
            call.try_send(format!("data: {end}\n\ndata: [DONE]\n\n")).await;
        });
    }
}

/// The messages that the clients know of, by role.
#[derive(Default)]
struct Known {
    questions: Vec<String>,
    replies: Vec<String>,
}

struct World {
    conversation: String,
    known: Mutex<Known>,
}

impl World {
    fn add(&self, sent: &Value) {
        let mut known = self.known.lock().unwrap();
        let question = id(&sent["message"]).to_owned();
        if !known.questions.contains(&question) {
            known.questions.push(question);
        }
        known.replies.push(id(&sent["reply"]).to_owned());
    }

    fn pick(&self, random: &mut StdRng, of: fn(&Known) -> &Vec<String>) -> String {
        of(&self.known.lock().unwrap()).choose(random).expect("there is one").clone()
    }
}

/// Takes random steps. Returns what each followed reply streamed.
async fn act(
    world: Arc<World>,
    client: Client,
    address: std::net::SocketAddr,
    seed: u64,
) -> Vec<(String, String)> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut streams = JoinSet::new();
    for step in 0..STEPS {
        let busy = *["QUEUE", "STOP_CURRENT", "REJECT"].choose(&mut random).expect("one");
        let text = format!("q{seed}-{step}");
        let sent = match random.random_range(0..10) {
            0..3 => {
                let input =
                    json!({ "conversationId": world.conversation, "content": text, "whenBusy": busy });
                client.try_send(input).await.expect("the server answers").ok()
            }
            3..5 => {
                let replaces = world.pick(&mut random, |known| &known.questions);
                let input = json!({ "conversationId": world.conversation, "content": text, "whenBusy": busy,
                    "replaces": replaces });
                client.try_send(input).await.expect("the server answers").ok()
            }
            5..7 => {
                let reply = world.pick(&mut random, |known| &known.replies);
                let input = json!({ "input": { "messageId": reply, "whenBusy": busy } });
                let mut answer = client.execute(REGENERATE, input).await;
                assert!(answer.get("errors").is_none() || codes(&answer) == ["CONFLICT"], "{answer}");
                Some(answer["data"]["regenerateReply"].take()).filter(|sent| !sent.is_null())
            }
            7..9 => {
                let of: fn(&Known) -> &Vec<String> =
                    if random.random() { |known| &known.questions } else { |known| &known.replies };
                client.data(SWITCH, json!({ "id": world.pick(&mut random, of) })).await;
                None
            }
            _ => {
                client.stop(&world.pick(&mut random, |known| &known.replies)).await;
                None
            }
        };
        if let Some(sent) = sent {
            world.add(&sent);
            let (reply, token) = (id(&sent["reply"]).to_owned(), client.token.clone());
            streams.spawn(async move {
                let mut socket = Socket::connect(address).await;
                socket.init(token.as_deref()).await;
                let text = socket.follow_to_end(&reply).await.0;
                (reply, text)
            });
        }
    }
    streams.join_all().await
}

/// Reads all pages of a list of the conversation.
async fn pages(client: &Client, query: &str, list: &str, conversation: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut page =
            client.data(query, json!({ "id": conversation, "after": after })).await["conversation"][list]
                .take();
        all.extend(page["nodes"].as_array().expect("a list").clone());
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], all.len());
            return all;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// A device that shows the branch and follows the feed. `None` for a list that it must load again.
fn apply(shown: &mut Option<Vec<String>>, added: &mut Vec<String>, event: &Value) {
    match event["__typename"].as_str() {
        Some("BranchSwitched") => match (event["fork"]["id"].as_str(), &mut *shown) {
            (None, _) => *shown = Some(Vec::new()),
            (Some(fork), Some(list)) if list.iter().any(|message| message == fork) => {
                let end = list.iter().position(|message| message == fork).expect("it is there") + 1;
                list.truncate(end);
            }
            (Some(_), _) => *shown = None,
        },
        Some("MessageAdded") => {
            let message = id(&event["message"]).to_owned();
            added.push(message.clone());
            if let Some(list) = shown {
                match list.last().map(String::as_str) == event["message"]["parent"]["id"].as_str() {
                    true => list.push(message),
                    // A switch came between, whose messages were not loaded.
                    false => *shown = None,
                }
            }
        }
        _ => {}
    }
}

on_both_databases! {
    async fn branch_tree_prompts_streams_and_feed_agree(kind) {
        let seed: u64 = std::env::var("CONFAB_TEST_SEED").map_or_else(|_| rand::random::<u32>().into(), |seed| seed.parse().expect("a number"));
        println!("CONFAB_TEST_SEED={seed}");
        let provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let elsewhere = server.another_instance().await;
        let answering = tokio::spawn(answer_all(provider));
        let ada = server.register().await;
        let mut device = elsewhere.socket(&ada).await;
        device.subscribe("changes", CHANGES, json!({})).await;
        let begun = device.receive().await.expect("the socket stays open");
        assert_eq!(begun["payload"]["data"]["changes"]["__typename"], "Reload");
        let first = ada.send(json!({ "content": "q" })).await;
        let world = Arc::new(World { conversation: id(&first["conversation"]).to_owned(), known: Mutex::default() });
        world.add(&first);
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let address = if client % 2 == 0 { server.address } else { elsewhere.address };
            clients.spawn(act(world.clone(), ada.at(address), address, seed * CLIENTS + client));
        }
        let mut streams: Vec<(String, String)> = clients.join_all().await.into_iter().flatten().collect();
        streams.push((id(&first["reply"]).to_owned(), server.socket(&ada).await.follow_to_end(id(&first["reply"])).await.0));
        answering.abort();

        // Every message is in the tree once, after its parent.
        let tree = pages(&ada, TREE, "tree", &world.conversation).await;
        let by_id: BTreeMap<&str, &Value> = tree.iter().map(|node| (id(node), node)).collect();
        assert_eq!(by_id.len(), tree.len());
        let known: BTreeSet<String> = {
            let known = world.known.lock().unwrap();
            known.questions.iter().chain(&known.replies).cloned().collect()
        };
        assert_eq!(by_id.keys().map(|id| id.to_string()).collect::<BTreeSet<_>>(), known);
        let mut before = BTreeSet::new();
        for node in &tree {
            let parent = node["parent"]["id"].as_str();
            assert!(parent.is_none_or(|parent| before.contains(parent)), "{node} comes before its parent");
            before.insert(id(node));
        }
        // The branch is one chain, from a root to a leaf.
        let branch = pages(&ada, BRANCH, "messages", &world.conversation).await;
        let mut last = Value::Null;
        for message in &branch {
            assert_eq!(message["parent"]["id"], last);
            last = message["id"].clone();
        }
        let on_branch: Vec<&str> = tree.iter().filter(|node| node["onBranch"] == true).map(id).collect();
        assert_eq!(on_branch, branch.iter().map(id).collect::<Vec<_>>());
        assert!(tree.iter().all(|node| node["parent"]["id"] != last), "the branch ends in a leaf");
        // Each prompt had exactly the ancestors of its reply.
        for reply in tree.iter().filter(|node| node["role"] == "ASSISTANT") {
            let (mut path, mut next) = (Vec::new(), reply["parent"]["id"].as_str());
            while let Some(ancestor) = next {
                path.push(by_id[ancestor]["content"].as_str().expect("a text"));
                next = by_id[ancestor]["parent"]["id"].as_str();
            }
            let whole = answer(path.iter().rev().flat_map(|text| words(text).collect::<Vec<_>>()));
            let content = reply["content"].as_str().expect("a text");
            match reply["status"].as_str() {
                Some("COMPLETED") => assert_eq!(content, whole),
                Some("STOPPED") => assert!(whole.starts_with(content), "{content:?} is not the beginning of {whole:?}"),
                status => panic!("{status:?}: {reply}"),
            }
        }
        // Every stream is what is stored.
        for (reply, text) in &streams {
            assert_eq!(by_id[&**reply]["content"], **text);
        }
        // The feed tells of every message once, and leads to the same branch.
        ada.data("mutation($id: ID!) { updateConversation(input: { id: $id, title: \"over\" }) { conversation { id } } }",
            json!({ "id": world.conversation })).await;
        let (mut shown, mut added) = (Some(Vec::new()), Vec::new());
        loop {
            let mut event = device.receive().await.expect("the socket stays open");
            let event = event["payload"]["data"]["changes"].take();
            if event["conversation"]["title"] == "over" {
                break;
            }
            apply(&mut shown, &mut added, &event);
        }
        added.sort();
        assert_eq!(added, known.into_iter().collect::<Vec<_>>());
        if let Some(shown) = shown {
            assert!(on_branch.starts_with(&shown.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    }
}
