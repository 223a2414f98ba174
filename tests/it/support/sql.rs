//! Direct access to the database, for what clients cannot see or do.

use super::{Kind, Server};
use diesel::{QueryableByName, SqliteConnection, sql_query, sql_types::Text};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    sync_connection_wrapper::SyncConnectionWrapper,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A connection of the test's own.
#[expect(clippy::large_enum_variant, reason = "a test has one value")]
pub enum Sql {
    Postgres(AsyncPgConnection),
    Sqlite(SyncConnectionWrapper<SqliteConnection>),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

impl Sql {
    /// Connects to a server's database.
    pub async fn of(server: &Server) -> Self {
        Self::connect(&server.database_url).await
    }

    /// Connects to the database with this URL.
    pub async fn connect(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut conn = SyncConnectionWrapper::establish(path).await.expect("the database answers");
                conn.batch_execute("PRAGMA busy_timeout = 5000").await.expect("a setting");
                Self::Sqlite(conn)
            }
            None => Self::Postgres(AsyncPgConnection::establish(url).await.expect("the database answers")),
        }
    }

    pub async fn execute(&mut self, statements: &str) {
        match self {
            Self::Postgres(conn) => conn.batch_execute(statements).await,
            Self::Sqlite(conn) => conn.batch_execute(statements).await,
        }
        .expect("valid statements");
    }

    /// Returns the rows of a query with one text column, named `value`.
    pub async fn values(&mut self, query: &str) -> Vec<String> {
        let rows: Vec<Row> = match self {
            Self::Postgres(conn) => sql_query(query).load(conn).await,
            Self::Sqlite(conn) => sql_query(query).load(conn).await,
        }
        .expect("a query");
        rows.into_iter().map(|row| row.value).collect()
    }

    /// Returns the plan of a prepared statement, planned with the settings of the server's connections.
    pub async fn plan(&mut self, statement: &str) -> Vec<String> {
        match self {
            Self::Sqlite(conn) => {
                let steps: Vec<Step> =
                    sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).await.expect("a plan");
                steps.into_iter().map(|step| step.detail).collect()
            }
            Self::Postgres(_) => {
                let values = (1..).take_while(|place| statement.contains(&format!("${place}"))).count();
                let values = match values {
                    0 => String::new(),
                    count => format!("({})", vec!["NULL"; count].join(", ")),
                };
                self.execute(confab::store::POSTGRES_SETUP).await;
                // The column of EXPLAIN has a name that cannot be mapped to a field.
                self.execute(
                    "CREATE OR REPLACE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql
                    AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement; END $$",
                )
                .await;
                self.execute(&format!("PREPARE planned AS {statement}")).await;
                let explain = format!("SELECT value FROM pg_temp.plan('EXECUTE planned{values}') AS value");
                let steps = self.values(&explain).await;
                self.execute("DEALLOCATE planned").await;
                steps
            }
        }
    }

    /// Returns a key as this database writes it.
    pub fn key(&self, id: Uuid) -> String {
        match self {
            Self::Postgres(_) => format!("'{id}'"),
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
        }
    }

    /// Returns all rows of every table as text, without the inner tables of SQLite's full-text index.
    pub async fn all_rows(&mut self) -> BTreeMap<String, Vec<String>> {
        let tables = match self {
            Self::Postgres(_) => {
                "SELECT table_name::text AS value FROM information_schema.tables
                WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
            }
            Self::Sqlite(_) => {
                "SELECT name AS value FROM sqlite_master
                WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_words%' ESCAPE '\\'"
            }
        };
        let mut rows = BTreeMap::new();
        for table in self.values(tables).await {
            let columns = match self {
                Self::Postgres(_) => format!("SELECT {table}::text AS value FROM {table} ORDER BY 1"),
                Self::Sqlite(_) => {
                    let names =
                        format!("SELECT name AS value FROM pragma_table_info('{table}') ORDER BY cid");
                    let quoted: Vec<String> =
                        self.values(&names).await.iter().map(|name| format!("quote({name})")).collect();
                    format!("SELECT {} AS value FROM {table} ORDER BY 1", quoted.join(" || ',' || "))
                }
            };
            rows.insert(table, self.values(&columns).await);
        }
        rows
    }

    /// Returns the tables with their columns.
    pub async fn columns(&mut self) -> BTreeMap<String, Vec<String>> {
        let query = match self {
            Self::Postgres(_) => {
                "SELECT (table_name || '.' || column_name)::text AS value FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
            }
            Self::Sqlite(_) => {
                "SELECT m.name || '.' || c.name AS value FROM sqlite_master m JOIN pragma_table_info(m.name) c
                WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
            }
        };
        let mut tables = BTreeMap::<String, Vec<String>>::new();
        for value in self.values(query).await {
            let (table, column) = value.split_once('.').expect("both");
            tables.entry(table.to_owned()).or_default().push(column.to_owned());
        }
        tables
    }

    /// Adds a chain of `count` messages with `letters` letters each to an empty conversation.
    pub async fn add_messages(&mut self, conversation: &str, count: usize, letters: usize) {
        let (_, digits) = conversation.rsplit_once('_').expect("a global id");
        let conversation = self.key(Uuid::parse_str(digits).expect("a key"));
        let (text, moment, no) = match self {
            Self::Postgres(_) => (format!("repeat('x', {letters})"), "now()", "false"),
            Self::Sqlite(_) => (format!("replace(hex(zeroblob({})), '0', 'x')", letters / 2), "0", "0"),
        };
        let mut parent = "NULL".to_owned();
        let rows: Vec<String> = (0..count)
            .map(|position| {
                let key = self.key(Uuid::now_v7());
                let row = format!(
                    "({key}, {conversation}, {parent}, {position}, 'USER', {text}, 'COMPLETED', 0, {no}, {moment})"
                );
                parent = key;
                row
            })
            .collect();
        self.execute(&format!(
            "INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, attempt,
                usage_estimated, created_at) VALUES {};
            UPDATE conversations SET message_count = {count} WHERE id = {conversation}",
            rows.join(", ")
        ))
        .await;
    }
}

impl Kind {
    /// Returns the all-zero key as [`Sql::all_rows`] shows it. It stands for no user.
    pub fn zero_key(self) -> &'static str {
        match self {
            Self::Postgres => "00000000-0000-0000-0000-000000000000",
            Self::Sqlite => "X'00000000000000000000000000000000'",
        }
    }
}
