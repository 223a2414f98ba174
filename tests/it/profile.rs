//! Changing the name, the address and the password, and deleting the account: by its owner and by an attacker.

use crate::support::{
    Client, Closed, PASSWORD, Provider, Server, Sql, code, codes, content_of, on_both_databases, wait_for,
};
use confab::store::{Database, Statements, revocations::RevocationTimes, users::Proof};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::{join, task::yield_now, time::sleep};
use uuid::Uuid;

const CHANGE_NAME: &str =
    "mutation($input: ChangeNameInput!) { changeName(input: $input) { user { name } } }";
const CHANGE_EMAIL: &str =
    "mutation($input: ChangeEmailInput!) { changeEmail(input: $input) { user { email } } }";
const CHANGE_PASSWORD: &str =
    "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }";
const DELETE: &str = "mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedId } }";
const LOG_IN: &str =
    "mutation($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken user { id email } } }";
const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { user { id } } }";
const REFRESH: &str =
    "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken } }";
const CREATE: &str = "mutation { createConversation { conversation { id } } }";

async fn log_in(server: &Server, email: &str, password: &str) -> Value {
    let input = json!({ "input": { "email": email, "password": password } });
    server.anonymous().execute(LOG_IN, input).await
}

/// Returns the error's code and the input field that it names.
async fn refused(client: &Client, query: &str, input: Value) -> (String, Value) {
    let mut error = client.error(query, json!({ "input": input })).await;
    (code(&error).to_owned(), error["extensions"]["field"].take())
}

/// Returns all rows except those of the maintenance jobs, which every instance writes.
async fn rows(sql: &mut Sql) -> BTreeMap<String, Vec<String>> {
    let mut everything = sql.all_rows().await;
    everything.remove("chores");
    everything
}

/// Waits until at most `left` messages remain. A step of the removal has a time limit, but all steps together do not:
/// the removal pauses after each, and the longer the busier the machine is.
async fn removed(sql: &mut Sql, left: usize) {
    let mut count = usize::MAX;
    while count > left {
        let step = async {
            loop {
                let now = sql.values("SELECT CAST(count(*) AS text) AS value FROM messages").await[0]
                    .parse()
                    .unwrap();
                if now < count {
                    return now;
                }
                yield_now().await;
            }
        };
        count = wait_for("more messages to be removed", step).await;
    }
}

on_both_databases! {
    async fn a_user_changes_their_name(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let name = async |client: &Client| client.data("{ me { name } }", json!({})).await["me"]["name"].take();
        let before = [name(&ada).await, name(&eve).await];
        for wrong in ["", "  ", "two\nlines", &"x".repeat(101)] {
            let refused = refused(&ada, CHANGE_NAME, json!({ "name": wrong })).await;
            assert_eq!(refused, ("BAD_USER_INPUT".to_owned(), json!("name")));
        }
        assert_eq!(name(&ada).await, before[0]);
        let changed = ada.data(CHANGE_NAME, json!({ "input": { "name": " Ада 🦀 " } })).await;
        assert_eq!(changed["changeName"]["user"]["name"], "Ада 🦀");
        assert_eq!(name(&ada).await, "Ада 🦀");
        assert_eq!(name(&eve).await, before[1]);
    }

    async fn changing_the_address_requires_the_password(kind) {
        let server = Server::start(kind).await;
        let (ada, eve) = (server.register().await, server.register().await);
        let field = |field: &str| ("BAD_USER_INPUT".to_owned(), json!(field));
        let input = |password: &str, email: &str| json!({ "password": password, "newEmail": email });
        for wrong in ["not the password", "", &"x".repeat(300)] {
            let refused = refused(&ada, CHANGE_EMAIL, input(wrong, "new@example.com")).await;
            assert_eq!(refused, field("password"));
        }
        assert_eq!(refused(&ada, CHANGE_EMAIL, input(PASSWORD, "nowhere")).await, field("newEmail"));
        let taken = refused(&ada, CHANGE_EMAIL, input(PASSWORD, &eve.email.to_uppercase())).await;
        assert_eq!(taken.0, "CONFLICT");
        assert_eq!(log_in(&server, &ada.email, PASSWORD).await["data"]["logIn"]["user"]["email"], ada.email);

        let changed = ada.data(CHANGE_EMAIL, json!({ "input": input(PASSWORD, "New@Example.com") })).await;
        assert_eq!(changed["changeEmail"]["user"]["email"], "New@Example.com");
        assert_eq!(codes(&log_in(&server, "new@example.COM", PASSWORD).await), [""; 0]);
        assert_eq!(codes(&log_in(&server, &ada.email, PASSWORD).await), ["UNAUTHENTICATED"]);
        // The previous address is free again, and the owner may change the spelling of their own.
        let again = json!({ "email": ada.email, "password": PASSWORD });
        server.anonymous().data(REGISTER, json!({ "input": again })).await;
        ada.data(CHANGE_EMAIL, json!({ "input": input(PASSWORD, "NEW@example.com") })).await;
    }

    async fn changing_the_password_ends_the_other_sessions(kind) {
        let server = Server::start(kind).await;
        let beside = server.another_instance().await;
        let (ada, eve) = (server.register().await, server.register().await);
        let other = log_in(&server, &ada.email, PASSWORD).await["data"]["logIn"].take();
        let mut ended = ada.clone();
        ended.token = other["accessToken"].as_str().map(str::to_owned);
        let mut opened = [server.socket(&ended).await, beside.socket(&ended).await];
        let mut stay = [beside.socket(&ada).await, beside.socket(&eve).await];
        let input = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
        let field = |field: &str| ("BAD_USER_INPUT".to_owned(), json!(field));
        let new = "another horse entirely";
        assert_eq!(refused(&ada, CHANGE_PASSWORD, input("a guess, at best", new)).await, field("currentPassword"));
        assert_eq!(refused(&ada, CHANGE_PASSWORD, input(PASSWORD, "short")).await, field("newPassword"));
        assert_eq!(codes(&log_in(&server, &ada.email, new).await), ["UNAUTHENTICATED"]);

        let changed = ada.data(CHANGE_PASSWORD, json!({ "input": input(PASSWORD, new) })).await;
        assert_eq!(changed["changePassword"]["endedSessions"], 1);
        for socket in &mut opened {
            assert_eq!(socket.receive().await, Err(Closed(4403)), "on every instance");
        }
        for socket in &mut stay {
            assert_eq!(socket.ping().await, [Value::Null; 0]);
        }
        let error = server.anonymous().error(REFRESH, json!({ "token": other["refreshToken"] })).await;
        assert_eq!(code(&error), "UNAUTHENTICATED");
        assert_eq!(codes(&ended.execute("{ me { id } }", json!({})).await), ["UNAUTHENTICATED"]);
        for kept in [&ada, &eve] {
            server.anonymous().data(REFRESH, json!({ "token": kept.refresh_token })).await;
        }
        assert_eq!(codes(&log_in(&server, &ada.email, PASSWORD).await), ["UNAUTHENTICATED"]);
        assert_eq!(codes(&log_in(&server, &ada.email, new).await), [""; 0]);
        assert_eq!(codes(&log_in(&server, &eve.email, PASSWORD).await), [""; 0]);
    }

    async fn deleting_an_account_removes_all_its_data(kind) {
        let server = Server::start(kind).await;
        let mut sql = Sql::of(&server).await;
        let bob = server.register().await;
        let (_, reply) = bob.send_echo("mine", None).await;
        server.socket(&bob).await.follow_to_end(&reply).await;
        let before = rows(&mut sql).await;

        let ada = server.register().await;
        let mut socket = server.socket(&ada).await;
        for text in ["one", "two"] {
            let (_, reply) = ada.send_echo(text, None).await;
            socket.follow_to_end(&reply).await;
        }
        let thought = ada.send(json!({ "content": "four", "model": "echo", "generation": { "reasoningEffort": "LOW" } })).await;
        socket.follow_to_end(thought["reply"]["id"].as_str().unwrap()).await;
        ada.send(json!({ "content": "three", "model": "echo", "idempotencyKey": "k" })).await;
        log_in(&server, &ada.email, PASSWORD).await;
        let token = "mutation { createAccessToken(input: { name: \"t\", scopes: [WRITE] }) { secret } }";
        let secret = ada.data(token, json!({})).await["createAccessToken"]["secret"].take();
        let mut script = server.anonymous();
        script.token = Some(secret.as_str().unwrap().to_owned());
        let beside = server.another_instance().await;
        let mut opened = [socket, server.socket(&script).await, beside.socket(&ada).await, beside.socket(&script).await];
        ada.data("mutation { exportMyData { url } importConversations { url } }", json!({})).await;
        let with = rows(&mut sql).await;
        for (table, rows) in &with {
            assert!(["runs", "revocations", "identities", "search_progress"].contains(&&**table) || rows.len() > before[table].len(), "this test must add a row to {table}");
        }

        let wrong = refused(&ada, DELETE, json!({ "password": "not the password" })).await;
        assert_eq!(wrong, ("BAD_USER_INPUT".to_owned(), json!("password")));
        assert_eq!(codes(&ada.execute("{ me { id } }", json!({})).await), [""; 0]);
        let id = ada.data("{ me { id } }", json!({})).await["me"]["id"].take();
        let deleted = ada.data(DELETE, json!({ "input": { "password": PASSWORD } })).await;
        assert_eq!(deleted["deleteAccount"]["deletedId"], id);

        for socket in &mut opened {
            assert_eq!(socket.receive().await, Err(Closed(4403)));
        }
        // At once, before the rows are removed: no row that is left names the user.
        let (_, digits) = id.as_str().unwrap().rsplit_once('_').unwrap();
        for (table, rows) in rows(&mut sql).await {
            let named = rows.iter().filter(|row| row.replace('-', "").to_lowercase().contains(digits));
            assert_eq!(named.count(), 0, "{table} still names the user");
        }
        for (client, query) in [(&ada, "{ me { id } }"), (&ada, CREATE), (&script, "{ me { id } }")] {
            assert_eq!(codes(&client.execute(query, json!({})).await), ["UNAUTHENTICATED"], "{query}");
        }
        let again = refused(&ada, DELETE, json!({ "password": PASSWORD })).await;
        assert_eq!(again.0, "UNAUTHENTICATED");
        assert_eq!(codes(&log_in(&server, &ada.email, PASSWORD).await), ["UNAUTHENTICATED"]);
        let error = server.anonymous().error(REFRESH, json!({ "token": ada.refresh_token })).await;
        assert_eq!(code(&error), "UNAUTHENTICATED");

        // Later the rows are removed. One event without a user records that an account was deleted.
        removed(&mut sql, before["messages"].len()).await;
        let conversations = async {
            while sql.all_rows().await["conversations"].len() > before["conversations"].len() {
                yield_now().await;
            }
        };
        wait_for("the conversations to be removed", conversations).await;
        let mut after = rows(&mut sql).await;
        let events = after.get_mut("security_events").unwrap();
        let (anonymous, others): (Vec<String>, Vec<String>) =
            events.drain(..).partition(|row| row.contains(kind.zero_key()));
        assert!(anonymous.len() == 1 && anonymous[0].contains("ACCOUNT_DELETED"), "{anonymous:?}");
        *events = others;
        let revoked = after.get_mut("revocations").unwrap().drain(..).count();
        assert_eq!(revoked, 3, "two sessions and a token, without their user");
        assert_eq!(after, before);

        // The address is free.
        let input = json!({ "email": ada.email, "password": PASSWORD });
        let new = server.anonymous().data(REGISTER, json!({ "input": input })).await;
        assert_ne!(new["register"]["user"]["id"], id);
    }

    async fn deleting_an_account_stops_its_replies_on_every_instance(kind) {
        let mut provider = Provider::start().await;
        let url = provider.base_url();
        let settings = [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_MODELS", "small")];
        let server = Server::with_providers(kind, &settings, |_| {}).await;
        let beside = server.another_instance().await;
        let (ada, bob) = (server.register().await, server.register().await);
        let id = |sent: &Value| sent["reply"]["id"].as_str().unwrap().to_owned();
        let mut mine = Vec::new();
        let mut socket = server.socket(&ada).await;
        for at in [server.address, beside.address] {
            let sent = ada.at(at).send(json!({ "content": "go on" })).await;
            let mut call = provider.call().await;
            call.send_text("word ").await;
            socket.follow(&id(&sent), None).await;
            socket.until("word").await;
            mine.push(call);
        }
        let waits = ada.send(json!({ "content": "and on" })).await;
        let mut waiting = provider.call().await;
        waiting.accept();
        let others = bob.send(json!({ "content": "go on" })).await;
        let mut call = provider.call().await;
        call.send_text("word ").await;

        ada.data(DELETE, json!({ "input": { "password": PASSWORD } })).await;
        for call in mine.into_iter().chain([waiting]) {
            call.aborted().await;
        }
        let query = "query($id: ID!) { node(id: $id) { id } }";
        let reply = json!({ "id": waits["reply"]["id"] });
        assert_eq!(codes(&ada.execute(query, reply.clone()).await), ["UNAUTHENTICATED"]);
        assert_eq!(codes(&bob.execute(query, reply).await), ["NOT_FOUND"]);
        let mut received = Vec::new();
        let closed = loop {
            match socket.receive().await {
                Ok(message) => received.push(message),
                Err(closed) => break closed,
            }
        };
        assert_eq!(closed, Closed(4403));
        assert!(received.iter().all(|message| message["payload"]["data"].is_null()), "{received:?}");

        call.send_text("by word").await;
        call.finish("stop").await;
        let (text, _) = server.socket(&bob).await.follow_to_end(&id(&others)).await;
        assert_eq!(text, "word by word", "another user's reply continues");
        assert_eq!(content_of(&bob.message(&id(&others)).await), "word by word");
    }

    async fn sign_ins_that_race_a_password_change_leave_no_session(kind) {
        let server = Server::start(kind).await;
        let beside = server.another_instance().await;
        let owner = server.register().await;
        let mut password = PASSWORD.to_owned();
        for round in 0..3 {
            let new = format!("another horse {round}");
            let done = AtomicBool::new(false);
            let attempts = async |at: &Server| {
                let mut opened = Vec::new();
                while !done.load(Ordering::SeqCst) {
                    let answer = log_in(at, &owner.email, &password).await;
                    if let Some(token) = answer["data"]["logIn"]["refreshToken"].as_str() {
                        opened.push(token.to_owned());
                    }
                }
                opened
            };
            let change = async {
                let input = json!({ "currentPassword": password, "newPassword": new });
                owner.data(CHANGE_PASSWORD, json!({ "input": input })).await;
                done.store(true, Ordering::SeqCst);
            };
            let (one, other, three, ()) =
                join!(attempts(&server), attempts(&beside), attempts(&beside), change);
            for token in one.into_iter().chain(other).chain(three) {
                let answer = server.anonymous().execute(REFRESH, json!({ "token": token })).await;
                assert_eq!(codes(&answer), ["UNAUTHENTICATED"], "the session was opened with the old password");
            }
            password = new;
        }
    }

    async fn an_old_password_changes_nothing_after_a_password_change(kind) {
        let server = Server::start(kind).await;
        for round in 0..3 {
            let owner = server.register().await;
            // A thief has a session and knows the password.
            let mut thief = owner.clone();
            let theirs = log_in(&server, &owner.email, PASSWORD).await;
            thief.token = theirs["data"]["logIn"]["accessToken"].as_str().map(str::to_owned);
            let address = format!("thief-{}@example.com", Uuid::now_v7());
            let steal = thief.execute(CHANGE_EMAIL, json!({ "input": { "password": PASSWORD, "newEmail": address } }));
            let input = json!({ "currentPassword": PASSWORD, "newPassword": "another horse" });
            let save = owner.execute(CHANGE_PASSWORD, json!({ "input": input }));
            let (stolen, saved) = join!(steal, save);
            assert_eq!(codes(&saved), [""; 0], "{saved}");
            // Whichever came first: once the password is changed, the old one changes nothing.
            let events = owner.data("{ me { securityEvents(first: 5) { nodes { kind } } } }", json!({})).await;
            let kinds: Vec<&str> = events["me"]["securityEvents"]["nodes"].as_array().unwrap().iter()
                .map(|event| event["kind"].as_str().unwrap()).collect();
            let at = |kind: &str| kinds.iter().position(|one| *one == kind);
            match at("EMAIL_CHANGED") {
                Some(email) => assert!(Some(email) > at("PASSWORD_CHANGED"), "{kinds:?} in round {round}"),
                None => assert_eq!(codes(&stolen).len(), 1, "{stolen}"),
            }
        }
    }

    async fn an_account_can_be_deleted_while_messages_are_sent(kind) {
        let server = Server::start(kind).await;
        let beside = server.another_instance().await;
        for _ in 0..3 {
            let ada = server.register().await;
            let (conversation, _) = ada.send_echo("hello", None).await;
            let done = AtomicBool::new(false);
            let sending = async |at: &Server, input: Value| {
                let client = ada.at(at.address);
                while !done.load(Ordering::SeqCst) {
                    match client.try_send(input.clone()).await {
                        Some(Err(code)) => assert!(
                            ["UNAUTHENTICATED", "NOT_FOUND"].contains(&&*code), "{code}"),
                        Some(Ok(_)) => {}
                        None => panic!("no answer"),
                    }
                }
            };
            let delete = async {
                sleep(Duration::from_millis(50)).await;
                let answer = ada.execute(DELETE, json!({ "input": { "password": PASSWORD } })).await;
                done.store(true, Ordering::SeqCst);
                assert_eq!(codes(&answer), [""; 0], "{answer}");
            };
            join!(
                sending(&server, json!({ "content": "new", "model": "echo" })),
                sending(&beside, json!({ "content": "new", "model": "echo" })),
                sending(&beside, json!({ "content": "on", "model": "echo", "conversationId": conversation })),
                delete,
            );
        }
    }

    async fn another_instance_finishes_the_removal_of_a_dead_one(kind) {
        let server = Server::start(kind).await;
        let mut sql = Sql::of(&server).await;
        let ada = server.register().await;
        let id = ada.data("{ me { id } }", json!({})).await["me"]["id"].as_str().unwrap().to_owned();
        let conversation = ada.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        // A chain of messages longer than SQLite follows in one statement.
        sql.add_messages(conversation.as_str().unwrap(), 2500, 10).await;
        let store = Database::connect(&server.database_url, &Statements::default()).await.unwrap();
        let user = confab::store::Id(id.strip_prefix("user_").unwrap().parse().unwrap());
        // Like an instance that dies right after the deletion.
        let ending = RevocationTimes { at: server.clock.now(), until: server.clock.now() };
        let password_hash = store.users(&[user]).await.unwrap().remove(0).password_hash;
        let proof = Proof { user, password_hash, session: None };
        let gone = store.delete_user(&proof, ending).await.unwrap().expect("it is there");
        assert_eq!((gone.stopped.len(), gone.revoked.len()), (0, 1));
        assert!(store.delete_user(&proof, ending).await.is_err());
        assert_eq!(sql.all_rows().await["messages"].len(), 2500);
        let _beside = server.another_instance().await;
        removed(&mut sql, 0).await;
    }

    async fn a_conversation_with_thousands_of_messages_is_deleted(kind) {
        let server = Server::start(kind).await;
        let mut sql = Sql::of(&server).await;
        let ada = server.register().await;
        let id = ada.data(CREATE, json!({})).await["createConversation"]["conversation"]["id"].take();
        sql.add_messages(id.as_str().unwrap(), 2500, 10).await;
        let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }";
        ada.data(delete, json!({ "id": id })).await;
    }
}
