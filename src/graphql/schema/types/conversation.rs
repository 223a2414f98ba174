use super::{DateTime, Generation, Message, MessageConnection, PageInfo, message::MessageList};
use crate::{
    error::{Error, Result},
    graphql::{
        execution::text_budget::SpendText,
        schema::{
            context::ContextExt,
            cursors::{Cursor, Position, TreeCursor},
            ids::NodeType,
            pages::PageArguments,
            sync_fields::{self, List, SyncFields, fast_object},
        },
    },
    store::{
        self,
        branches::TreePosition,
        conversations::ConversationFilter,
        messages::Window,
        paging::{Page, Slice},
    },
};
use async_graphql::{Context, ContextSelectionSet, Description, ID, Object, Value, parser::types::Field};
use std::sync::Arc;

/// A conversation: messages of the user and replies of an assistant, in order.
#[derive(Clone, Description)]
pub struct Conversation(pub Arc<store::conversations::Conversation>);

fast_object! {
    impl Conversation as self {
        /// The global ID.
        "id" id -> ID { NodeType::Conversation.id(self.0.id) }

        /// The title. Until the user sets one, it is the beginning of the first message, or written by a model if the
        /// server has one for titles.
        "title" title -> &str { &self.0.title }

        /// The ID of the model that replies, unless a message names another one. `null` means the default model.
        "model" model -> Option<&str> { self.0.model.as_deref() }

        /// When the conversation was created.
        "createdAt" created_at -> DateTime { DateTime(self.0.created_at) }

        /// When the last message was sent. Equals `createdAt` if the conversation has no messages.
        "updatedAt" updated_at -> DateTime { DateTime(self.0.updated_at) }

        /// When the user archived the conversation. `null` if it is not archived. Sending a message to an archived
        /// conversation takes it out of the archive.
        "archivedAt" archived_at -> Option<DateTime> { self.0.archived_at.map(DateTime) }

        /// When the user pinned the conversation. `null` if it is not pinned.
        "pinnedAt" pinned_at -> Option<DateTime> { self.0.pinned_at.map(DateTime) }
    }
    long { "systemPrompt" => Some(self.0.system_prompt.as_deref()) }

    /// The instructions that the model receives before the conversation. `null` if there are none.
    async fn system_prompt(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.0.system_prompt.as_deref().map(|text| ctx.spend_text(text.len()).map(|()| text))
    }

    /// The parameters with which the model generates replies, unless a message overrides them.
    async fn generation(&self) -> Generation {
        self.0.generation.into()
    }

    /// The last message of the active branch. `null` if the conversation has no messages.
    async fn head(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let key = (self.0.id, Window::Last { count: 1, from: 0 }, true);
        let found = ctx.loaders().windows.get(key).await;
        found.map(|found| found.unwrap_or_default().pop().map(Message)).transpose()
    }

    /// The messages of the active branch, oldest first. Cursors are valid as long as the same branch is active;
    /// afterwards they fail with `BAD_USER_INPUT`.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Returns at most this many elements from the start: 1 to 100. Defaults to 20 unless `last` is set."
        )]
        first: Option<i32>,
        #[graphql(desc = "Returns only elements after this cursor.")] after: Option<String>,
        #[graphql(
            desc = "Returns at most this many elements from the end: 1 to 100. Cannot be combined with `first`."
        )]
        last: Option<i32>,
        #[graphql(desc = "Returns only elements before this cursor.")] before: Option<String>,
    ) -> Result<MessageConnection> {
        let slice = PageArguments {
            first,
            after,
            last,
            before,
        }
        .slice::<Position>()?;
        let branch = self.0.branch;
        for (argument, cursor) in [("after", slice.after), ("before", slice.before)] {
            require_active(argument, cursor.map(|cursor| cursor.branch), branch)?;
        }
        let window = window(&slice);
        let key = (self.0.id, window, MessageConnection::wants_rest(ctx.field()));
        let messages = ctx.loaders().windows.get(key).await?.unwrap_or_default();
        let list = MessageList::Branch { bounds: bounds(&slice), total: self.0.message_count };
        Ok(MessageConnection { messages, branch, list })
    }

    /// All messages of all branches. First those of the active branch; each message comes after its parent. Cursors are
    /// valid as long as the same branch is active; afterwards they fail with `BAD_USER_INPUT`.
    async fn tree(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns at most this many elements: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Returns only elements after this cursor.")] after: Option<String>,
    ) -> Result<MessageConnection> {
        let slice = PageArguments { first, after, last: None, before: None }.slice::<TreeCursor>()?;
        let branch = self.0.branch;
        require_active("after", slice.after.map(|cursor| cursor.active), branch)?;
        let store = &ctx.domain().store;
        // One more than requested shows whether there is another page.
        let limit = slice.limit + 1;
        let after = slice.after.map_or(TreePosition { branch, depth: -1 }, |cursor| cursor.at);
        let mut messages = Vec::new();
        if after.branch == branch {
            let from = after.depth.saturating_add(1);
            let window = Window::Between { from, to: from.saturating_add(limit) };
            messages = store.displayed_messages_in(&[self.0.id], window, true).await?;
        }
        if messages.len() < limit as usize {
            let missing = limit as usize - messages.len();
            messages.extend(store.displayed_off_branch(self.0.id, after, missing as i64).await?);
        }
        let has_next = messages.len() > slice.limit as usize;
        messages.truncate(slice.limit as usize);
        let list = MessageList::Tree { conversation: self.0.id, has_previous: slice.after.is_some(), has_next };
        Ok(MessageConnection { messages: messages.into_iter().map(Arc::new).collect(), branch, list })
    }
}

/// Checks that a cursor belongs to the active branch, so that no client joins pages of two branches.
fn require_active(argument: &'static str, branch: Option<i32>, active: i32) -> Result<()> {
    match branch {
        Some(branch) if branch != active => Err(Error::input(
            argument,
            "is a cursor of a branch that is no longer active. Load the messages again.",
        )),
        _ => Ok(()),
    }
}

/// The range of positions between the cursors: the start is inclusive, the end exclusive.
fn bounds(slice: &Slice<Position>) -> (i32, i32) {
    let from = slice.after.map_or(0, |after| after.position.saturating_add(1));
    let to = slice.before.map_or(i32::MAX, |before| before.position);
    (from, to)
}

/// Converts a slice into a range of positions. Positions have no gaps, so every page is such a range. Only the last
/// page depends on the length of the conversation.
fn window(slice: &Slice<Position>) -> Window {
    let (from, to) = bounds(slice);
    match (slice.from_end, slice.before) {
        (false, _) => Window::Between { from, to: to.min(from.saturating_add(slice.limit)) },
        (true, Some(_)) => Window::Between { from: from.max(to - slice.limit), to },
        (true, None) => Window::Last { count: slice.limit, from },
    }
}

/// A page of conversations.
#[derive(Description)]
pub struct ConversationConnection {
    owner: store::Id,
    filter: ConversationFilter,
    nodes: Vec<Conversation>,
    has_previous: bool,
    has_next: bool,
}

impl ConversationConnection {
    /// Wraps a page of the owner's conversations. The owner and the filter are needed to compute `totalCount`.
    pub fn new(
        owner: store::Id,
        filter: ConversationFilter,
        page: Page<store::conversations::Conversation>,
    ) -> Self {
        let nodes = page.rows.into_iter().map(|row| Conversation(Arc::new(row))).collect();
        Self { owner, filter, nodes, has_previous: page.has_previous, has_next: page.has_next }
    }
}

#[Object(use_type_description)]
impl ConversationConnection {
    /// The conversations of this page, each with its cursor.
    async fn edges(&self) -> List<ConversationEdge> {
        List(self.nodes.iter().cloned().map(ConversationEdge).collect())
    }

    /// The conversations of this page.
    async fn nodes(&self) -> List<Conversation> {
        List(self.nodes.clone())
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |node: &Conversation| node.0.sort_key().encode();
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.nodes.first().map(cursor),
            end_cursor: self.nodes.last().map(cursor),
        }
    }

    /// The number of conversations on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(ctx.domain().store.count_conversations(self.owner, self.filter).await?)
    }
}

/// A conversation in a connection.
#[derive(Description)]
pub struct ConversationEdge(Conversation);

#[Object(use_type_description)]
impl ConversationEdge {
    /// The cursor of this edge, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.0.0.sort_key().encode()
    }

    /// The conversation.
    async fn node(&self) -> &Conversation {
        &self.0
    }
}

impl SyncFields for ConversationEdge {
    fn sync_value(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
        match field.name.node.as_str() {
            "cursor" => Some(Value::String(self.0.0.sort_key().encode())),
            "node" => sync_fields::nested(&self.0, ctx, &field.selection_set.node),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(after: Option<i32>, before: Option<i32>, limit: i32, from_end: bool) -> Slice<Position> {
        let position = |position| Position { branch: 0, position };
        Slice { after: after.map(position), before: before.map(position), limit, from_end }
    }

    #[test]
    fn every_page_is_a_range_of_positions() {
        let between = |from, to| Window::Between { from, to };
        assert_eq!(window(&slice(None, None, 3, false)), between(0, 3));
        assert_eq!(window(&slice(Some(4), None, 3, false)), between(5, 8));
        assert_eq!(window(&slice(Some(4), Some(6), 3, false)), between(5, 6));
        assert_eq!(window(&slice(None, Some(6), 3, true)), between(3, 6));
        assert_eq!(window(&slice(Some(4), Some(6), 3, true)), between(5, 6));
        assert_eq!(window(&slice(None, None, 3, true)), Window::Last { count: 3, from: 0 });
        assert_eq!(window(&slice(Some(4), None, 3, true)), Window::Last { count: 3, from: 5 });
        assert_eq!(window(&slice(Some(i32::MAX), Some(0), 100, true)), between(i32::MAX, 0));
    }
}
