//! Takeovers of replies: frozen holders, wrong clocks, and outages of the database.

use crate::support::{
    Call, Client, Follower, FollowerEvent, Kind, Provider, Server, Sql, content_of, on_both_databases,
    wait_for,
};
use confab::clock::Clock;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

/// Two instances over one database, and the provider of their replies.
struct TwoInstances {
    a: Server,
    b: Server,
    provider: Provider,
    at_a: Client,
    at_b: Client,
    sql: Sql,
}

impl TwoInstances {
    /// Starts two instances with a lease of `lease` seconds.
    async fn start(kind: Kind, lease: u64) -> Self {
        Self::with_clock(kind, lease, None).await
    }

    /// The same; the second instance has its own clock.
    async fn with_clock(kind: Kind, lease: u64, clock: Option<Clock>) -> Self {
        let provider = Provider::start().await;
        let settings = [("OPENAI_BASE_URL", &*provider.base_url())];
        let a =
            Server::with_providers(kind, &settings, |config| config.lease = Duration::from_secs(lease)).await;
        let b = a.another_instance_with_clock(clock.unwrap_or_else(|| a.clock.clone())).await;
        let at_a = a.register().await;
        let (at_b, sql) = (at_a.at(b.address), Sql::of(&a).await);
        Self { a, b, provider, at_a, at_b, sql }
    }

    /// Starts a reply on `a`. Returns its ID and the provider's side.
    async fn start_reply(&mut self, content: &str) -> (String, Call) {
        let sent = self.at_a.send(json!({ "content": content })).await;
        let mut call = self.provider.call().await;
        call.accept();
        (id(&sent, "reply"), call)
    }

    /// Assigns the lease of a reply to an unknown instance until a time, in seconds since 1970.
    async fn give_lease(&mut self, reply: &str, until: u64) {
        let (run, lease) = (key(&self.sql, reply), self.sql.key(Uuid::now_v7()));
        let until = match self.sql {
            Sql::Postgres(_) => format!("to_timestamp({until})"),
            Sql::Sqlite(_) => format!("{until}000000"),
        };
        let update = "UPDATE runs SET lease =";
        self.sql
            .execute(&format!("{update} {lease}, lease_expires_at = {until} WHERE message_id = {run}"))
            .await;
    }
}

fn id(payload: &Value, what: &str) -> String {
    payload[what]["id"].as_str().expect("an id").to_owned()
}

/// Returns a message's key as the database writes it.
fn key(sql: &Sql, message: &str) -> String {
    let (_, digits) = message.rsplit_once('_').expect("a global id");
    sql.key(Uuid::parse_str(digits).expect("a key"))
}

fn prompt(call: &Call) -> &str {
    call.body["messages"][0]["content"].as_str().expect("a text")
}

async fn finished(follower: &mut Follower) -> Value {
    match follower.next_non_text().await {
        FollowerEvent::Finished(message) => message,
        other => panic!("{other:?}"),
    }
}

const FAR_AHEAD: u64 = 4_000_000_000;

/// An instance that freezes within a transaction keeps its rows locked until PostgreSQL ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_run_does_not_block_other_takeovers() {
    let mut two = TwoInstances::start(Kind::Postgres, 60).await;
    let (first, _call) = two.start_reply("first").await;
    let (second, _call) = two.start_reply("second").await;
    let mut frozen = Sql::of(&two.a).await;
    two.give_lease(&first, 0).await;
    two.give_lease(&second, 0).await;
    frozen.execute("BEGIN").await;
    let lock = format!("SELECT 1 FROM runs WHERE message_id = {} FOR UPDATE", key(&frozen, &first));
    frozen.execute(&lock).await;
    two.b.waker.wake_all();
    let call = two.provider.call().await;
    assert_eq!(prompt(&call), "second");
    frozen.execute("COMMIT").await;
    two.b.waker.wake_all();
    let call = two.provider.call().await;
    assert_eq!(prompt(&call), "first");
}

/// The connection that reads the prompt is lost, and the next attempts to read it must wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_the_prompt_is_retried() {
    let mut two = TwoInstances::start(Kind::Postgres, 60).await;
    two.b.shut_down();
    let first = two.at_a.send(json!({ "content": "first" })).await;
    let _call = two.provider.call().await;
    let second =
        two.at_a.send(json!({ "content": "second", "conversationId": first["conversation"]["id"] })).await;
    let over = format!("DELETE FROM runs WHERE message_id = {}", key(&two.sql, &id(&first, "reply")));
    two.sql.execute(&over).await;
    two.sql.execute("BEGIN").await;
    two.sql.execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE").await;
    two.a.waker.wake_all();
    let lost = "SELECT pg_terminate_backend(pid)::text AS value FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%system_prompt%'";
    let any_lost = async {
        while two.sql.values(lost).await.is_empty() {
            two.sql.execute("SELECT pg_stat_clear_snapshot()").await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    wait_for("the prompt to be read", any_lost).await;
    two.sql.execute("COMMIT").await;
    let mut call = two.provider.call().await;
    call.send_text("hello").await;
    call.finish("stop").await;
    let mut follower = Follower::new(&two.at_a, &id(&second, "reply"));
    assert!(follower.connect(two.a.address).await);
    let message = finished(&mut follower).await;
    assert_eq!((&message["status"], content_of(&message)), (&json!("COMPLETED"), "hello"));
    assert_eq!(follower.attempt, 1);
}

on_both_databases! {
    /// A crash leaves this state if the clock is set back afterwards.
    async fn a_lease_far_in_the_future_is_taken_over(kind) {
        let mut two = TwoInstances::start(kind, 3).await;
        let (reply, _call) = two.start_reply("talk").await;
        two.give_lease(&reply, FAR_AHEAD).await;
        let mut call = two.provider.call().await;
        call.send_text("hello").await;
        call.finish("stop").await;
        let mut follower = Follower::new(&two.at_b, &reply);
        assert!(follower.connect(two.b.address).await);
        let message = finished(&mut follower).await;
        assert_eq!((&message["status"], follower.attempt), (&json!("COMPLETED"), 2));
    }

    async fn a_superseded_attempt_is_not_delivered(kind) {
        let mut two = TwoInstances::start(kind, 60).await;
        let (reply, mut first) = two.start_reply("talk").await;
        first.send_text("one ").await;
        let mut follower = Follower::new(&two.at_a, &reply);
        assert!(follower.connect(two.a.address).await);
        follower.until("one ").await;
        follower.disconnect();
        // Another instance gets the next attempt. The first instance does not know it yet.
        two.give_lease(&reply, 0).await;
        two.b.waker.wake_all();
        let mut second = two.provider.call().await;
        second.send_text("two ").await;
        assert!(follower.connect(two.b.address).await);
        follower.until("two ").await;
        assert_eq!(follower.attempt, 2);
        follower.disconnect();
        let mut late = Follower::new(&two.at_a, &reply);
        for follower in [&mut follower, &mut late] {
            assert!(follower.connect(two.a.address).await);
        }
        // The first instance notices at its next checkpoint.
        first.send_text("three ").await;
        second.send_text("four ").await;
        for follower in [&mut follower, &mut late] {
            // The follower panics if it receives an earlier attempt.
            follower.until("four ").await;
            assert_eq!((&*follower.text, follower.attempt), ("two four ", 2));
        }
    }

    async fn stopping_keeps_text_delivered_during_a_database_outage(kind) {
        let mut two = TwoInstances::start(kind, 15).await;
        let (reply, mut call) = two.start_reply("talk").await;
        call.send_text("one ").await;
        let mut follower = Follower::new(&two.at_a, &reply);
        assert!(follower.connect(two.a.address).await);
        let stored = async {
            while content_of(&two.at_a.message(&reply).await).is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        wait_for("a checkpoint", stored).await;
        two.sql.execute("ALTER TABLE runs RENAME TO away").await;
        call.send_text("two ").await;
        follower.until("two ").await;
        // So long that all leases expire.
        two.a.clock.advance(Duration::from_secs(60));
        two.sql.execute("ALTER TABLE away RENAME TO runs").await;
        let stopped = two.at_b.stop(&reply).await;
        assert_eq!(stopped, json!({ "status": "STOPPED", "content": "one two " }));
        let message = finished(&mut follower).await;
        assert_eq!(message["content"], "one two ");
    }
}

/// On SQLite, each instance uses its own clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_ahead_causes_no_takeover() {
    let ahead = Clock::ahead_by(Duration::from_secs(3600));
    let mut two = TwoInstances::with_clock(Kind::Sqlite, 3, Some(ahead)).await;
    let (reply, mut call) = two.start_reply("talk").await;
    let mut leases = HashSet::new();
    let renewed = async {
        // Longer than a lease, in which the other instance polls several times.
        while leases.len() < 6 {
            leases.extend(two.sql.values("SELECT lease_expires_at || hex(lease) AS value FROM runs").await);
            sleep(Duration::from_millis(50)).await;
        }
    };
    wait_for("the lease to be renewed", renewed).await;
    call.send_text("hello").await;
    call.finish("stop").await;
    let mut follower = Follower::new(&two.at_a, &reply);
    assert!(follower.connect(two.a.address).await);
    let message = finished(&mut follower).await;
    assert_eq!((&message["status"], follower.attempt), (&json!("COMPLETED"), 1));
}
