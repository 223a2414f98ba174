use super::{DateTime, MessageConnection, PageInfo};
use crate::{
    error::Result,
    graphql::{
        context::ContextExt,
        cursors::{Cursor, Position},
        ids::Kind,
        pages::PageArguments,
        plain::{self, List, Plain, object},
        text_budget::Afford,
    },
    store::{
        self,
        messages::Window,
        paging::{Page, Slice},
    },
};
use async_graphql::{Context, ContextSelectionSet, Description, ID, Object, Value, parser::types::Field};
use std::sync::Arc;

/// Messages of a user and replies of an assistant, in order.
#[derive(Clone, Description)]
pub struct Conversation(pub Arc<store::conversations::Conversation>);

object! {
    impl Conversation as self {
        /// The global id.
        "id" id -> ID { Kind::Conversation.id(self.0.id) }

        /// The title: the first message's beginning, until the user sets one.
        "title" title -> &str { &self.0.title }

        /// The model that replies, unless a message asks for another. Null stands for the default model.
        "model" model -> Option<&str> { self.0.model.as_deref() }

        /// When it was started.
        "createdAt" created_at -> DateTime { DateTime(self.0.created_at) }

        /// When a message was last sent; until then, when it was started.
        "updatedAt" updated_at -> DateTime { DateTime(self.0.updated_at) }
    }
    long { "systemPrompt" => Some(self.0.system_prompt.as_deref()) }

    /// Instructions that the model is given before the conversation.
    async fn system_prompt(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.0.system_prompt.as_deref().map(|text| ctx.afford(text.len()).map(|()| text))
    }

    /// The messages, oldest first.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 1 to 100. 20 if neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<MessageConnection> {
        let slice = PageArguments {
            first,
            after,
            last,
            before,
        }
        .slice::<Position>()?;
        let window = window(&slice);
        let key = (self.0.id, window, MessageConnection::wants_rest(ctx.field()));
        let messages = ctx.loaders().windows.get(key).await?.unwrap_or_default();
        Ok(MessageConnection {
            messages,
            bounds: bounds(&slice),
            total: self.0.message_count,
        })
    }
}

/// The positions between the cursors: from the first, up to but without the second.
fn bounds(slice: &Slice<Position>) -> (i32, i32) {
    let from = slice.after.map_or(0, |Position(after)| after.saturating_add(1));
    let to = slice.before.map_or(i32::MAX, |Position(before)| before);
    (from, to)
}

/// Positions have no gap, so a page is a range of them. Only the last page of all depends on the conversation.
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
    nodes: Vec<Conversation>,
    has_previous: bool,
    has_next: bool,
}

impl ConversationConnection {
    /// A page of the owner's list. The owner is kept to count the whole if `totalCount` is asked for.
    pub fn new(owner: store::Id, page: Page<store::conversations::Conversation>) -> Self {
        let nodes = page.rows.into_iter().map(|row| Conversation(Arc::new(row))).collect();
        Self { owner, nodes, has_previous: page.has_previous, has_next: page.has_next }
    }
}

#[Object(use_type_description)]
impl ConversationConnection {
    /// The conversations with their cursors.
    async fn edges(&self) -> List<ConversationEdge> {
        List(self.nodes.iter().cloned().map(ConversationEdge).collect())
    }

    /// The conversations alone.
    async fn nodes(&self) -> List<Conversation> {
        List(self.nodes.clone())
    }

    /// Where this page lies in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |node: &Conversation| node.0.place().encode();
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.nodes.first().map(cursor),
            end_cursor: self.nodes.last().map(cursor),
        }
    }

    /// How many conversations there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(ctx.domain().store.count_conversations(self.owner).await?)
    }
}

/// A conversation in a list.
#[derive(Description)]
pub struct ConversationEdge(Conversation);

#[Object(use_type_description)]
impl ConversationEdge {
    /// Its place in the list, for `after` and `before`.
    async fn cursor(&self) -> String {
        self.0.0.place().encode()
    }

    /// The conversation.
    async fn node(&self) -> &Conversation {
        &self.0
    }
}

impl Plain for ConversationEdge {
    fn plain(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
        match field.name.node.as_str() {
            "cursor" => Some(Value::String(self.0.0.place().encode())),
            "node" => plain::nested(&self.0, ctx, &field.selection_set.node),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(after: Option<i32>, before: Option<i32>, limit: i32, from_end: bool) -> Slice<Position> {
        Slice { after: after.map(Position), before: before.map(Position), limit, from_end }
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
