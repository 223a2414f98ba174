//! A conversation as a file describes it, whatever the format: a tree of messages, and the message that was shown last.

use crate::{
    generation::Generation,
    store::{FinishReason, Instant, MessageStatus, Rating, Role, branches::MAX_ALTERNATIVES},
};
use std::collections::{HashMap, HashSet, VecDeque};

/// Maximum number of messages in a conversation, without hidden ones.
const MAX_MESSAGES: usize = 5000;
/// Maximum length of a message, in bytes: that of a reply.
const MAX_CONTENT: usize = 1 << 20;

/// A conversation of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceConversation {
    /// The ID that the file's format gives it, with the name of the format.
    pub id: String,
    /// The title, if it has one.
    pub title: Option<String>,
    /// Whether the user has set the title.
    pub titled_by_user: bool,
    /// The system prompt.
    pub system_prompt: Option<String>,
    /// The model that replies.
    pub model: Option<String>,
    /// The generation parameters.
    pub generation: Generation,
    /// When it was created.
    pub created_at: Option<Instant>,
    /// When the last message was sent.
    pub updated_at: Option<Instant>,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is pinned.
    pub pinned: bool,
    /// The messages, in any order.
    pub nodes: Vec<Node>,
    /// The ID of the last message of the active branch. `None` stands for the newest message.
    pub head: Option<String>,
}

/// A place in the tree of messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The ID, which is unique in the conversation.
    pub id: String,
    /// The ID of the node above it.
    pub parent: Option<String>,
    /// The message. `None` if it is hidden: what follows it then follows the message above it.
    pub message: Option<SourceMessage>,
}

/// A message of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMessage {
    /// The author: the user or the model.
    pub role: Role,
    /// The text.
    pub content: String,
    /// The status, which is final.
    pub status: MessageStatus,
    /// The model that wrote the reply.
    pub model: Option<String>,
    /// When it was sent or requested.
    pub created_at: Option<Instant>,
    /// The columns that only Confab's own export has.
    pub details: Details,
}

/// The columns of a message that only Confab's own export has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The parameters that the reply was requested with.
    pub generation: Option<Generation>,
    /// The code, the reason and the details of the reply's failure.
    pub error: [Option<String>; 3],
    /// The reason why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// The number of tokens in the prompt and in the reply.
    pub tokens: Option<(i32, i32)>,
    /// Whether the token counts were estimated.
    pub usage_estimated: bool,
    /// When the message was finished.
    pub finished_at: Option<Instant>,
    /// The user's rating.
    pub rating: Option<Rating>,
    /// The user's note on the rating.
    pub rating_note: Option<String>,
}

/// The reason why a conversation is not imported: the rest of a sentence that begins with "The conversation".
pub type Reason = &'static str;

/// A message at its place in the tree without hidden nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedMessage {
    /// The ID of its node.
    pub id: String,
    /// The index of the message that it follows. It is smaller than the message's own.
    pub parent: Option<usize>,
    /// The position on the active branch; `None` off it.
    pub position: Option<i32>,
    /// The message.
    pub message: SourceMessage,
}

/// Orders the messages so that each follows its parent, connects the neighbors of hidden nodes, and finds the active
/// branch. Nodes whose parent is missing begin the conversation.
pub fn place(nodes: Vec<Node>, head: Option<&str>) -> Result<Vec<PlacedMessage>, Reason> {
    if nodes.iter().filter(|node| node.message.is_some()).count() > MAX_MESSAGES {
        return Err("has too many messages.");
    }
    let ids: HashSet<String> = nodes.iter().map(|node| node.id.clone()).collect();
    if ids.len() < nodes.len() {
        return Err("has two messages with the same ID.");
    }
    let mut below: HashMap<String, Vec<Node>> = HashMap::new();
    let mut next: VecDeque<(Node, Option<usize>)> = VecDeque::new();
    for node in nodes {
        match node.parent.clone().filter(|parent| ids.contains(parent)) {
            Some(parent) => below.entry(parent).or_default().push(node),
            None => next.push_back((node, None)),
        }
    }
    let mut placed: Vec<PlacedMessage> = Vec::new();
    let mut indices: HashMap<String, Option<usize>> = HashMap::new();
    while let Some((node, parent)) = next.pop_front() {
        let index = match node.message {
            None => parent,
            Some(message) if message.content.len() > MAX_CONTENT => {
                return Err("has a message of more than 1 MiB.");
            }
            Some(message) => {
                placed.push(PlacedMessage { id: node.id.clone(), parent, position: None, message });
                Some(placed.len() - 1)
            }
        };
        for child in below.remove(&node.id).unwrap_or_default() {
            next.push_back((child, index));
        }
        indices.insert(node.id, index);
    }
    if !below.is_empty() {
        return Err("has a message that follows itself.");
    }
    let mut alternatives: HashMap<Option<usize>, i64> = HashMap::new();
    for one in &placed {
        *alternatives.entry(one.parent).or_default() += 1;
    }
    if alternatives.values().any(|count| *count > MAX_ALTERNATIVES) {
        return Err("has more than 100 versions of a message.");
    }
    let newest = || placed.iter().enumerate().max_by_key(|(index, one)| (one.message.created_at, *index));
    let head = match head.and_then(|head| indices.get(head)) {
        Some(Some(index)) => Some(*index),
        _ => newest().map(|(index, _)| index),
    };
    let mut branch: Vec<usize> = std::iter::successors(head, |index| placed[*index].parent).collect();
    if branch.is_empty() {
        return Err("has no messages.");
    }
    branch.reverse();
    for (position, index) in (0..).zip(branch) {
        placed[index].position = Some(position);
    }
    Ok(placed)
}

/// Returns a text as the database can store it: PostgreSQL cannot store NUL.
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node(id: usize, parent: Option<usize>, visible: bool) -> Node {
        let message = SourceMessage {
            role: if id.is_multiple_of(2) { Role::User } else { Role::Assistant },
            content: id.to_string(),
            status: MessageStatus::Completed,
            model: None,
            created_at: Some(Instant(id as i64)),
            details: Details::default(),
        };
        Node {
            id: id.to_string(),
            parent: parent.map(|parent| parent.to_string()),
            message: visible.then_some(message),
        }
    }

    /// The active branch, as the contents of its messages.
    fn branch(placed: &[PlacedMessage]) -> Vec<&str> {
        let mut on_branch: Vec<_> = placed.iter().filter(|one| one.position.is_some()).collect();
        on_branch.sort_by_key(|one| one.position);
        on_branch.into_iter().map(|one| &*one.message.content).collect()
    }

    #[test]
    fn hidden_nodes_are_bridged() {
        let nodes = vec![
            node(3, Some(2), true),
            node(2, Some(1), false),
            node(1, Some(0), true),
            node(0, None, false),
        ];
        let placed = place(nodes, Some("3")).unwrap();
        assert_eq!((placed[0].parent, placed[1].parent), (None, Some(0)));
        assert_eq!(branch(&placed), ["1", "3"]);
    }

    #[test]
    fn the_head_is_the_one_given_or_else_the_newest() {
        let nodes = || {
            vec![node(0, None, true), node(1, Some(0), true), node(2, Some(0), true), node(3, Some(1), false)]
        };
        assert_eq!(branch(&place(nodes(), Some("1")).unwrap()), ["0", "1"]);
        assert_eq!(branch(&place(nodes(), Some("3")).unwrap()), ["0", "1"], "a hidden head");
        assert_eq!(branch(&place(nodes(), Some("missing")).unwrap()), ["0", "2"]);
        assert_eq!(branch(&place(nodes(), None).unwrap()), ["0", "2"]);
    }

    #[test]
    fn invalid_trees_are_refused() {
        assert!(place(vec![], None).is_err());
        assert!(place(vec![node(0, None, false)], Some("0")).is_err());
        assert!(place(vec![node(0, None, true), node(0, None, true)], None).is_err());
        assert!(
            place(vec![node(0, None, true), node(1, Some(2), true), node(2, Some(1), true)], None).is_err()
        );
        assert!(place(vec![node(0, Some(0), true)], None).is_err());
        assert!(place((0..=MAX_MESSAGES).map(|id| node(id, None, true)).collect(), None).is_err());
        let mut long = node(0, None, true);
        long.message.as_mut().unwrap().content = "x".repeat(MAX_CONTENT + 1);
        assert!(place(vec![long], None).is_err());
    }

    proptest! {
        /// Whatever the tree: parents come first, hidden nodes vanish, and the branch is one path from a root.
        #[test]
        fn every_tree_is_placed(
            nodes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), prop::bool::weighted(0.8)), 1..40),
            head in any::<prop::sample::Index>(),
            order in any::<u64>(),
        ) {
            let mut tree: Vec<Node> = nodes.iter().enumerate().map(|(id, (parent, root, visible))| {
                let parent = (id > 0 && !root).then(|| parent.index(id));
                node(id, parent, *visible)
            }).collect();
            let visible = tree.iter().filter(|node| node.message.is_some()).count();
            let head = head.index(tree.len()).to_string();
            let len = tree.len();
            tree.rotate_left((order % len as u64) as usize);
            match place(tree, Some(&head)) {
                Err(_) => prop_assert_eq!(visible, 0),
                Ok(placed) => {
                    prop_assert_eq!(placed.len(), visible);
                    for (index, one) in placed.iter().enumerate() {
                        prop_assert!(one.parent.is_none_or(|parent| parent < index));
                        if let Some(position) = one.position {
                            let above = one.parent.map(|parent| placed[parent].position);
                            prop_assert_eq!(above, (position > 0).then_some(Some(position - 1)));
                        }
                    }
                    prop_assert!(!branch(&placed).is_empty());
                }
            }
        }
    }
}
