use crate::{
    error::Result,
    graphql::execution::text_budget::SpendText,
    parts::{self, Piece},
};
use async_graphql::{Context, Description, Enum, Interface, Object, SimpleObject};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A part of a message. The parts of a reply are what the model wrote, in order.
#[derive(Interface)]
#[graphql(field(
    name = "index",
    ty = "i32",
    desc = "The position of the part among all parts of the message, starting at 0."
))]
pub enum MessagePart {
    Text(TextPart),
    Reasoning(ReasoningPart),
    Source(SourcePart),
}

impl From<Piece> for MessagePart {
    fn from(Piece { index, kind, name, text }: Piece) -> Self {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        if kind == parts::PartKind::Source {
            return Self::Source(SourcePart { index, url: text, title: name });
        }
        let text = PaidText { text, is_unread: AtomicBool::new(true) };
        match kind {
            parts::PartKind::Reasoning => Self::Reasoning(ReasoningPart { index, text }),
            _ => Self::Text(TextPart { index, text }),
        }
    }
}

/// Text of the message. The text parts of a message, joined, are its `content`.
#[derive(Description)]
pub struct TextPart {
    index: i32,
    text: PaidText,
}

#[Object(use_type_description)]
impl TextPart {
    /// The position of the part among all parts of the message, starting at 0.
    async fn index(&self) -> i32 {
        self.index
    }

    /// The text; never empty.
    async fn text(&self, ctx: &Context<'_>) -> Result<&str> {
        self.text.read(ctx)
    }
}

/// Reasoning that the model shows before it continues its answer. It is not part of `content`, and is not sent back to
/// the model with later messages.
#[derive(Description)]
pub struct ReasoningPart {
    index: i32,
    text: PaidText,
}

#[Object(use_type_description)]
impl ReasoningPart {
    /// The position of the part among all parts of the message, starting at 0.
    async fn index(&self) -> i32 {
        self.index
    }

    /// The text; never empty. Some providers send a summary of the reasoning.
    async fn text(&self, ctx: &Context<'_>) -> Result<&str> {
        self.text.read(ctx)
    }
}

/// A page that the answer cites. Sources follow the text, each page once, at most 32.
#[derive(SimpleObject)]
pub struct SourcePart {
    /// The position of the part among all parts of the message, starting at 0.
    #[graphql(owned)]
    index: i32,
    /// The address: a URL with the scheme `http` or `https`, at most 2,048 bytes long. The provider has chosen it.
    url: String,
    /// The title of the page, at most 300 characters. `null` if the provider gives none.
    title: Option<String>,
}

/// A text for which the field `parts` has spent the text budget. Further aliases of the text spend it again.
struct PaidText {
    text: String,
    is_unread: AtomicBool,
}

impl PaidText {
    fn read(&self, ctx: &Context<'_>) -> Result<&str> {
        if !self.is_unread.swap(false, Relaxed) {
            ctx.spend_text(self.text.len())?;
        }
        Ok(&self.text)
    }
}

/// The kind of a part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "parts::PartKind")]
pub enum PartKind {
    /// Text of the message.
    Text,
    /// Reasoning before or within the answer.
    Reasoning,
    /// Pages that the answer cites.
    Source,
}

/// An addition to the parts of a reply. If the client has a part with this index, the text is appended to it. Otherwise
/// the part begins here.
#[derive(SimpleObject)]
pub struct PartDelta {
    /// The position of the part among all parts of the reply, starting at 0. Parts that the subscription does not select
    /// count, too.
    pub index: i32,
    /// The kind of the part.
    pub kind: PartKind,
    /// The text to append; never empty. For a source, the complete URL.
    pub text: String,
    /// The title of a source. `null` if the part is not a source, or has no title.
    pub name: Option<String>,
}

impl From<Piece> for PartDelta {
    fn from(Piece { index, kind, name, text }: Piece) -> Self {
        Self { index: i32::try_from(index).unwrap_or(i32::MAX), kind: kind.into(), text, name }
    }
}
