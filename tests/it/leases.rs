//! Leases and takeovers: instances that share a store claim, write, die, freeze and come back in any order. The store
//! must hold what the holder of the lease wrote.

mod model;
mod race;

use crate::support::on_both_databases;
use confab::{
    parts::{PartKind, Parts},
    store::{Database, Id, Instant, Statements, parts::PartsRow, runs::Draft, sends::WhenBusy, users::User},
};
use model::{INSTANCES, World};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};
use std::time::Duration;
use tokio::{runtime::Handle, task::block_in_place};

/// The parts of a reply with this text: its reasoning is as long as its text.
fn parts_of(text: &str) -> Parts {
    let mut parts = Parts::default();
    assert!(parts.push(PartKind::Reasoning, &text.to_uppercase()) && parts.push(PartKind::Text, text));
    parts
}

fn draft(reply: Id, attempt: i32, text: &str) -> Draft {
    let parts = PartsRow::of(reply, attempt, &parts_of(text));
    Draft { content: text.to_owned(), parts, context: None }
}

/// One event of a history. Indexes wrap around, so that they always choose an existing item.
#[derive(Clone, Debug)]
enum Step {
    /// Time passes, in milliseconds. A lease lasts 1,000 ms.
    Wait(u64),
    Send {
        at: usize,
        conversation: usize,
        when_busy: WhenBusy,
    },
    Poll {
        at: usize,
    },
    /// An instance claims replies and dies before it does anything else.
    ClaimAndDie {
        at: usize,
    },
    /// A holder, or an instance that believes it is one, appends a word or nothing, and makes a checkpoint.
    Checkpoint {
        at: usize,
        reply: usize,
        word: bool,
    },
    Finish {
        at: usize,
        reply: usize,
    },
    /// An instance shuts down and restarts.
    Release {
        at: usize,
    },
    /// An instance dies and restarts.
    Crash {
        at: usize,
    },
    Stop {
        at: usize,
        reply: usize,
    },
    Delete {
        at: usize,
        conversation: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..INSTANCES;
    let which = || 0..64usize;
    let busy = prop_oneof![3 => Just(WhenBusy::Queue), 1 => Just(WhenBusy::Reject), 1 => Just(WhenBusy::StopCurrent)];
    prop_oneof![
        6 => (1..1500u64).prop_map(Step::Wait),
        5 => (at(), which(), busy).prop_map(|(at, conversation, when_busy)| Step::Send { at, conversation, when_busy }),
        8 => at().prop_map(|at| Step::Poll { at }),
        1 => at().prop_map(|at| Step::ClaimAndDie { at }),
        10 => (at(), which(), any::<bool>()).prop_map(|(at, reply, word)| Step::Checkpoint { at, reply, word }),
        3 => (at(), which()).prop_map(|(at, reply)| Step::Finish { at, reply }),
        3 => at().prop_map(|at| Step::Release { at }),
        2 => at().prop_map(|at| Step::Crash { at }),
        2 => (at(), which()).prop_map(|(at, reply)| Step::Stop { at, reply }),
        1 => (at(), which()).prop_map(|(at, conversation)| Step::Delete { at, conversation }),
    ]
}

/// Returns how far each instance's clock is ahead, and the steps.
fn history() -> impl Strategy<Value = (Vec<u64>, Vec<Step>)> {
    (prop::collection::vec(0..300u64, INSTANCES), prop::collection::vec(step(), 20..100))
}

/// Connects to a new store with one user in it.
async fn store_and_owner(url: &str) -> (Database, Id) {
    let store = Database::connect(url, &Statements::default()).await.expect("the database answers");
    store.migrate().await.expect("the tables can be made");
    let text = String::new;
    let (id, email) = (Id::new(), "ada@example.com".to_owned());
    let (email_key, created_at) = (email.clone(), Instant(0));
    let user = User { id, email: Some(email), email_key, name: text(), password_hash: None, created_at };
    store.insert_user(&user).await.expect("the database answers").expect("the address is new");
    (store, id)
}

/// Plays a history and checks the store after each step. At the end one surviving instance finishes all replies.
async fn play(store: Database, owner: Id, (ahead, steps): (Vec<u64>, Vec<Step>)) {
    let mut world = World::new(store, owner, &ahead);
    for step in steps {
        match step {
            Step::Wait(by) => world.wait(Duration::from_millis(by)),
            Step::Send { at, conversation, when_busy } => world.send(at, conversation, when_busy).await,
            Step::Poll { at } => world.poll(at, false).await,
            Step::ClaimAndDie { at } => world.poll(at, true).await,
            Step::Checkpoint { at, reply, word } => world.checkpoint(at, reply, word).await,
            Step::Finish { at, reply } => world.finish(at, reply).await,
            Step::Release { at } => world.release(at).await,
            Step::Crash { at } => world.crash(at),
            Step::Stop { at, reply } => world.stop(at, reply).await,
            Step::Delete { at, conversation } => world.delete(at, conversation).await,
        }
        world.check().await;
    }
    world.finish_with_one_survivor().await;
    world.check_final_state().await;
}

on_both_databases! {
    async fn only_the_holder_of_the_lease_writes(kind) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (store, owner) = store_and_owner(&kind.create(folder.path()).await).await;
        let mut config = Config { cases: 24, failure_persistence: None, ..Config::default() };
        let seed = match config.rng_seed {
            RngSeed::Fixed(seed) => seed,
            RngSeed::Random => rand::random(),
        };
        config.rng_seed = RngSeed::Fixed(seed);
        let played = block_in_place(|| {
            TestRunner::new(config).run(&history(), |history| {
                Handle::current().block_on(play(store.clone(), owner, history));
                Ok(())
            })
        });
        played.unwrap_or_else(|fault| panic!("with PROPTEST_RNG_SEED={seed}: {fault}"));
    }
}
