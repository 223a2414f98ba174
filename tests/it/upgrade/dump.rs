//! Dumps of databases.

use crate::support::{Server, Sql};
use std::{collections::BTreeSet, process::Command};

/// Keeps what would expire: the tests run long after the data was written.
pub async fn outlive(sql: &mut Sql) {
    let far = match sql {
        Sql::Postgres(_) => "'2100-01-01'",
        Sql::Sqlite(_) => "4102444800000000",
    };
    for (table, column) in [("access_tokens", "expires_at"), ("sessions", "expires_at"), ("chores", "due_at")]
    {
        sql.execute(&format!("UPDATE {table} SET {column} = {far}")).await;
    }
}

/// Returns statements that restore the schema and all rows. Each ends with a semicolon and a line break.
pub async fn dump(sql: &mut Sql, url: &str) -> String {
    match sql {
        Sql::Postgres(_) => {
            let options = ["--column-inserts", "--no-owner", "--no-privileges", "--no-comments", url];
            let dumped = Command::new("pg_dump").args(options).output().expect("pg_dump is installed");
            assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
            // The settings of the dump's session are not needed, and psql's own commands are not SQL.
            let is_kept = |line: &&str| {
                !line.is_empty()
                    && !["--", "SET ", "\\", "SELECT pg_catalog.set_config"]
                        .iter()
                        .any(|start| line.starts_with(start))
            };
            let text = String::from_utf8(dumped.stdout).expect("UTF-8");
            text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
        }
        Sql::Sqlite(_) => {
            // A virtual table keeps its rows in other tables, which exist as soon as it does.
            let shadow = "SELECT name AS value FROM pragma_table_list WHERE type = 'shadow'";
            let schema =
                "SELECT sql AS value FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'index', rowid";
            let schema = schema.replace("IS NOT NULL", &format!("IS NOT NULL AND name NOT IN ({shadow})"));
            let mut dumped: Vec<String> = sql.values(&schema).await;
            dumped.extend(sql.values(shadow).await.into_iter().map(|table| format!("DELETE FROM {table}")));
            let tables =
                "SELECT m.name AS value FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name
                WHERE l.type IN ('table', 'shadow') ORDER BY m.rowid";
            for table in sql.values(tables).await {
                let columns = format!("SELECT name AS value FROM pragma_table_info('{table}') ORDER BY cid");
                let columns = sql.values(&columns).await;
                let values: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
                let rows = format!("SELECT {} AS value FROM {table} ORDER BY 1", values.join(" || ', ' || "));
                let names = columns.join(", ");
                let insert = |row: String| format!("INSERT INTO {table} ({names}) VALUES ({row})");
                dumped.extend(sql.values(&rows).await.into_iter().map(insert));
            }
            dumped.into_iter().map(|statement| format!("{statement};\n")).collect()
        }
    }
}

/// Inserts the rows of a dump into the tables that exist.
pub async fn insert_all(sql: &mut Sql, dump: &str) {
    // A dump of PostgreSQL is in the order of the tables' names, which ignores their references.
    if let Sql::Postgres(_) = sql {
        sql.execute("SET session_replication_role = replica").await;
    }
    let is_row = |statement: &&str| {
        statement.starts_with("INSERT INTO ") && !statement.contains("__diesel_schema_migrations")
    };
    let rows: Vec<&str> = dump.split_inclusive(";\n").filter(is_row).collect();
    // Migrations insert some of these rows themselves.
    let tables: BTreeSet<&str> = rows.iter().filter_map(|row| row.split(' ').nth(2)).collect();
    for table in tables {
        sql.execute(&format!("DELETE FROM {table}")).await;
    }
    for row in rows {
        sql.execute(row).await;
    }
}

/// Returns the distinct statements that a server has sent, one a line.
pub fn statements(server: &Server) -> String {
    // SQLite quotes with backticks.
    let texts = server.statements.texts().into_iter().map(|text| text.replace('`', "\""));
    let is_kept = |text: &String| {
        ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb))
            && text.contains('"')
    };
    texts.filter(is_kept).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}
