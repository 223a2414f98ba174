//! The body of a request for an answer.

use crate::{
    assistant::{
        Prompt, Role,
        openai::request::{Message, merged},
        providers::{Provider, ProviderTool},
    },
    generation::{Generation, ReasoningEffort},
};
use serde::Serialize;

/// The body of a request. Nothing is stored at the provider.
#[derive(Serialize)]
pub struct Request<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    input: Vec<Message<'a>>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool>,
    /// What the provider must report in addition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool {
    WebSearch,
    CodeInterpreter { container: Container },
}

/// Where the code runs: a container that the provider creates.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Container {
    Auto,
}

impl<'a> Request<'a> {
    /// Creates the request for an answer to the prompt.
    pub fn new(prompt: &'a Prompt, provider: &Provider) -> Self {
        let Generation { temperature, max_output_tokens, reasoning_effort } = prompt.generation;
        let is_system = |role| role == Role::System;
        let system = prompt.messages.iter().filter(|message| is_system(message.role));
        let instructions: Vec<&str> = system.map(|message| &*message.text).collect();
        let input = prompt.messages.iter().filter(|message| !is_system(message.role));
        let summary = |effort| (effort != ReasoningEffort::None).then_some("auto");
        let runs_code = provider.tools.contains(&ProviderTool::CodeInterpreter);
        Self {
            model: &prompt.model,
            instructions: (!instructions.is_empty()).then(|| instructions.join("\n\n")),
            input: merged(input, provider.merge_turns),
            stream: true,
            store: false,
            temperature,
            max_output_tokens,
            reasoning: reasoning_effort
                .map(|effort| Reasoning { effort: effort.as_str(), summary: summary(effort) }),
            tools: provider.tools.iter().map(|tool| Tool::from(*tool)).collect(),
            include: if runs_code { vec!["code_interpreter_call.outputs"] } else { Vec::new() },
        }
    }
}

impl From<ProviderTool> for Tool {
    fn from(tool: ProviderTool) -> Self {
        match tool {
            ProviderTool::WebSearch => Self::WebSearch,
            ProviderTool::CodeInterpreter => Self::CodeInterpreter { container: Container::Auto },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::ChatMessage;
    use serde_json::{Value, json};

    fn body(generation: Generation, tools: Vec<ProviderTool>) -> Value {
        let message = |role, text: &str| ChatMessage { role, text: text.into() };
        let messages = vec![
            message(Role::System, "Be brief."),
            message(Role::User, "a"),
            message(Role::User, "b"),
            message(Role::Assistant, "c"),
            message(Role::User, "d"),
        ];
        let prompt = Prompt { model: "m".into(), generation, messages };
        let provider = Provider { tools, ..Provider::named("mine") };
        serde_json::to_value(Request::new(&prompt, &provider)).unwrap()
    }

    #[test]
    fn the_system_prompt_is_sent_as_instructions() {
        let expected = json!({ "model": "m", "instructions": "Be brief.", "stream": true, "store": false,
            "input": [{ "role": "user", "content": "a\n\nb" }, { "role": "assistant", "content": "c" },
                      { "role": "user", "content": "d" }] });
        assert_eq!(body(Generation::default(), Vec::new()), expected);
    }

    #[test]
    fn the_given_parameters_and_tools_are_sent() {
        let all = Generation {
            temperature: Some(0.5),
            max_output_tokens: Some(100),
            reasoning_effort: Some(ReasoningEffort::Low),
        };
        let body = body(all, vec![ProviderTool::WebSearch, ProviderTool::CodeInterpreter]);
        let sent =
            ["temperature", "max_output_tokens", "reasoning", "tools", "include"].map(|name| &body[name]);
        let tools = json!([{ "type": "web_search" },
            { "type": "code_interpreter", "container": { "type": "auto" } }]);
        let reasoning = json!({ "effort": "low", "summary": "auto" });
        let include = json!(["code_interpreter_call.outputs"]);
        assert_eq!(sent, [&json!(0.5), &json!(100), &reasoning, &tools, &include]);
    }

    #[test]
    fn no_summary_is_requested_without_reasoning() {
        let none = Generation { reasoning_effort: Some(ReasoningEffort::None), ..Generation::default() };
        assert_eq!(body(none, Vec::new())["reasoning"], json!({ "effort": "none" }));
    }
}
