//! Branches: which of a conversation's messages are on the active branch.
//!
//! The messages of a conversation form a tree. The *active branch* is one path that starts at a root. Its messages have
//! the positions 0 to `message_count - 1`. Each time another path becomes the active branch, it gets a new number.
//!
//! A message that leaves the active branch keeps its depth and the number of that branch. Messages with the same number
//! are a *segment*: they left together, so each is the parent of the next. A message never leaves before the messages
//! that follow it. So the parent of a segment's first message is on the active branch or in a segment with a greater
//! number. Two rules follow:
//!
//! - Switching needs one statement for each segment on the path, whatever the length of the segments.
//! - The order by branch number, greatest first, and then by depth lists each message after its parent.

use super::{
    ChangeKind, Database, Id, Instant, Result, Role,
    changes::record,
    conversations::Conversation,
    messages::{DisplayedMessage, Message, MessageDetails, MessageSummary, shown},
    read,
    schema::{conversations, messages},
    transact,
};
use diesel::{
    prelude::*,
    sql_types::{Integer, Text},
};
use diesel_async::{AsyncConnection, RunQueryDsl};

/// The maximum number of messages with the same parent.
pub const MAX_ALTERNATIVES: i64 = 100;

/// A message's place in its conversation's tree.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = messages)]
pub(super) struct TreeNode {
    pub id: Id,
    pub parent_id: Option<Id>,
    pub position: Option<i32>,
    pub depth: Option<i32>,
    pub branch: Option<i32>,
}

impl TreeNode {
    /// The number of the message's ancestors.
    pub fn depth(&self) -> i32 {
        self.position.or(self.depth).unwrap_or_default()
    }
}

/// The result of moving the active branch.
pub(super) struct Moved {
    /// The last message that the old and the new branch have in common.
    pub fork: Option<Id>,
    /// The length of the new branch.
    pub count: i32,
    /// Whether the branch has changed.
    pub is_switched: bool,
}

/// What happens to the messages below the one whose path becomes active.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// They are off the branch, so the message is the last one of it.
    Leave,
    /// Those that were active last are on the branch.
    Activate,
}

/// Makes the path to a message the active branch, and evaluates to [`Moved`]. With no message, the branch becomes
/// empty. The caller has locked the conversation's row, and stores the new `message_count` and `branch`.
macro_rules! move_branch {
    ($conn:ident, $conversation:expr, $tip:expr, $below:expr) => {{
        use $crate::store::{
            branches::{Below, Moved, TreeNode},
            schema::messages,
        };
        let conversation: &Conversation = $conversation;
        let (own, below) = (messages::conversation_id.eq(conversation.id), $below);
        // The segments on the path, each with the depth up to which it is on the path.
        let mut segments: Vec<(i32, i32)> = Vec::new();
        let mut next: Option<TreeNode> = $tip;
        let fork: Option<TreeNode> = loop {
            let Some(node) = next else { break None };
            let (None, Some(branch)) = (node.position, node.branch) else { break Some(node) };
            let is_tip = segments.is_empty();
            let until = if is_tip && below == Below::Activate { i32::MAX } else { node.depth() };
            segments.push((branch, until));
            let first: TreeNode = messages::table
                .filter(own)
                .filter(messages::position.is_null().and(messages::branch.eq(branch)))
                .order(messages::depth)
                .select(TreeNode::as_select())
                .first($conn)
                .await?;
            next = match first.parent_id {
                Some(parent) => {
                    Some(messages::table.find(parent).select(TreeNode::as_select()).first($conn).await?)
                }
                None => None,
            };
        };
        let start = fork.as_ref().map_or(0, |fork| fork.depth() + 1);
        // A tip on the branch that is not its end leaves what follows, unless that is to be active.
        let keeps_all = segments.is_empty() && below == Below::Activate;
        let leaving = if keeps_all { conversation.message_count } else { start };
        let mut changed = 0;
        if leaving < conversation.message_count {
            changed += diesel::update(messages::table.filter(own).filter(messages::position.ge(leaving)))
                .set((
                    messages::depth.eq(messages::position),
                    messages::branch.eq(conversation.branch),
                    messages::position.eq(None::<i32>),
                ))
                .execute($conn)
                .await?;
        }
        let mut count = leaving;
        for (branch, until) in segments {
            let part = messages::table
                .filter(own)
                .filter(messages::position.is_null().and(messages::branch.eq(branch)))
                .filter(messages::depth.le(until));
            let activated = diesel::update(part)
                .set((
                    messages::position.eq(messages::depth),
                    messages::depth.eq(None::<i32>),
                    messages::branch.eq(None::<i32>),
                ))
                .execute($conn)
                .await?;
            count += i32::try_from(activated).unwrap_or(i32::MAX);
            changed += activated;
        }
        let is_switched = changed > 0;
        Moved { fork: fork.map(|fork| fork.id), count, is_switched }
    }};
}
pub(super) use move_branch;

/// The result of switching to another branch.
#[derive(Clone, Debug)]
pub struct Switched {
    /// The conversation with its new branch.
    pub conversation: Conversation,
    /// The last message that the old and the new branch have in common; `None` if they have none.
    pub fork: Option<Message>,
    /// The last message of the branch.
    pub head: Message,
}

/// A position in the tree's order: the number of the branch that a message is or was last part of, and its depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreePosition {
    /// The number of the branch.
    pub branch: i32,
    /// The depth.
    pub depth: i32,
}

impl TreePosition {
    /// Returns the position of a message while `active` is the number of the active branch.
    pub fn of(message: &MessageSummary, active: i32) -> Self {
        match message.position {
            Some(position) => Self { branch: active, depth: position },
            None => {
                Self { branch: message.branch.unwrap_or_default(), depth: message.depth.unwrap_or_default() }
            }
        }
    }
}

/// An ancestor of a message, without its content.
#[derive(Clone, Debug, QueryableByName)]
pub struct Ancestor {
    /// The key.
    #[diesel(sql_type = super::types::sql::Id)]
    pub id: Id,
    /// The author.
    #[diesel(sql_type = Text)]
    pub role: Role,
    /// The length of the content, in bytes.
    #[diesel(sql_type = Integer)]
    pub length: i32,
}

/// Walks from a message to its ancestors, up to a distance, and returns these, the oldest first.
const ANCESTORS: &str = "
    WITH RECURSIVE ancestors (id, parent_id, role, length, distance) AS (
        SELECT id, parent_id, role, 0, 0 FROM messages WHERE id = $1
        UNION ALL
        SELECT parent.id, parent.parent_id, parent.role, octet_length(parent.content), distance + 1
        FROM ancestors JOIN messages AS parent ON parent.id = ancestors.parent_id
        WHERE distance < $2
    )
    SELECT id, role, length FROM ancestors WHERE distance > 0 ORDER BY distance DESC";

impl Ancestor {
    /// The length of the content, in bytes.
    pub fn bytes(&self) -> usize {
        usize::try_from(self.length).unwrap_or_default()
    }
}

impl Database {
    /// Returns the `count` nearest ancestors of a message, the oldest first. They never change, whatever branch is
    /// active.
    pub async fn ancestors(&self, message: Id, count: i32) -> Result<Vec<Ancestor>> {
        let query = diesel::sql_query(ANCESTORS).bind::<super::types::sql::Id, _>(message);
        Ok(read!(self, load, query.bind::<Integer, _>(count))?)
    }

    /// Makes the path to a message the active branch, and below it the messages that were active last. Returns `None`
    /// if the message is not in a conversation of the owner.
    pub async fn switch_branch(&self, owner: Id, message: Id, now: Instant) -> Result<Option<Switched>> {
        transact!(self, async |conn| {
            let of_message = messages::table.find(message).select(messages::conversation_id);
            // Changes nothing, but locks the row. Sends and switches run one after the other.
            let own = conversations::table
                .filter(conversations::id.eq_any(of_message))
                .filter(conversations::owner_id.eq(owner));
            let locked: Option<Conversation> = diesel::update(own)
                .set(conversations::message_count.eq(conversations::message_count))
                .returning(Conversation::as_returning())
                .get_result(conn)
                .await
                .optional()?;
            let Some(mut conversation) = locked else { return Ok(None) };
            let tip: TreeNode =
                messages::table.find(message).select(TreeNode::as_select()).first(conn).await?;
            let moved = move_branch!(conn, &conversation, Some(tip), Below::Activate);
            if moved.is_switched {
                conversation = diesel::update(conversations::table.find(conversation.id))
                    .set((
                        conversations::message_count.eq(moved.count),
                        conversations::branch.eq(conversation.branch + 1),
                    ))
                    .returning(Conversation::as_returning())
                    .get_result(conn)
                    .await?;
            }
            let head: Message = messages::table
                .filter(messages::conversation_id.eq(conversation.id))
                .filter(messages::position.eq(conversation.message_count - 1))
                .select(Message::as_select())
                .first(conn)
                .await?;
            let fork = match (moved.is_switched, moved.fork) {
                (false, _) => Some(head.clone()),
                (true, None) => None,
                (true, Some(fork)) => {
                    Some(messages::table.find(fork).select(Message::as_select()).first(conn).await?)
                }
            };
            if moved.is_switched {
                record!(conn, owner, now, [(ChangeKind::BranchSwitched, conversation.id, moved.fork)]);
            }
            Ok(Some(Switched { conversation, fork, head }))
        })
    }

    /// Returns the messages that have these parents, for display, ordered by age.
    pub async fn displayed_children(&self, parents: &[Id]) -> Result<Vec<DisplayedMessage>> {
        let children =
            messages::table.filter(messages::parent_id.eq_any(parents.to_vec())).order(messages::id);
        Ok(shown!(self, children, true))
    }

    /// Returns the messages off the active branch that have no parent, for display, ordered by age.
    pub async fn displayed_inactive_roots(&self, conversations: &[Id]) -> Result<Vec<DisplayedMessage>> {
        let roots = messages::table
            .filter(messages::conversation_id.eq_any(conversations.to_vec()))
            .filter(messages::position.is_null().and(messages::depth.eq(0)))
            .order(messages::id);
        Ok(shown!(self, roots, true))
    }

    /// Returns at most `limit` messages off the active branch, for display, each after its parent. They follow the
    /// position `after` in this order.
    pub async fn displayed_off_branch(
        &self,
        conversation: Id,
        after: TreePosition,
        limit: i64,
    ) -> Result<Vec<DisplayedMessage>> {
        let later = messages::branch
            .lt(after.branch)
            .or(messages::branch.eq(after.branch).and(messages::depth.gt(after.depth)));
        let rows = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.is_null().and(messages::branch.le(after.branch)))
            .filter(later)
            .order((messages::branch.desc(), messages::depth))
            .limit(limit);
        Ok(shown!(self, rows, true))
    }

    /// Returns the last message of a conversation's active branch; `None` if it is empty.
    pub async fn last_message_id(&self, conversation: Id) -> Result<Option<Id>> {
        let last = messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::position.is_not_null())
            .order(messages::position.desc())
            .select(messages::id);
        Ok(read!(self, first, last).optional()?)
    }

    /// Counts all messages of a conversation.
    pub async fn count_messages(&self, conversation: Id) -> Result<i64> {
        let all = messages::table.filter(messages::conversation_id.eq(conversation));
        Ok(read!(self, get_result, all.count())?)
    }
}
