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
    ToolCall(ToolCallPart),
}

impl From<Piece> for MessagePart {
    fn from(Piece { index, kind, name, text, call }: Piece) -> Self {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        if let Some(call) = call {
            return Self::ToolCall(ToolCallPart::new(index, name, call));
        }
        if kind == parts::PartKind::Source {
            return Self::Source(SourcePart { index, url: text, title: name });
        }
        let text = PaidText::new(text);
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

/// A call of a tool that the model's provider runs, such as a search of the web. Confab runs no tools itself. The
/// provider and the model have written everything here: do not trust it.
#[derive(Description)]
pub struct ToolCallPart {
    index: i32,
    call_id: String,
    name: String,
    arguments: PaidText,
    result: Option<PaidText>,
    status: ToolCallStatus,
}

impl ToolCallPart {
    fn new(index: i32, name: Option<String>, call: parts::ToolCall) -> Self {
        let parts::ToolCall { id, arguments, status, result } = call;
        Self {
            index,
            call_id: id,
            name: name.unwrap_or_default(),
            arguments: PaidText::new(arguments),
            result: result.map(PaidText::new),
            status: status.into(),
        }
    }
}

#[Object(use_type_description)]
impl ToolCallPart {
    /// The position of the part among all parts of the message, starting at 0.
    async fn index(&self) -> i32 {
        self.index
    }

    /// The ID that the provider gave the call, at most 256 bytes long.
    async fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The name of the tool, such as `web_search`. At most 100 characters.
    async fn name(&self) -> &str {
        &self.name
    }

    /// The arguments, as JSON. Empty until the provider reports any. They are cut after 64 KiB, and are incomplete if the
    /// call was interrupted. Then they are not valid JSON.
    async fn arguments(&self, ctx: &Context<'_>) -> Result<&str> {
        self.arguments.read(ctx)
    }

    /// The result or the error, as text or JSON. It is cut after 64 KiB. `null` if the provider reports none, and while
    /// the call is in progress.
    async fn result(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.result.as_ref().map(|result| result.read(ctx))
    }

    /// The state of the call.
    async fn status(&self) -> ToolCallStatus {
        self.status
    }
}

/// The state of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "parts::ToolCallStatus")]
pub enum ToolCallStatus {
    /// The model is writing the arguments, or the tool is running.
    InProgress,
    /// The tool has run.
    Completed,
    /// The tool has failed, or the reply ended before the tool.
    Failed,
}

/// A text for which the field `parts` has spent the text budget. Further aliases of the text spend it again.
struct PaidText {
    text: String,
    is_unread: AtomicBool,
}

impl PaidText {
    fn new(text: String) -> Self {
        Self { text, is_unread: AtomicBool::new(true) }
    }

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
    /// Calls of tools that the provider runs.
    ToolCall,
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
    /// The text to append. For a source, the complete URL. For a tool call, the addition to the arguments, which may be
    /// empty. In all other cases, it has at least one character.
    pub text: String,
    /// The title of a source, or the name of a tool. `null` for other parts, and for a source without a title.
    pub name: Option<String>,
    /// The tool call so far, which replaces the tool call before. `null` for other parts.
    pub tool_call: Option<ToolCallPart>,
}

impl From<Piece> for PartDelta {
    fn from(Piece { index, kind, name, text, call }: Piece) -> Self {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        let mut tool_call = call.map(|call| ToolCallPart::new(index, name.clone(), call));
        if let Some(tool_call) = &mut tool_call {
            // Only the addition has been paid for.
            *tool_call.arguments.is_unread.get_mut() = false;
        }
        Self { index, kind: kind.into(), text, name, tool_call }
    }
}
