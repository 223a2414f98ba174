//! The types of the schema, one file per type. An object type wraps a database row and decides which parts of it
//! clients see, and in which form.

mod access_token;
mod change;
mod conversation;
mod date_time;
mod generation;
mod limits;
mod message;
mod message_part;
mod model;
mod node;
mod page_info;
mod prompt_context;
mod reply_error;
mod reply_event;
mod search;
mod security_event;
mod session;
mod usage;
mod user;

pub use access_token::{AccessToken, AccessTokenScope};
pub use change::Change;
pub use conversation::{Conversation, ConversationConnection};
pub use date_time::DateTime;
pub use generation::{Generation, GenerationInput};
pub use limits::Limits;
pub use message::{Message, MessageConnection, Rating};
pub use message_part::{MessagePart, PartDelta, PartKind};
pub use model::Model;
pub use node::Node;
pub use page_info::PageInfo;
pub use prompt_context::PromptContext;
pub use reply_error::ReplyError;
pub use reply_event::ReplyEvent;
pub use search::SearchConnection;
pub use security_event::{SecurityEvent, SecurityEventConnection};
pub use session::Session;
pub use usage::Usage;
pub use user::User;
