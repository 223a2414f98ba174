//! Parts of replies: reasoning that streams and is stored beside the text, and what the model was shown.

use crate::support::{
    Call, Client, Follower, FollowerEvent, Kind, PARK_AFTER, Provider, ReplyParts, Server, Socket, Sql, code,
    on_both_databases, redis_url, wait_for,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{task::yield_now, time::sleep};

const MESSAGE: &str = "query($id: ID!) { node(id: $id) { ... on Message { status content error { code }
    parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } }
    usage { inputTokens outputTokens reasoningTokens cachedTokens estimated }
    context { messages leftOut tokens estimated } } } }";

async fn message(client: &Client, id: &str) -> Value {
    client.data(MESSAGE, json!({ "id": id })).await["node"].take()
}

fn text(index: i32, text: &str) -> Value {
    json!({ "__typename": "TextPart", "index": index, "text": text })
}

fn reasoning(index: i32, text: &str) -> Value {
    json!({ "__typename": "ReasoningPart", "index": index, "text": text })
}

/// A delta of a part that is not a tool call.
fn addition(index: i32, kind: &str, text: &str, name: Value) -> Value {
    json!({ "index": index, "kind": kind, "text": text, "name": name, "toolCall": null })
}

/// A server whose replies come from a provider, a user, and a started reply.
struct Started {
    server: Server,
    client: Client,
    provider: Provider,
    reply: String,
    call: Call,
}

impl Started {
    async fn new(kind: Kind) -> Self {
        let mut provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let client = server.register().await;
        let sent = client.send(json!({ "content": "talk" })).await;
        let mut call = provider.call().await;
        call.accept();
        let reply = sent["reply"]["id"].as_str().expect("an id").to_owned();
        Self { server, client, provider, reply, call }
    }

    async fn follow(&self, parts: Value, after: Option<&str>) -> Socket {
        let mut socket = self.server.socket(&self.client).await;
        follow(&mut socket, &self.reply, parts, after).await;
        socket
    }
}

async fn follow(socket: &mut Socket, reply: &str, parts: Value, after: Option<&str>) {
    let variables = json!({ "id": reply, "parts": parts, "after": after });
    socket.subscribe("parts", ReplyParts::QUERY, variables).await;
}

/// Sends a citation as OpenAI and OpenRouter do.
async fn cite(call: &mut Call, url: &str, title: &str) {
    let annotation =
        json!({ "type": "url_citation", "url_citation": { "url": url, "title": title, "start_index": 0 } });
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "annotations": [annotation] } }] });
    call.send(format!("data: {chunk}\n\n")).await;
}

async fn send_reasoning(call: &mut Call, text: &str) {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": text } }] });
    call.send(format!("data: {chunk}\n\n")).await;
}

on_both_databases! {
    async fn the_builtin_models_reason_if_they_are_asked_to(kind) {
        let server = Server::with(kind, |config| config.pace_ms = 1).await;
        let client = server.register().await;
        let input = json!({ "content": "to be", "model": "echo", "generation": { "reasoningEffort": "LOW" } });
        let sent = client.send(input).await;
        let reply = sent["reply"]["id"].as_str().unwrap();
        let (received, finished) = server.socket(&client).await.follow_to_end(reply).await;
        assert_eq!((&*received, &finished["content"]), ("to be", &json!("to be")), "other parts must be asked for");
        let mut both = Follower::of_parts(&client, reply, &["TEXT", "REASONING"]);
        assert!(both.connect(server.address).await);
        assert!(matches!(both.next_non_text().await, FollowerEvent::Finished(_)));
        let thought = "The message has 2 words. I repeat them as they are.";
        let stored = message(&client, reply).await;
        assert_eq!(stored["parts"], json!([reasoning(0, thought), text(1, "to be")]));
        assert_eq!(stored["usage"], json!({ "inputTokens": 2, "outputTokens": 13, "reasoningTokens": 11,
            "cachedTokens": null, "estimated": false }));
        let question = client.message(reply).await["parent"]["id"].take();
        let question = message(&client, question.as_str().unwrap()).await;
        assert_eq!((&question["parts"], &question["context"]), (&json!([text(0, "to be")]), &json!(null)));
    }

    async fn reasoning_streams_to_those_who_select_it(kind) {
        let mut at = Started::new(kind).await;
        let mut both = at.follow(json!(["REASONING", "TEXT"]), None).await;
        let mut only_text = at.server.socket(&at.client).await;
        only_text.follow(&at.reply, None).await;
        let mut nothing = at.follow(json!([]), None).await;
        assert_eq!(both.event().await["parts"], json!([]));
        assert_eq!(only_text.event().await["text"], "");
        assert_eq!(nothing.event().await["parts"], json!([]));
        for (thought, piece) in [("\n hm", "hm"), (", well", ", well")] {
            send_reasoning(&mut at.call, thought).await;
            let event = both.event().await;
            assert_eq!(event["parts"], json!([addition(0, "REASONING", piece, json!(null))]));
            assert_eq!(event["text"], "");
        }
        at.call.send_text("Yes").await;
        let event = both.event().await;
        assert_eq!((&event["parts"], &event["text"]),
            (&json!([addition(1, "TEXT", "Yes", json!(null))]), &json!("Yes")));
        assert_eq!(only_text.event().await["text"], "Yes", "there was no event for the reasoning");
        send_reasoning(&mut at.call, "!").await;
        assert_eq!(both.event().await["parts"], json!([addition(2, "REASONING", "!", json!(null))]));
        at.call.finish("stop").await;
        for socket in [&mut both, &mut only_text, &mut nothing] {
            assert_eq!(socket.event().await["__typename"], "ReplyFinished");
        }
        let expected = json!([reasoning(0, "hm, well"), text(1, "Yes"), reasoning(2, "!")]);
        let stored = message(&at.client, &at.reply).await;
        assert_eq!((&stored["parts"], &stored["content"]), (&expected, &json!("Yes")));
    }

    async fn a_cursor_resumes_only_the_same_parts(kind) {
        let mut at = Started::new(kind).await;
        let mut socket = at.follow(json!(["TEXT", "REASONING"]), None).await;
        socket.event().await;
        send_reasoning(&mut at.call, "hmm").await;
        socket.event().await;
        at.call.send_text("Yes").await;
        let both = socket.event().await["cursor"].as_str().unwrap().to_owned();
        let mut socket = at.follow(json!(["TEXT"]), None).await;
        let only_text = socket.event().await["cursor"].as_str().unwrap().to_owned();
        assert_eq!(only_text.len(), 16, "the form of earlier versions");
        at.call.send_text(", sir").await;
        socket.event().await;
        for (kinds, after, event_type, new) in [
            (json!(["REASONING", "TEXT", "TEXT"]), &both, "ReplyDelta", ", sir"),
            (json!(["TEXT"]), &only_text, "ReplyDelta", ", sir"),
            (json!(["TEXT"]), &both, "ReplySnapshot", "Yes, sir"),
            (json!(["TEXT", "REASONING"]), &only_text, "ReplySnapshot", "Yes, sir"),
            (json!(["REASONING"]), &both, "ReplySnapshot", ""),
        ] {
            let event = at.follow(kinds.clone(), Some(after)).await.event().await;
            assert_eq!((&event["__typename"], &event["text"]), (&json!(event_type), &json!(new)), "{kinds}");
        }
    }

    async fn cited_pages_follow_the_text_as_sources(kind) {
        let mut at = Started::new(kind).await;
        let mut sources = at.follow(json!(["SOURCE"]), None).await;
        assert_eq!(sources.event().await["parts"], json!([]));
        at.call.send_text("It is so").await;
        cite(&mut at.call, "https://example.com/a", "A page").await;
        cite(&mut at.call, "javascript:alert(1)", "Not a page").await;
        at.call.send_text(" [1].").await;
        cite(&mut at.call, "https://example.com/a", "The same page").await;
        cite(&mut at.call, "https://example.com/b", "").await;
        at.call.finish("stop").await;
        let (url, other) = ("https://example.com/a", "https://example.com/b");
        let mut delta = Vec::new();
        while delta.len() < 2 {
            let event = sources.event().await;
            assert_eq!(event["text"], "");
            delta.extend(event["parts"].as_array().unwrap().clone());
        }
        assert_eq!(delta, [addition(1, "SOURCE", url, json!("A page")), addition(2, "SOURCE", other, json!(null))]);
        assert_eq!(sources.event().await["__typename"], "ReplyFinished");
        let stored = "query($id: ID!) { node(id: $id) { ... on Message { content parts {
            __typename index ... on TextPart { text } ... on SourcePart { url title } } } } }";
        let stored = at.client.data(stored, json!({ "id": at.reply })).await["node"].take();
        assert_eq!(stored, json!({ "content": "It is so [1].", "parts": [text(0, "It is so [1]."),
            { "__typename": "SourcePart", "index": 1, "url": url, "title": "A page" },
            { "__typename": "SourcePart", "index": 2, "url": other, "title": null }] }));
        let token = at.client.token.as_deref().expect("the client is signed in");
        let export: Value = at.server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap();
        assert_eq!(export["conversations"][0]["messages"][1]["parts"][1],
            json!({ "kind": "SOURCE", "name": "A page", "text": url }));
    }

    async fn parked_subscriptions_resume_with_their_parts(kind) {
        let mut at = Started::new(kind).await;
        let mut both = at.follow(json!(["TEXT", "REASONING"]), None).await;
        let mut only_text = at.follow(json!(["TEXT"]), None).await;
        for socket in [&mut both, &mut only_text] {
            assert_eq!(socket.event().await["__typename"], "ReplySnapshot");
        }
        for (thought, word) in [("hm ", "one "), ("well ", "two ")] {
            // Parking cannot be observed.
            sleep(PARK_AFTER * 20).await;
            send_reasoning(&mut at.call, thought).await;
            let event = both.event().await;
            assert_eq!((&event["__typename"], &event["parts"][0]["text"]), (&json!("ReplyDelta"), &json!(thought)));
            sleep(PARK_AFTER * 20).await;
            at.call.send_text(word).await;
            for socket in [&mut both, &mut only_text] {
                let event = socket.event().await;
                assert_eq!((&event["__typename"], &event["text"]), (&json!("ReplyDelta"), &json!(word)));
            }
        }
    }

    async fn stopping_keeps_the_reasoning(kind) {
        let mut at = Started::new(kind).await;
        let mut socket = at.follow(json!(["REASONING"]), None).await;
        socket.event().await;
        send_reasoning(&mut at.call, "hmm").await;
        socket.event().await;
        assert_eq!(at.client.stop(&at.reply).await, json!({ "status": "STOPPED", "content": "" }));
        assert_eq!(message(&at.client, &at.reply).await["parts"], json!([reasoning(0, "hmm")]));
    }

    async fn a_reply_without_text_fails_and_keeps_its_reasoning(kind) {
        let mut at = Started::new(kind).await;
        at.call.send_text("<think>only this").await;
        at.call.finish("stop").await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let stored = message(&at.client, &at.reply).await;
        assert_eq!((&stored["status"], &stored["error"]["code"]), (&json!("FAILED"), &json!("EMPTY")));
        assert_eq!((&stored["content"], &stored["parts"]), (&json!(""), &json!([reasoning(0, "only this")])));
    }

    async fn reasoning_is_not_sent_back_to_the_model(kind) {
        let mut at = Started::new(kind).await;
        send_reasoning(&mut at.call, "secret thought").await;
        at.call.send_text("Yes").await;
        at.call.finish("stop").await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let conversation = at.client.message(&at.reply).await["conversation"]["id"].take();
        at.client.send(json!({ "content": "and?", "conversationId": conversation })).await;
        let prompt = at.provider.call().await.body["messages"].take();
        assert_eq!(prompt, json!([{ "role": "user", "content": "talk" }, { "role": "assistant", "content": "Yes" },
            { "role": "user", "content": "and?" }]));
    }

    async fn a_long_reasoning_can_be_read_under_the_text_budget(kind) {
        let mut at = Started::new(kind).await;
        let long = "reason ".repeat(100_000);
        send_reasoning(&mut at.call, &long).await;
        at.call.send_text("Yes").await;
        at.call.finish("stop").await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let stored = message(&at.client, &at.reply).await;
        assert_eq!(stored["parts"][0]["text"].as_str().map(str::len), Some(long.len()));
        let aliases: String = (0..25).map(|i| format!("p{i}: parts {{ ... on ReasoningPart {{ text }} }} ")).collect();
        let many = format!("query($id: ID!) {{ node(id: $id) {{ ... on Message {{ {aliases} }} }} }}");
        assert_eq!(code(&at.client.error(&many, json!({ "id": at.reply })).await), "BAD_USER_INPUT");
    }

    async fn usage_has_the_details_that_the_provider_reports(kind) {
        let mut at = Started::new(kind).await;
        at.call.send_text("Yes").await;
        let usage = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 9, "completion_tokens": 8, "completion_tokens_details": { "reasoning_tokens": 7 },
                       "prompt_tokens_details": { "cached_tokens": 6 } } });
        at.call.send(format!("data: {usage}\n\ndata: [DONE]\n\n")).await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let stored = message(&at.client, &at.reply).await;
        assert_eq!(stored["usage"], json!({ "inputTokens": 9, "outputTokens": 8, "reasoningTokens": 7, "cachedTokens": 6,
            "estimated": false }));
        assert_eq!(stored["context"], json!({ "messages": 1, "leftOut": 0, "tokens": 9, "estimated": false }));
    }

    async fn the_context_counts_what_was_left_out(kind) {
        let mut provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let server = Server::with_providers(kind, &settings, |config| config.history_tokens = 100).await;
        let client = server.register().await;
        let create = "mutation { createConversation(input: { systemPrompt: \"Be brief.\" }) { conversation { id } } }";
        let conversation = client.data(create, json!({})).await["createConversation"]["conversation"]["id"].take();
        let mut contexts = Vec::new();
        for question in ["a".repeat(100), "b".repeat(100), "c".repeat(300)] {
            let sent = client.send(json!({ "content": question, "conversationId": conversation })).await;
            let mut call = provider.call().await;
            call.send_text("Yes.").await;
            let reply = sent["reply"]["id"].as_str().unwrap().to_owned();
            let mut socket = server.socket(&client).await;
            socket.follow(&reply, None).await;
            socket.until("Yes.").await;
            let stopped = client.stop(&reply).await;
            assert_eq!(stopped["status"], "STOPPED");
            let sent_messages = call.body["messages"].as_array().unwrap().len();
            let context = message(&client, &reply).await["context"].take();
            assert_eq!(context["messages"], sent_messages - 1, "without the system prompt");
            contexts.push(context);
        }
        let context = |messages: i32, left_out: i32, tokens: i32| {
            json!({ "messages": messages, "leftOut": left_out, "tokens": tokens, "estimated": true })
        };
        assert_eq!(contexts, [context(1, 0, 28), context(3, 0, 54), context(1, 4, 78)]);
    }

    async fn a_shortened_prompt_counts_as_left_out(kind) {
        let mut at = Started::new(kind).await;
        at.call.send_text("Yes").await;
        at.call.finish("stop").await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let conversation = at.client.message(&at.reply).await["conversation"]["id"].take();
        let sent = at.client.send(json!({ "content": "and?", "conversationId": conversation })).await;
        let too_long = json!({ "error": { "message": "too long", "code": "context_length_exceeded" } });
        at.provider.call().await.refuse_with(400, &too_long);
        let mut call = at.provider.call().await;
        call.send_text("Yes").await;
        call.finish("stop").await;
        let reply = sent["reply"]["id"].as_str().unwrap();
        at.server.socket(&at.client).await.follow_to_end(reply).await;
        let context = message(&at.client, reply).await["context"].take();
        assert_eq!((&context["messages"], &context["leftOut"]), (&json!(1), &json!(2)));
    }

    async fn the_feed_and_the_export_have_the_parts(kind) {
        let mut at = Started::new(kind).await;
        let mut socket = at.server.socket(&at.client).await;
        socket.subscribe("changes", "subscription { changes { __typename ... on ReplyEnded { message {
            context { messages } parts { __typename index ... on TextPart { text } ... on ReasoningPart { text } } } } } }",
            json!({})).await;
        socket.receive().await.expect("the socket is open");
        send_reasoning(&mut at.call, "hm").await;
        at.call.send_text("Yes").await;
        at.call.finish("stop").await;
        let expected = json!([reasoning(0, "hm"), text(1, "Yes")]);
        loop {
            let change = socket.receive().await.expect("the socket is open")["payload"]["data"]["changes"].take();
            if change["__typename"] == "ReplyEnded" {
                assert_eq!(change["message"], json!({ "context": { "messages": 1 }, "parts": expected }));
                break;
            }
        }
        let token = at.client.token.as_deref().expect("the client is signed in");
        let export: Value = at.server.get("/export").bearer_auth(token).send().await.unwrap().json().await.unwrap();
        let messages = &export["conversations"][0]["messages"];
        assert_eq!(messages[0].get("parts"), None, "a message with only text has no parts here");
        assert_eq!(messages[1]["content"], "Yes");
        assert_eq!(messages[1]["parts"], json!([{ "kind": "REASONING", "text": "hm" }, { "kind": "TEXT", "text": "Yes" }]));
        assert_eq!(messages[1]["context"], json!({ "messages": 1, "leftOut": 0, "tokens": 1 }));
    }

    /// An instance of an earlier version takes a reply over. It does not know the parts of the first attempt.
    async fn parts_of_an_earlier_attempt_are_ignored(kind) {
        let mut at = Started::new(kind).await;
        send_reasoning(&mut at.call, "hm").await;
        at.call.send_text("Yes").await;
        at.call.finish("stop").await;
        at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        let mut sql = Sql::of(&at.server).await;
        sql.execute("UPDATE messages SET attempt = 2, content = 'Again' WHERE role = 'ASSISTANT'").await;
        assert_eq!(message(&at.client, &at.reply).await["parts"], json!([text(0, "Again")]));
        let (received, _) = at.server.socket(&at.client).await.follow_to_end(&at.reply).await;
        assert_eq!(received, "Again");
    }
}

/// Follows the reply to its end, and reconnects to a random instance after a few events.
async fn follow_restlessly(mut follower: Follower, addresses: [SocketAddr; 2], seed: u64) -> Value {
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        if !follower.connect(addresses[random.random_range(0..2)]).await {
            sleep(Duration::from_millis(20)).await;
            continue;
        }
        for _ in 0..random.random_range(1..6) {
            match follower.next_event().await {
                FollowerEvent::Finished(message) => return message,
                FollowerEvent::Error(code) => panic!("{code}"),
                FollowerEvent::Text => {}
                FollowerEvent::Disconnected => break,
            }
        }
        follower.disconnect();
    }
}

/// Streams a random answer of the responses API, with reasoning, text and parallel tool calls.
async fn say_in_responses(call: &mut Call, random: &mut StdRng) {
    let mut running = Vec::new();
    for index in 0..random.random_range(10..40) {
        let event = match random.random_range(0..5) {
            0 | 1 => {
                json!({ "type": "response.output_text.delta", "output_index": index, "delta": format!("w\u{f6}rd{index} ") })
            }
            2 => {
                json!({ "type": "response.reasoning_summary_text.delta", "output_index": index, "delta": format!("th\u{f6}ught{index} ") })
            }
            3 => {
                running.push(index);
                let item =
                    json!({ "type": "mcp_call", "id": format!("m{index}"), "name": "roll", "arguments": "" });
                json!({ "type": "response.output_item.added", "output_index": index, "item": item })
            }
            _ => match running.pop() {
                Some(index) if random.random_bool(0.5) => {
                    running.push(index);
                    json!({ "type": "response.mcp_call_arguments.delta", "output_index": index, "delta": "\u{e9}" })
                }
                Some(index) => {
                    let item = json!({ "type": "mcp_call", "id": "m", "output": format!("\u{f6}{index}") });
                    json!({ "type": "response.output_item.done", "output_index": index, "item": item })
                }
                None => json!({ "type": "response.in_progress" }),
            },
        };
        call.send_event(&event).await;
        if random.random_bool(0.3) {
            yield_now().await;
        }
    }
    let citation = json!({ "type": "url_citation", "url": "https://example.com/", "title": "A page" });
    call.send_event(&json!({ "type": "response.output_text.annotation.added", "annotation": citation }))
        .await;
    call.send_event(
        &json!({ "type": "response.output_text.delta", "output_index": 99, "delta": "The end." }),
    )
    .await;
}

/// Streams a random answer with reasoning, text and sources.
async fn say(call: &mut Call, random: &mut StdRng) {
    for word in 0..random.random_range(10..40) {
        match random.random_range(0..3) {
            0 => call.send_text(&format!("w\u{f6}rd{word} ")).await,
            _ => send_reasoning(call, &format!("th\u{f6}ught{word} ")).await,
        }
        if random.random_bool(0.3) {
            yield_now().await;
        }
    }
    for page in 0..random.random_range(0..4) {
        cite(call, &format!("https://example.com/{page}"), "A page").await;
    }
    call.send_text("The end.").await;
}

/// The last snapshot and every delta after it are the stored parts: whoever follows which kinds at which instance, how
/// often it reconnects, and when another instance takes the reply over.
async fn any_follower_receives_the_stored_parts(kind: Kind, redis: Option<String>) {
    any_follower_receives(kind, redis, false).await;
}

/// The same with the responses API, and with tool calls.
async fn any_follower_receives_the_stored_tool_calls(kind: Kind, redis: Option<String>) {
    any_follower_receives(kind, redis, true).await;
}

async fn any_follower_receives(kind: Kind, redis: Option<String>, in_responses: bool) {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut provider = Provider::start().await;
    let base_url = provider.base_url();
    let api = if in_responses { "responses" } else { "chat_completions" };
    let settings = [("OPENAI_BASE_URL", &*base_url), ("OPENAI_API", api)];
    let say = async |call: &mut Call, random: &mut StdRng| match in_responses {
        true => say_in_responses(call, random).await,
        false => say(call, random).await,
    };
    let a = Server::with_providers(kind, &settings, |config| {
        config.redis_url = redis.map(Into::into);
        config.lease = Duration::from_secs(6);
    });
    let a = a.await;
    let b = a.another_instance().await;
    let client = a.register().await;
    for takeover in [false, false, true] {
        let sent = client.send(json!({ "content": "talk" })).await;
        let reply = sent["reply"]["id"].as_str().expect("an id");
        let mut call = provider.call().await;
        call.accept();
        let kinds: [&[&str]; 6] = [
            &["TEXT"],
            &["REASONING"],
            &["TEXT", "REASONING"],
            &["SOURCE", "REASONING", "TEXT", "TOOL_CALL"],
            &["TOOL_CALL"],
            &[],
        ];
        let addresses = [a.address, b.address];
        let followers = kinds.map(|kinds| {
            let follower = Follower::of_parts(&client, reply, kinds);
            tokio::spawn(follow_restlessly(follower, addresses, random.random()))
        });
        let today =
            tokio::spawn(follow_restlessly(Follower::new(&client, reply), addresses, random.random()));
        say(&mut call, &mut random).await;
        if takeover {
            a.shut_down();
            call = provider.call().await;
            say(&mut call, &mut random).await;
        }
        match in_responses {
            true => call.send_event(&json!({ "type": "response.completed", "response": {} })).await,
            false => call.finish("stop").await,
        }
        let mut ends = Vec::new();
        for follower in followers {
            ends.push(wait_for("a follower to finish", follower).await.expect("all is received"));
        }
        ends.push(wait_for("a follower to finish", today).await.expect("all is received"));
        assert!(ends.iter().all(|end| end["status"] == "COMPLETED"), "{ends:?}");
        assert!(ends[0]["parts"].as_array().is_some_and(|parts| parts.len() > 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_follower_receives_the_stored_parts_on_sqlite() {
    any_follower_receives_the_stored_parts(Kind::Sqlite, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_follower_receives_the_stored_parts_on_postgres() {
    any_follower_receives_the_stored_parts(Kind::Postgres, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_follower_receives_the_stored_parts_over_redis() {
    any_follower_receives_the_stored_parts(Kind::Postgres, Some(redis_url().to_string())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_follower_receives_the_stored_tool_calls_on_sqlite() {
    any_follower_receives_the_stored_tool_calls(Kind::Sqlite, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_follower_receives_the_stored_tool_calls_over_redis() {
    any_follower_receives_the_stored_tool_calls(Kind::Postgres, Some(redis_url().to_string())).await;
}
