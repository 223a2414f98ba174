//! The store: concurrent migrations, the declared schema, maintenance jobs, and the number of queries.

use crate::support::{Kind, Server, on_both_databases};
use confab::{
    clock::Clock,
    store::{Database, Statements},
};
use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::future::join_all;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

on_both_databases! {
    async fn instances_that_start_together_migrate_once(kind) {
        let folder = tempfile::tempdir().unwrap();
        let url = kind.create(folder.path()).await;
        let migrated = join_all((0..6).map(|_| async {
            let store = Database::connect(&url, &Statements::default()).await?;
            store.migrate().await
        }))
        .await;
        for result in migrated {
            result.unwrap();
        }
    }

    async fn schema_rs_matches_the_migrations(kind) {
        let folder = tempfile::tempdir().unwrap();
        let url = kind.create(folder.path()).await;
        Database::connect(&url, &Statements::default()).await.unwrap().migrate().await.unwrap();
        let mut made = match kind {
            Kind::Sqlite => sqlite_columns(&url).await,
            Kind::Postgres => postgres_columns(&url).await,
        };
        // The words of the search index, which Diesel does not know (see `src/store/search/sql.rs`).
        made.retain(|table, _| !table.starts_with("search_words"));
        made.get_mut("search_entries").unwrap().retain(|(column, ..)| !["words", "owner_prefix", "key"].contains(&&**column));
        assert_eq!(in_order_of_names(made), in_order_of_names(declared_columns(kind)));
    }

    async fn a_maintenance_job_is_claimed_by_one_instance(kind) {
        let folder = tempfile::tempdir().unwrap();
        let url = kind.create(folder.path()).await;
        let instances = join_all((0..6).map(|_| async {
            let store = Database::connect(&url, &Statements::default()).await.unwrap();
            store.migrate().await.unwrap();
            store
        }))
        .await;
        let (hour, start) = (Duration::from_secs(3600), Clock::default().now());
        for (now, takers) in [(start, 1), (start, 0), (start + hour / 2, 0), (start + hour, 1)] {
            let claims = instances.iter().map(|store| store.claim_job("sweep", now, now + hour));
            let taken = join_all(claims).await.into_iter().filter(|claim| *claim.as_ref().unwrap()).count();
            assert_eq!(taken, takers);
            // Claiming one job does not affect another.
            assert_eq!(instances[0].claim_job("dust", now, now + hour).await.unwrap(), takers > 0);
        }
    }

    async fn a_list_costs_one_query_per_level_whatever_its_width(kind) {
        let server = Server::start(kind).await;
        let client = server.register().await;
        let query = "{ me { conversations(first: 20) { nodes { id messages(last: 20) { nodes { content parent { id conversation { title } } } } } } } }";
        // Background tasks execute statements too, so the smallest of several counts is the query's.
        let count = async || {
            let mut least = u64::MAX;
            for _ in 0..5 {
                let before = server.statements.count();
                client.data(query, json!({})).await;
                least = least.min(server.statements.count() - before);
            }
            least
        };
        let mut socket = server.socket(&client).await;
        let (first, reply) = client.send_echo("hello", None).await;
        socket.follow_to_end(&reply).await;
        let (_, reply) = client.send_echo("again", Some(&first)).await;
        socket.follow_to_end(&reply).await;
        let narrow = count().await;
        for i in 0..19 {
            let (conversation, reply) = client.send_echo(&format!("hello {i}"), None).await;
            socket.follow_to_end(&reply).await;
            for _ in 0..3 {
                let (_, reply) = client.send_echo("again", Some(&conversation)).await;
                socket.follow_to_end(&reply).await;
            }
        }
        // The user, conversations, messages, parents, and the parents' conversations.
        let most = 5;
        let wide = count().await;
        assert!(narrow == most && wide == most, "{narrow} and {wide} instead of {most}");
    }
}

/// For each table its columns: name, type, and whether they are nullable.
type Columns = BTreeMap<String, Vec<(String, String, bool)>>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

fn gather(columns: Vec<Column>) -> Columns {
    let mut tables = Columns::new();
    for column in columns {
        let row = (column.column_name, column.data_type.to_lowercase(), column.nullable == "YES");
        tables.entry(column.table_name).or_default().push(row);
    }
    tables
}

/// Sorts the columns by name. SQLite appends a column that had to be recreated.
fn in_order_of_names(mut columns: Columns) -> Columns {
    columns.values_mut().for_each(|columns| columns.sort());
    columns
}

async fn postgres_columns(url: &str) -> Columns {
    let mut conn = AsyncPgConnection::establish(url).await.unwrap();
    let query = "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text AS nullable
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'
        ORDER BY table_name, ordinal_position";
    gather(sql_query(query).load(&mut conn).await.unwrap())
}

async fn sqlite_columns(url: &str) -> Columns {
    let path = url.strip_prefix("sqlite:").unwrap();
    let mut conn = SyncConnectionWrapper::<diesel::SqliteConnection>::establish(path).await.unwrap();
    let query = "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type,
            CASE c.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END AS nullable
        FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";
    gather(sql_query(query).load(&mut conn).await.unwrap())
}

/// Returns the columns that `src/store/schema.rs` declares; `diesel.toml` must name that file.
///
/// The file is read as text, as Diesel generates it, because a table's types and nullability cannot be listed at
/// runtime. No other test would notice, for example, a column that is declared `Nullable` but is not.
fn declared_columns(kind: Kind) -> Columns {
    let settings = include_str!("../../diesel.toml");
    assert!(
        settings.contains("file = \"src/store/schema.rs\"")
            && settings.contains("dir = \"migrations/postgres\"")
    );
    let mut tables = Columns::new();
    for table in include_str!("../../src/store/schema.rs").split("diesel::table! {").skip(1) {
        let body = table.split("joinable!").next().unwrap();
        let mut name = None;
        for line in body.lines().map(str::trim) {
            if let Some((table, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
                name = Some(table.to_owned());
            }
            if let Some((column, sql_type)) = line.split_once(" -> ") {
                let sql_type = sql_type.trim_end_matches(',');
                let inner = sql_type.strip_prefix("Nullable<").and_then(|t| t.strip_suffix('>'));
                let (postgres, sqlite) = match inner.unwrap_or(sql_type) {
                    "Id" => ("uuid", "blob"),
                    "Instant" => ("timestamp with time zone", "integer"),
                    "Text" => ("text", "text"),
                    "Binary" => ("bytea", "blob"),
                    "Bool" => ("boolean", "integer"),
                    "Integer" => ("integer", "integer"),
                    "BigInt" => ("bigint", "integer"),
                    other => panic!("add the database types of {other}"),
                };
                let spelled = match kind {
                    Kind::Sqlite => sqlite,
                    Kind::Postgres => postgres,
                };
                let row = (column.to_owned(), spelled.to_owned(), inner.is_some());
                tables.entry(name.clone().expect("columns follow their table")).or_default().push(row);
            }
        }
    }
    tables
}
