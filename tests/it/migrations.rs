//! Migrations: from the last release, during a backup, and the check of the database's encoding.

use crate::support::{Kind, Sql, on_both_databases, wait_for};
use confab::store::{Database, Statements};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

/// The last migration of the previous release.
const RELEASED: &str = "000007";

/// Returns the names and folders of a database's migrations, in order.
fn migrations(kind: Kind) -> BTreeMap<String, PathBuf> {
    let folder = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let entries = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read"));
    entries.map(|entry| (entry.file_name().into_string().expect("a name"), entry.path())).collect()
}

/// Creates a database with the schema of the previous release.
async fn released(kind: Kind, url: &str) -> Sql {
    let mut sql = Sql::connect(url).await;
    // Diesel's own table of migrations.
    sql.execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
            run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    )
    .await;
    for (name, folder) in migrations(kind) {
        let (date, number) =
            name.split_once('_').expect("a date, a number, a name").0.rsplit_once('-').expect("a number");
        if number > RELEASED {
            break;
        }
        sql.execute(&fs::read_to_string(folder.join("up.sql")).expect("it can be read")).await;
        let version = format!("{}{number}", date.replace('-', ""));
        sql.execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')")).await;
    }
    sql
}

/// Inserts a row into each table.
async fn fill(sql: &mut Sql) {
    let [user, session, conversation, asked, reply, token, event, identity] =
        std::array::from_fn(|_| sql.key(Uuid::now_v7()));
    let (time, yes, hash) = match sql {
        Sql::Postgres(_) => ("'2026-11-22 10:00:00.123456+00'", "true", "'\\x0102'"),
        Sql::Sqlite(_) => ("1790000000123456", "1", "x'0102'"),
    };
    let rows = [
        format!(
            "users (id, email, email_key, name, password_hash, created_at) VALUES ({user}, 'Ada@x.org', 'ada@x.org', 'Ada \u{1f600}', 'h', {time})"
        ),
        format!("sessions VALUES ({session}, {user}, 3, {time}, {time}, {time}, {time}, '::1', 'agent')"),
        format!("revocations VALUES ({session}, {time}, {time})"),
        format!(
            "conversations VALUES ({conversation}, {user}, 'Title', {yes}, 'Be brief.', 'echo', 2, {time}, {time})"
        ),
        format!(
            "messages VALUES ({asked}, {conversation}, NULL, 0, 'USER', 'hello \u{1f600}', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, {yes}, {time}, {time})"
        ),
        format!(
            "messages VALUES ({reply}, {conversation}, {asked}, 1, 'ASSISTANT', 'hel', 'STREAMING', 'echo', 1, NULL, NULL, NULL, 1, 2, {yes}, {time}, NULL)"
        ),
        format!("runs VALUES ({reply}, {conversation}, 1, {token}, {time}, {yes})"),
        format!("sends VALUES ({user}, 'key', {hash}, {reply}, {time})"),
        format!("feeds VALUES ({user}, 1)"),
        format!("changes VALUES ({user}, 1, 'MESSAGE_ADDED', {conversation}, {reply}, {time})"),
        format!("chores VALUES ('sweep', {time})"),
        format!("access_tokens VALUES ({token}, {user}, 'script', {hash}, {yes}, {time}, {time}, {time})"),
        format!("security_events VALUES ({event}, {user}, 'SIGNED_IN', {time}, '::1', 'agent', 'detail')"),
        format!("export_tickets VALUES ({user}, {hash}, {time})"),
        format!("identities VALUES ({identity}, {user}, 'https://issuer', 'subject', {time}, NULL)"),
    ];
    for row in rows {
        sql.execute(&format!("INSERT INTO {row}")).await;
    }
}

/// Returns what these columns hold, row by row.
async fn contents(sql: &mut Sql, tables: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let mut contents = BTreeMap::new();
    for (table, columns) in tables {
        let columns: Vec<String> = columns
            .iter()
            .map(|column| match sql {
                Sql::Postgres(_) => format!("coalesce({column}::text, '-')"),
                Sql::Sqlite(_) => format!("quote({column})"),
            })
            .collect();
        let query = format!("SELECT {} AS value FROM {table} ORDER BY 1", columns.join(" || ' ' || "));
        contents.insert(table.clone(), sql.values(&query).await);
    }
    contents
}

async fn connect(url: &str) -> Database {
    Database::connect(url, &Statements::default()).await.expect("the database answers")
}

on_both_databases! {
    async fn migrating_from_the_last_release_keeps_all_data(kind) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = kind.create(folder.path()).await;
        let mut sql = released(kind, &url).await;
        fill(&mut sql).await;
        let tables = sql.columns().await;
        let before = contents(&mut sql, &tables).await;
        assert!(before.len() >= 13 && before.values().all(|rows| !rows.is_empty()), "{before:?}");
        connect(&url).await.migrate().await.expect("it can be brought up to date");
        assert_eq!(contents(&mut sql, &tables).await, before);
        // The migration fills the new column.
        let owned = "SELECT email_key AS value FROM runs JOIN users ON users.id = runs.owner_id";
        assert_eq!(sql.values(owned).await, ["ada@x.org"]);
    }
}

/// A backup holds a weak lock on every table until it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_a_backup_blocks_no_statements() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let url = Kind::Postgres.create(folder.path()).await;
    let mut sql = released(Kind::Postgres, &url).await;
    fill(&mut sql).await;
    let mut backup = Sql::connect(&url).await;
    backup.execute("BEGIN").await;
    backup.execute("LOCK TABLE runs IN ACCESS SHARE MODE").await;
    let store = connect(&url).await;
    let migrated = tokio::spawn(async move { store.migrate().await });
    let waiting = "SELECT query AS value FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE '%ALTER TABLE runs%'";
    let waits = async {
        while sql.values(waiting).await.is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    wait_for("the migration to wait", waits).await;
    // A statement of a running instance, with the longest time that an instance allows for it.
    sql.execute("SET statement_timeout = '10s'").await;
    sql.execute("UPDATE runs SET stop_requested = true").await;
    assert!(!migrated.is_finished());
    backup.execute("COMMIT").await;
    let migrated = wait_for("the migration to end", migrated).await.expect("it does not panic");
    migrated.expect("it can be brought up to date");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_utf8_is_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let url = Kind::Postgres.create(folder.path()).await;
    let (address, name) = url.rsplit_once('/').expect("the URL names a database");
    let latin = format!("{name}_latin");
    let encoding = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    Sql::connect(&url).await.execute(&format!("CREATE DATABASE {latin} {encoding}")).await;
    let refused = Database::connect(&format!("{address}/{latin}"), &Statements::default()).await.err();
    let message = refused.expect("it is refused").to_string();
    assert!(message.contains("LATIN1") && message.contains("UTF8"), "{message}");
}
