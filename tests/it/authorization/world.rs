//! Ada, one object of hers of each type, and callers who must not reach them.

use super::transports::{Transport, execute};
use crate::support::{Call, Client, Kind, PASSWORD, Provider, Server, Sql, wait_for};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::task::yield_now;
use uuid::Uuid;

/// Appears in every text of Ada's, and nowhere else.
pub const MARK: &str = "lovelace";

/// The objects that belong to Ada.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    User,
    Conversation,
    Message,
    /// A reply that has ended.
    Reply,
    /// A reply in progress.
    Running,
    AccessToken,
    Session,
    SecurityEvent,
}

pub struct World {
    pub server: Server,
    pub ada: Client,
    pub eve: Client,
    /// Clients with Ada's `READ` and `WRITE` tokens.
    pub reader: Client,
    pub writer: Client,
    /// Callers without access: not signed in, Ada with a revoked session, and a user object account is deleted.
    pub unauthenticated: [Client; 3],
    pub ids: BTreeMap<ObjectKind, String>,
    /// Cursors of Ada's conversations, messages, security events, reply and changes.
    pub cursors: Vec<String>,
    /// The provider's side of the reply in progress.
    pub call: Call,
    _provider: Provider,
}

impl World {
    pub async fn make(kind: Kind) -> Self {
        let mut provider = Provider::start().await;
        let url = provider.base_url();
        let settings = [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_MODELS", "small")];
        let server = Server::with_providers(kind, &settings, |config| {
            config.providers = vec!["openai".into(), "builtin".into()];
            config.lease = Duration::from_secs(3600); // not renewed during the test, so that no row changes by itself
            config.tuning.documents.max_tokens = 10_000;
            config.tuning.documents.max_selections = 100_000;
            config.documents.max_cost = 10_000_000;
        })
        .await;
        let ada =
            sign_in(&server, "register", &format!("{MARK}{}@example.com", Uuid::now_v7().simple())).await;
        let (eve, gone) = (server.register().await, server.register().await);
        let elsewhere = sign_in(&server, "logIn", &ada.email).await;
        let ended = sign_in(&server, "logIn", &ada.email).await;

        let (conversation, reply) = ada.send_echo(&format!("{MARK} once"), None).await;
        server.socket(&ada).await.follow_to_end(&reply).await;
        let message = ada.message(&reply).await["parent"]["id"].as_str().expect("an id").to_owned();
        let prompt = "mutation($id: ID!, $text: String!) {
            updateConversation(input: { id: $id, title: $text, systemPrompt: $text }) { conversation { id } } }";
        ada.data(prompt, json!({ "id": conversation, "text": MARK })).await;
        let sent = ada.send(json!({ "content": MARK, "model": "small" })).await;
        let running = sent["reply"]["id"].as_str().expect("an id").to_owned();
        let mut call = provider.call().await;
        call.send_text(MARK).await;
        let stored = async {
            while ada.message(&running).await["content"] != MARK {
                yield_now().await;
            }
        };
        wait_for("the beginning of the reply to be stored", stored).await;
        let (_, mine) = eve.send_echo("mine", None).await;
        server.socket(&eve).await.follow_to_end(&mine).await;

        let ([access_token, secret], [_, read]) = (script(&ada, "WRITE").await, script(&ada, "READ").await);
        let [mut reader, mut writer] = [ada.clone(), ada.clone()];
        (reader.token, writer.token) = (Some(read), Some(secret));
        let end = "mutation($token: String!) { logOut(input: { refreshToken: $token }) { loggedOut } }";
        ada.data(end, json!({ "token": ended.refresh_token })).await;
        let delete =
            "mutation($password: String!) { deleteAccount(input: { password: $password }) { deletedId } }";
        gone.data(delete, json!({ "password": PASSWORD })).await;

        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        let user = id(&ada.data("{ me { id } }", json!({})).await["me"]["id"]);
        let query = "{ me { sessions { id current } } }";
        let sessions = elsewhere.data(query, json!({})).await["me"]["sessions"].take();
        let mut sessions = sessions.as_array().expect("a list").iter();
        let session = id(&sessions.find(|one| one["current"] == true).expect("it is one")["id"]);
        let query = "{ me { securityEvents(first: 1) { nodes { id } } } }";
        let event = id(&ada.data(query, json!({})).await["me"]["securityEvents"]["nodes"][0]["id"]);
        let cursors = cursors(&server, &ada, &reply).await;
        let ids = BTreeMap::from([
            (ObjectKind::User, user),
            (ObjectKind::Conversation, conversation),
            (ObjectKind::Message, message),
            (ObjectKind::Reply, reply),
            (ObjectKind::Running, running),
            (ObjectKind::AccessToken, access_token),
            (ObjectKind::Session, session),
            (ObjectKind::SecurityEvent, event),
        ]);
        let unauthenticated = [server.anonymous(), ended, gone];
        Self { server, ada, eve, reader, writer, unauthenticated, ids, cursors, call, _provider: provider }
    }

    /// Returns whether a text contains anything of Ada's.
    pub fn mentions_ada(&self, text: &str) -> bool {
        let plain = text.to_lowercase().replace('-', "");
        plain.contains(MARK) || self.ids.values().any(|id| plain.contains(digits(id)))
    }

    /// Returns the rows of all tables, without those of the maintenance jobs, the times of last use, and failed
    /// sign-ins, which are recorded with a delay.
    pub async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut sql = Sql::of(&self.server).await;
        sql.execute(
            "UPDATE sessions SET last_seen_at = created_at; UPDATE access_tokens SET last_used_at = NULL",
        )
        .await;
        let mut everything = sql.all_rows().await;
        everything.remove("chores");
        everything.get_mut("security_events").expect("a table").retain(|row| !row.contains("SIGN_IN_FAILED"));
        everything
    }

    /// Returns the rows that contain anything of Ada's.
    pub async fn adas_rows(&self) -> Vec<String> {
        self.rows().await.into_values().flatten().filter(|row| self.mentions_ada(row)).collect()
    }
}

/// Returns an ID of the same type that does not exist.
pub fn nonexistent(id: &str) -> String {
    id.replace(digits(id), &Uuid::now_v7().simple().to_string())
}

fn digits(id: &str) -> &str {
    id.rsplit_once('_').expect("a global id").1
}

/// Signs in with `register` or `logIn`.
async fn sign_in(server: &Server, field: &str, email: &str) -> Client {
    let mut client = server.anonymous();
    let query = format!(
        "mutation($email: String!, $password: String!) {{
            {field}(input: {{ email: $email, password: $password }}) {{ accessToken refreshToken }} }}"
    );
    let variables = json!({ "email": email, "password": PASSWORD });
    let payload = client.data(&query, variables).await[field].take();
    client.token = payload["accessToken"].as_str().map(str::to_owned);
    client.refresh_token = payload["refreshToken"].as_str().expect("a token").to_owned();
    client.email = email.to_owned();
    client
}

/// Creates a personal access token. Returns its ID and its secret.
async fn script(client: &Client, scope: &str) -> [String; 2] {
    let query = format!(
        "mutation {{ createAccessToken(input: {{ name: \"{MARK}\", scopes: [{scope}] }}) {{
            accessToken {{ id }} secret }} }}"
    );
    let created = client.data(&query, json!({})).await["createAccessToken"].take();
    [&created["accessToken"]["id"], &created["secret"]].map(|text| text.as_str().expect("a text").to_owned())
}

async fn cursors(server: &Server, ada: &Client, reply: &str) -> Vec<String> {
    let query = "{ me { securityEvents { edges { cursor } } search(query: \"lovelace\") { edges { cursor } }
        conversations { edges { cursor node { messages { edges { cursor } } tree { edges { cursor } } } } } } }";
    let lists = ada.data(query, json!({})).await.to_string();
    let query = "subscription($id: ID!) { reply(messageId: $id) { cursor } }";
    let reply_events = execute(Transport::Socket, server, ada, query, json!({ "id": reply })).await;
    let mut socket = server.socket(ada).await;
    socket.subscribe("1", "subscription { changes { cursor } }", json!({})).await;
    let changes = socket.receive().await.expect("it stays open").to_string();
    let found = [lists, reply_events, changes].join(" ");
    found
        .split("\"cursor\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("the first").to_owned())
        .collect()
}
