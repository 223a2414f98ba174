//! The place of a new message, or of a regenerated reply, in the tree of messages.

use crate::{
    generation::Generation,
    store::{branches::TreeNode, schema::messages},
};
use diesel::prelude::*;

/// The place of a new message, or of a regenerated reply, in the tree.
#[derive(Default)]
pub(super) struct Place {
    /// The message that it follows.
    pub parent: Option<TreeNode>,
    /// The reply that is regenerated.
    pub replaced_reply: Option<ReplacedReply>,
}

/// What a regenerated reply inherits.
#[derive(Queryable, Selectable)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite), table_name = messages)]
pub(super) struct ReplacedReply {
    pub model: Option<String>,
    pub generation: Option<Generation>,
}

/// Finds the [`Place`] for a target in an existing conversation.
macro_rules! find_place {
    ($conn:ident, $conversation:expr, $target:expr) => {{
        use $crate::store::{
            branches::{MAX_ALTERNATIVES, TreeNode},
            sends::place::{Place, ReplacedReply},
        };
        let conversation: &Conversation = $conversation;
        let own = messages::conversation_id.eq(conversation.id);
        let head: Option<TreeNode> = messages::table
            .filter(own)
            .filter(messages::position.eq(conversation.message_count - 1))
            .select(TreeNode::as_select())
            .first($conn)
            .await
            .optional()?;
        let head_id = head.as_ref().map(|head| head.id);
        let (replaced, required) = match $target {
            Target::New { .. } => (None, None),
            Target::Existing { if_last, .. } => (None, *if_last),
            Target::Replace { message, if_last, .. } => (Some((*message, Role::User)), *if_last),
            Target::Regenerate { reply } => (Some((*reply, Role::Assistant)), None),
        };
        if required.is_some() && required != head_id {
            return Err(Rejection::NotLast(head_id).into());
        }
        match replaced {
            None => Place { parent: head, replaced_reply: None },
            Some((id, role)) => {
                let found: Option<(Role, Option<Id>, ReplacedReply)> = messages::table
                    .filter(own)
                    .filter(messages::id.eq(id))
                    .select((messages::role, messages::parent_id, ReplacedReply::as_select()))
                    .first($conn)
                    .await
                    .optional()?;
                let (found_role, parent_id, replaced_reply) = found.ok_or(Rejection::NoMessage)?;
                if found_role != role {
                    let is_reply = role == Role::Assistant;
                    return Err(if is_reply { Rejection::NotReply } else { Rejection::NotFromUser }.into());
                }
                let (siblings, parent) = match parent_id {
                    Some(parent_id) => {
                        let siblings = messages::table.filter(messages::parent_id.eq(parent_id));
                        let siblings: i64 = siblings.count().get_result($conn).await?;
                        let parent = messages::table.find(parent_id).select(TreeNode::as_select());
                        (siblings, Some(parent.first($conn).await?))
                    }
                    None => {
                        // One root is on the active branch.
                        let others = messages::position.is_null().and(messages::depth.eq(0));
                        let others = messages::table.filter(own).filter(others);
                        (1 + others.count().get_result::<i64>($conn).await?, None)
                    }
                };
                if siblings >= MAX_ALTERNATIVES {
                    return Err(Rejection::TooManyAlternatives.into());
                }
                Place { parent, replaced_reply: (role == Role::Assistant).then_some(replaced_reply) }
            }
        }
    }};
}
pub(super) use find_place;
