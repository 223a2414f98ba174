//! Output items that are calls of tools.

use crate::{
    assistant::openai::{
        answer::{AnswerBuilder, readable},
        json::{Fields, Json},
    },
    parts::ToolCallStatus,
};
use serde_json::json;

/// Maximum length of the ID of a call, in bytes. A longer one is cut.
const MAX_ID_BYTES: usize = 256;
/// Maximum length of the name of a tool, in characters. A longer one is cut.
const MAX_NAME_CHARS: usize = 100;

/// The kind of an output item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A call of a tool that the provider runs.
    ToolCall,
    /// A call of a tool that the client would have to run or approve. None was offered.
    ToolCallOfClient,
    /// Anything else.
    Other,
}

impl ItemKind {
    /// The kind of an item, judged by its type.
    pub fn of(item: &Fields<'_>) -> Self {
        match item.text("type").as_deref() {
            Some(
                "function_call"
                | "custom_tool_call"
                | "computer_call"
                | "local_shell_call"
                | "shell_call"
                | "apply_patch_call"
                | "mcp_approval_request",
            ) => Self::ToolCallOfClient,
            Some(name) if name.ends_with("_call") => Self::ToolCall,
            _ => Self::Other,
        }
    }
}

/// A call of a tool that the provider runs, as an output item describes it.
#[derive(Debug)]
pub struct ToolCallItem {
    /// The ID.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// The arguments, as JSON; empty if they are unknown.
    pub arguments: String,
    /// The result or the error.
    pub result: Option<String>,
    /// The state at the end of the call.
    pub status: ToolCallStatus,
}

impl ToolCallItem {
    /// Reads an item. `answer` masks secrets in errors.
    pub fn read(item: &Fields<'_>, answer: &AnswerBuilder) -> Self {
        let kind = item.text("type").unwrap_or_default();
        let json = |name: &str| item.get(name).filter(|value| !value.is_empty()).map(text_or_json);
        let name = item.text("name").filter(|name| !name.trim().is_empty());
        let name = name.unwrap_or_else(|| kind.trim_end_matches("_call").to_owned());
        let error = item.get("error").filter(|error| !error.is_empty());
        let (arguments, result) = match &*kind {
            "web_search_call" => (json("action"), None),
            "file_search_call" => {
                let queries = json("queries").map(|queries| format!("{{\"queries\":{queries}}}"));
                (queries, json("results"))
            }
            "code_interpreter_call" => {
                let code = item.text("code").map(|code| json!({ "code": code }).to_string());
                (code, json("outputs"))
            }
            // Its result is an image.
            "image_generation_call" => (None, None),
            _ => (json("arguments"), json("output").or_else(|| json("result"))),
        };
        let has_failed = matches!(item.text("status").as_deref(), Some("failed" | "incomplete"));
        Self {
            id: shortened(item.text("id").or_else(|| item.text("call_id"))),
            name: name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect(),
            arguments: readable(arguments.unwrap_or_default()),
            status: match error.is_some() || has_failed {
                true => ToolCallStatus::Failed,
                false => ToolCallStatus::Completed,
            },
            result: result.or_else(|| error.map(|error| answer.shown(&text_or_json(error)))).map(readable),
        }
    }
}

/// A string, or the JSON of another value.
fn text_or_json(value: Json<'_>) -> String {
    value.text().unwrap_or_else(|| value.as_str().to_owned())
}

fn shortened(id: Option<String>) -> String {
    let mut id: String = id.unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    id.truncate(id.floor_char_boundary(MAX_ID_BYTES));
    id
}
