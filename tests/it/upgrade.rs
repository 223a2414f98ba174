//! Upgrades: a database that an earlier version filled is migrated. Everything reads as before, and clients can go on.
//!
//! For each database, the folder `upgrade` has three files of the earlier version:
//!
//! - `….sql`: a dump of the database, with its schema.
//! - `….json`: what its clients had read, and what they need to go on.
//! - `….statements`: the statements that its instances send. During a rolling upgrade, they run on the migrated schema.
//!
//! The ignored test [`write`] writes these files with the current version. Run it at a release.

mod data;
mod dump;

use crate::{
    changes::CHANGES,
    support::{Client, Kind, PASSWORD, Provider, Server, Sql, on_both_databases},
};
use confab::store::{Database, Statements};
use data::{CONVERSATION, REGENERATE, SWITCH, UPDATE, id, read};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// Returns a file of the earlier version.
fn file(kind: Kind, ending: &str) -> PathBuf {
    let name = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/upgrade").join(format!("{name}.{ending}"))
}

fn text(kind: Kind, ending: &str) -> String {
    fs::read_to_string(file(kind, ending)).expect("the file can be read")
}

/// A server over the migrated database, with the user of the earlier version.
struct Upgraded {
    server: Server,
    provider: Provider,
    client: Client,
    /// The contents of the JSON file.
    before: Value,
    _folder: tempfile::TempDir,
}

impl Upgraded {
    async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = kind.create(folder.path()).await;
        Sql::connect(&url).await.execute(&text(kind, "sql")).await;
        let provider = Provider::start().await;
        let server = data::server(kind, &url, &provider).await;
        let before: Value = serde_json::from_str(&text(kind, "json")).expect("it is JSON");
        let mut client = server.anonymous();
        // A personal access token of the earlier version.
        client.token = before["token"].as_str().map(str::to_owned);
        Self { server, provider, client, before, _folder: folder }
    }

    fn id(&self, name: &str) -> &str {
        self.before["ids"][name].as_str().unwrap_or_else(|| panic!("no ID: {name}"))
    }

    async fn contents(&self, conversation: &str) -> Vec<String> {
        let read = self.client.data(CONVERSATION, json!({ "id": self.id(conversation) })).await;
        let nodes = read["conversation"]["messages"]["nodes"].as_array().expect("a list");
        nodes.iter().map(|node| node["content"].as_str().expect("a text").to_owned()).collect()
    }

    /// Answers the next request of the server, and waits for the end of the reply.
    async fn answer(&mut self, reply: &str, text: &str) {
        let mut call = self.provider.call().await;
        call.send_text(text).await;
        call.finish("stop").await;
        let (_, finished) = self.server.socket(&self.client).await.follow_to_end(reply).await;
        assert_eq!((&finished["content"], &finished["status"]), (&json!(text), &json!("COMPLETED")));
    }
}

on_both_databases! {
    async fn everything_reads_as_before_the_upgrade(kind) {
        let at = Upgraded::new(kind).await;
        let now = read(&at.server, &at.client).await;
        for (what, before) in at.before["read"].as_object().expect("an object") {
            assert_eq!(&now[what], before, "{what}");
        }
        let logged_in = at.server.anonymous();
        let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { user { id } } }";
        let input = json!({ "email": at.before["email"], "password": PASSWORD });
        let user = logged_in.data(log_in, json!({ "input": input })).await["logIn"]["user"]["id"].take();
        assert_eq!(user, at.before["read"]["me"]["id"]);
    }

    async fn clients_go_on_after_the_upgrade(kind) {
        let mut at = Upgraded::new(kind).await;
        // The replies that were in progress are written again, one after the other.
        let (streaming, pending) = (at.id("streaming").to_owned(), at.id("pending").to_owned());
        at.answer(&streaming, "finished").await;
        at.answer(&pending, "finished too").await;
        assert_eq!(at.contents("unfinished").await, ["first", "finished", "second", "finished too"]);

        // A retry of an earlier request has the earlier answer.
        let retry = at.client.send(data::sent_once()).await;
        assert_eq!(retry["reply"]["id"], at.before["ids"]["sent_once"]);

        // The feed continues after an earlier cursor, without a reload.
        let mut socket = at.server.socket(&at.client).await;
        socket.subscribe("changes", CHANGES, json!({ "after": at.before["cursor"] })).await;
        let event = socket.receive().await.expect("the socket stays open");
        assert_eq!(event["payload"]["data"]["changes"]["__typename"], "ConversationCreated", "{event}");

        // Switch to the branch that was replaced, and back.
        let branches = at.contents("branches").await;
        let switched = at.client.data(SWITCH, json!({ "id": at.id("replaced") })).await;
        assert_eq!(switched["switchBranch"]["head"]["id"], at.before["ids"]["replaced_reply"]);
        assert_eq!(at.contents("branches").await, ["one", "1", "two", "2"]);
        at.client.data(SWITCH, json!({ "id": at.id("edited") })).await;
        assert_eq!(at.contents("branches").await, branches);

        // Regenerate a reply, and send a message after it.
        let regenerated = at.client.data(REGENERATE, json!({ "id": at.id("replaced_reply") })).await;
        let reply = id(&regenerated["regenerateReply"]["reply"]).to_owned();
        at.answer(&reply, "again").await;
        let sent = at.client.send(json!({ "content": "three", "conversationId": at.id("branches") })).await;
        at.answer(id(&sent["reply"]), "3").await;
        assert_eq!(at.contents("branches").await, ["one", "1", "two", "again", "three", "3"]);

        // Settings can be changed.
        let input = json!({ "id": at.id("settings"), "title": "New", "pinned": false, "archived": true });
        let updated = at.client.data(UPDATE, json!({ "input": input })).await;
        assert_eq!(updated["updateConversation"]["conversation"]["title"], "New");
    }

    /// Instances of the earlier version run beside the first new one, which migrates the database.
    async fn the_earlier_version_works_on_the_migrated_schema(kind) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = kind.create(folder.path()).await;
        let migrated = Database::connect(&url, &Statements::default()).await.expect("the database answers");
        migrated.migrate().await.expect("it can be migrated");
        let mut sql = Sql::connect(&url).await;
        // What the earlier version writes is accepted: new columns may be empty, or have a default.
        dump::insert_all(&mut sql, &text(kind, "sql")).await;
        assert_eq!(sql.values("SELECT count(*) || '' AS value FROM users").await, ["2"]);
        // The tables and columns that its statements name are there.
        let statements = text(kind, "statements");
        assert!(statements.lines().count() > 50, "{statements}");
        for statement in statements.lines() {
            sql.plan(statement).await;
        }
    }
}

/// Writes the files of both databases with this version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes files of the repository; run it at a release"]
async fn write() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = kind.create(folder.path()).await;
        let mut provider = Provider::start().await;
        let server = data::server(kind, &url, &provider).await;
        let (before, _calls) = data::fill(&server, &mut provider).await;
        let statements = dump::statements(&server);
        server.shut_down();
        server.wait().await;
        let mut sql = Sql::connect(&url).await;
        dump::outlive(&mut sql).await;
        for (ending, text) in [
            ("sql", dump::dump(&mut sql, &url).await),
            ("json", format!("{before:#}\n")),
            ("statements", statements),
        ] {
            fs::write(file(kind, ending), text).expect("the file can be written");
        }
    }
}
