//! The statements of the search index. They differ between the databases, and Diesel has no expressions for them.

use super::{SearchEntry, conversation_word, owner_prefix};
use crate::{
    store::{Id, paging::Slice, sqlite::AsyncSqliteConnection, types::sql},
    words::SearchQuery,
};
use diesel::{
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
    sql_types::{BigInt, Nullable, Text},
    sqlite::Sqlite,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// A connection that can add an entry to the index.
pub trait SearchIndex {
    /// Adds an entry, unless there is one for this text.
    fn index(&mut self, entry: &SearchEntry) -> impl Future<Output = QueryResult<()>> + Send;
}

impl SearchIndex for AsyncPgConnection {
    async fn index(&mut self, entry: &SearchEntry) -> QueryResult<()> {
        Insert::new(entry).execute(self).await?;
        Ok(())
    }
}

impl SearchIndex for AsyncSqliteConnection {
    async fn index(&mut self, entry: &SearchEntry) -> QueryResult<()> {
        if Insert::new(entry).execute(self).await? > 0 {
            InsertWords(entry).execute(self).await?;
        }
        Ok(())
    }
}

/// Appends SQL with parameters: `push!(out, "id = ", sql::Id: &id, " LIMIT 1")`.
macro_rules! push {
    ($out:ident, $sql:literal $(, $($rest:tt)+)?) => {{
        $out.push_sql($sql);
        $(push!($out, $($rest)+);)?
    }};
    ($out:ident, $of_type:ty: $value:expr $(, $($rest:tt)+)?) => {{
        $out.push_bind_param::<$of_type, _>($value)?;
        $(push!($out, $($rest)+);)?
    }};
}

/// The text of each statement identifies it in the cache of prepared statements.
macro_rules! cached_by_text {
    ($($statement:ty),+) => {$(
        impl QueryId for $statement {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    )+};
}
cached_by_text!(Insert<'_>, InsertWords<'_>, Find);

/// Inserts an entry. On PostgreSQL the row has the words.
struct Insert<'a> {
    entry: &'a SearchEntry,
    /// The range of keys on SQLite.
    keys: (i64, i64),
}

impl<'a> Insert<'a> {
    fn new(entry: &'a SearchEntry) -> Self {
        Self { entry, keys: keys(entry.id) }
    }
}

/// The number of low bits of a key on SQLite that distinguish texts of the same millisecond.
const KEY_BITS: u32 = 21;

/// Returns the first key on SQLite of texts with the same millisecond as this one, and the first key of the next
/// millisecond. IDs begin with 48 bits of milliseconds since 1970 (RFC 9562, version 7), of which 42 last until 2109.
fn keys(id: Id) -> (i64, i64) {
    let millisecond = ((id.0.as_u128() >> 80) as i64).min((1 << 42) - 2);
    (millisecond << KEY_BITS, (millisecond + 1) << KEY_BITS)
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { entry, .. } = self;
        push!(
            out,
            "INSERT INTO search_entries (id, owner_prefix, conversation_id, message_id, words) VALUES (",
            sql::Id: &entry.id, ", ",
            Text: &entry.owner_prefix, ", ",
            sql::Id: &entry.conversation, ", ",
            Nullable<sql::Id>: &entry.message,
            // Makes no change to the words, unlike a text search configuration.
            ", array_to_tsvector(string_to_array(", Text: &entry.words, ", ' '))) ON CONFLICT DO NOTHING"
        );
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self { entry, keys: (first, next) } = self;
        push!(
            out,
            "INSERT INTO search_entries (key, id, conversation_id, message_id) VALUES (",
            // The first free key. No two transactions write at once.
            "max(", BigInt: first,
            ", coalesce((SELECT max(key) + 1 FROM search_entries WHERE key < ", BigInt: next, "), 0)), ",
            sql::Id: &entry.id, ", ",
            sql::Id: &entry.conversation, ", ",
            Nullable<sql::Id>: &entry.message, ") ON CONFLICT DO NOTHING"
        );
        Ok(())
    }
}

/// Inserts the words of an entry on SQLite.
struct InsertWords<'a>(&'a SearchEntry);

impl QueryFragment<Sqlite> for InsertWords<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self(entry) = self;
        push!(
            out,
            "INSERT INTO search_words (rowid, words) SELECT key, ", Text: &entry.words,
            " FROM search_entries WHERE id = ", sql::Id: &entry.id
        );
        Ok(())
    }
}

/// The entries that a search reads on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The owner's newest 2,000, in order.
    Newest,
    /// All that have the words, by the index.
    All,
}

/// Finds the entries in which all terms occur.
#[derive(Clone, Debug)]
pub struct Find {
    scope: Scope,
    owner: Id,
    owner_prefix: String,
    conversation: Option<Id>,
    /// Only entries below this.
    below: Id,
    below_key: i64,
    limit: i64,
    /// The terms as a `tsquery`, and as a query of FTS5. Both consist of quoted words, which contain no quotes.
    postgres: String,
    sqlite: String,
}

impl Find {
    pub fn new(
        scope: Scope,
        owner: Id,
        query: &SearchQuery,
        conversation: Option<Id>,
        slice: &Slice<Id>,
    ) -> Self {
        let owner_prefix = owner_prefix(owner);
        let mut terms: Vec<(String, bool)> =
            query.terms().iter().map(|term| (owner_prefix.clone() + &term.word, term.prefix)).collect();
        terms.extend(conversation.map(|id| (owner_prefix.clone() + &conversation_word(id), false)));
        let joined = |quote: char, and: &str, any: &str| {
            let terms = terms.iter();
            let quoted =
                terms.map(|(word, prefix)| format!("{quote}{word}{quote}{}", if *prefix { any } else { "" }));
            quoted.collect::<Vec<_>>().join(and)
        };
        let (postgres, sqlite) = (joined('\'', " & ", ":*"), joined('"', " AND ", "*"));
        let below = slice.after.unwrap_or(super::LAST);
        let limit = i64::from(slice.limit) + 1;
        Self {
            scope,
            owner,
            owner_prefix,
            conversation,
            below,
            below_key: keys(below).0,
            limit,
            postgres,
            sqlite,
        }
    }
}

impl Query for Find {
    type SqlType = (sql::Id, sql::Id, Nullable<sql::Id>);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Find {}

impl QueryFragment<Pg> for Find {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { scope, owner, owner_prefix, conversation, below, limit, postgres, .. } = self;
        match scope {
            Scope::Newest => push!(
                out,
                "SELECT id, conversation_id, message_id FROM (SELECT * FROM search_entries WHERE owner_prefix = ",
                Text: owner_prefix, " AND id < ", sql::Id: below,
                " ORDER BY id DESC LIMIT 2000) entries WHERE words @@ CAST(", Text: postgres, " AS tsquery)"
            ),
            // `OFFSET 0` keeps PostgreSQL from using another index, which has the order but not the words.
            Scope::All => push!(
                out,
                "SELECT id, conversation_id, message_id FROM (SELECT * FROM search_entries WHERE words @@ CAST(",
                Text: postgres, " AS tsquery) OFFSET 0) entries WHERE id < ", sql::Id: below
            ),
        }
        if let Some(conversation) = conversation {
            push!(out, " AND conversation_id = ", sql::Id: conversation);
        }
        push!(
            out,
            // `IS TRUE` lets PostgreSQL read the list once, instead of joining it.
            " AND (conversation_id IN (SELECT id FROM conversations WHERE owner_id = ", sql::Id: owner,
            ")) IS TRUE ORDER BY id DESC LIMIT ", BigInt: limit
        );
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Find {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Self { owner, conversation, below, below_key, limit, sqlite, .. } = self;
        push!(
            out,
            "SELECT entries.id, entries.conversation_id, entries.message_id FROM search_words \
             CROSS JOIN search_entries entries ON entries.key = search_words.rowid WHERE search_words MATCH ",
            Text: sqlite,
            // The entry of a cursor may have been deleted.
            " AND search_words.rowid < coalesce((SELECT key FROM search_entries WHERE id = ", sql::Id: below,
            "), ", BigInt: below_key, ")"
        );
        if let Some(conversation) = conversation {
            push!(out, " AND entries.conversation_id = ", sql::Id: conversation);
        }
        push!(
            out,
            " AND entries.conversation_id IN (SELECT id FROM conversations WHERE owner_id = ", sql::Id: owner,
            ") ORDER BY search_words.rowid DESC LIMIT ", BigInt: limit
        );
        Ok(())
    }
}
