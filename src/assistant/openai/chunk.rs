//! Reads one chunk of an answer in every known dialect. A whole answer in one document is read the same way.

use super::{
    json::{Fields, Json},
    provider_error::ProviderError,
};
use crate::{
    assistant::{Finish, Usage, surrogates::TextPiece},
    parts::PartKind,
};

/// The content of a chunk.
#[derive(Debug, Default)]
pub struct Chunk {
    /// More text and reasoning, in order.
    pub pieces: Vec<(PartKind, TextPiece)>,
    /// The pages that the answer cites: their addresses and titles.
    pub sources: Vec<(String, Option<String>)>,
    /// Whether the pieces are the whole answer instead of the next part.
    pub is_whole: bool,
    /// Whether some of the text is a refusal.
    pub has_refusal: bool,
    /// Whether the chunk contains reasoning, even if it is encrypted.
    pub has_reasoning: bool,
    /// Whether the model called a tool.
    pub has_tool_call: bool,
    /// Why the model stopped.
    pub reason: Option<Reason>,
    /// Token usage so far.
    pub usage: Option<Usage>,
}

/// Why a model stopped, as the provider reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The answer has ended.
    Finish(Finish),
    /// The model waits for the result of a tool.
    Tools,
}

impl Chunk {
    /// Reads a document. The error is one that the document reports. Missing and unknown parts are ignored.
    pub fn read(document: Json<'_>) -> Result<Self, ProviderError> {
        if let Some(provider_error) = ProviderError::find(document) {
            return Err(provider_error);
        }
        let fields = document.fields();
        let mut chunk = Self { usage: fields.get("usage").and_then(usage), ..Self::default() };
        // Only one choice was requested.
        let choices = fields.get("choices").and_then(Json::items).unwrap_or_default();
        let is_first =
            |choice: &Fields<'_>| choice.get("index").and_then(Json::number).is_none_or(|at| at == 0.0);
        for choice in choices.into_iter().map(Json::fields).filter(is_first) {
            if let Some(error) = choice.get("error").filter(|error| !error.is_empty()) {
                return Err(ProviderError::read(error));
            }
            chunk.read_choice(&choice)?;
        }
        Ok(chunk)
    }

    fn read_choice(&mut self, choice: &Fields<'_>) -> Result<(), ProviderError> {
        let delta = choice.get("delta");
        self.is_whole |= delta.is_none() && choice.get("message").is_some();
        if let Some(message) = delta.or_else(|| choice.get("message")) {
            self.read_message(&message.fields());
        }
        // Completions that are not chats have their text here.
        self.push(PartKind::Text, choice.get("text"));
        let Some(reason) = choice.text("finish_reason") else { return Ok(()) };
        match &*reason.to_lowercase() {
            "" | "null" | "none" => {}
            "length" | "max_tokens" | "model_length" => self.reason = Some(Reason::Finish(Finish::Length)),
            "content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" | "blocklist"
            | "spii" => {
                self.reason = Some(Reason::Finish(Finish::ContentFilter));
            }
            "tool_calls" | "tool_use" | "function_call" => self.reason = Some(Reason::Tools),
            "error" | "abort" | "network_error" | "insufficient_system_resource" => {
                return Err(ProviderError { code: reason, ..ProviderError::default() });
            }
            _ => self.reason = Some(Reason::Finish(Finish::Stop)),
        }
        Ok(())
    }

    fn read_message(&mut self, message: &Fields<'_>) {
        let has = |name| message.get(name).is_some_and(|value| !value.is_empty());
        // Some providers send the same reasoning in more than one of these fields.
        let reasoning =
            REASONING.into_iter().find_map(|name| message.get(name).filter(|value| !value.is_empty()));
        if let Some(reasoning) = reasoning {
            self.has_reasoning = true;
            self.read_reasoning(reasoning);
        }
        self.has_tool_call |= has("tool_calls") || has("function_call");
        if let Some(content) = message.get("content") {
            self.read_content(content);
        }
        for annotation in message.get("annotations").and_then(Json::items).unwrap_or_default() {
            let citation = annotation.fields().get("url_citation").unwrap_or(annotation).fields();
            if let Some(url) = citation.text("url") {
                self.sources.push((url, citation.text("title")));
            }
        }
        if let Some(refusal) = message.get("refusal").and_then(Json::piece).filter(|piece| !piece.is_empty())
        {
            self.pieces.push((PartKind::Text, refusal));
            self.has_refusal = true;
        }
    }

    /// Reads a string, a typed part, or a list of these.
    fn read_content(&mut self, content: Json<'_>) {
        if let Some(piece) = content.piece() {
            self.pieces.push((PartKind::Text, piece));
            return;
        }
        let parts = content.items().unwrap_or_else(|| vec![content]);
        for part in parts {
            if let Some(piece) = part.piece() {
                self.pieces.push((PartKind::Text, piece));
                continue;
            }
            let fields = part.fields();
            match fields.text("type").as_deref() {
                None | Some("text" | "output_text" | "text_delta") => {
                    self.push(PartKind::Text, fields.get("text"))
                }
                Some("refusal") => {
                    self.push(PartKind::Text, fields.get("refusal"));
                    self.has_refusal = true;
                }
                Some("thinking" | "reasoning" | "redacted_thinking") => {
                    self.has_reasoning = true;
                    self.read_reasoning(part);
                }
                Some("tool_use" | "tool_call") => self.has_tool_call = true,
                Some(_) => {}
            }
        }
    }

    /// Reads a string, an object with the text in a known field, or a list of these.
    fn read_reasoning(&mut self, reasoning: Json<'_>) {
        let mut items = vec![reasoning];
        // Mistral nests: `{"type":"thinking","thinking":[{"type":"text","text":…}]}`.
        for _ in 0..MAX_NESTING {
            items = items.into_iter().flat_map(|item| item.items().unwrap_or_else(|| vec![item])).collect();
            items = items.into_iter().map(|item| inner_reasoning(item).unwrap_or(item)).collect();
        }
        self.pieces
            .extend(items.into_iter().filter_map(Json::piece).map(|piece| (PartKind::Reasoning, piece)));
    }

    fn push(&mut self, kind: PartKind, text: Option<Json<'_>>) {
        self.pieces.extend(text.and_then(Json::piece).map(|piece| (kind, piece)));
    }
}

/// The fields of a message that may have its reasoning, in order of preference.
const REASONING: [&str; 4] = ["reasoning_content", "reasoning", "reasoning_details", "thinking"];
/// The deepest nesting in which reasoning is found.
const MAX_NESTING: usize = 3;

/// The text of an object with reasoning, or a list of such objects.
fn inner_reasoning(object: Json<'_>) -> Option<Json<'_>> {
    let fields = object.fields();
    ["text", "thinking", "reasoning", "content", "summary"].into_iter().find_map(|name| fields.get(name))
}

/// The token usage, if the object has any number.
pub fn usage(usage: Json<'_>) -> Option<Usage> {
    let fields = usage.fields();
    let count = |names: [&str; 2]| {
        let number = names.into_iter().find_map(|name| fields.get(name)?.number());
        number.filter(|number| *number >= 0.0).map(|number| number as u32)
    };
    let input = count(["prompt_tokens", "input_tokens"]);
    let output = count(["completion_tokens", "output_tokens"]);
    let detail = |objects: [&str; 2], name: &str| {
        let object = objects.into_iter().find_map(|object| fields.get(object));
        object.and_then(|object| object.fields().get(name)?.number())
    };
    let reasoning = detail(["completion_tokens_details", "output_tokens_details"], "reasoning_tokens");
    let cached = detail(["prompt_tokens_details", "input_tokens_details"], "cached_tokens")
        .or_else(|| fields.get("prompt_cache_hit_tokens")?.number()); // DeepSeek
    let valid = |number: Option<f64>| number.filter(|number| *number >= 0.0).map(|number| number as u32);
    (input.is_some() || output.is_some()).then(|| Usage {
        input_tokens: input.unwrap_or_default(),
        output_tokens: output.unwrap_or_default(),
        reasoning_tokens: valid(reasoning),
        cached_tokens: valid(cached),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::surrogates::SurrogateJoiner;

    fn read(text: &str) -> Chunk {
        Chunk::read(Json::of(text)).unwrap_or_else(|provider_error| panic!("{text}: {provider_error:?}"))
    }

    fn text_of(text: &str) -> String {
        of_kind(text, PartKind::Text)
    }

    fn of_kind(text: &str, kind: PartKind) -> String {
        let mut joiner = SurrogateJoiner::default();
        let pieces = read(text).pieces.into_iter().filter(|(of, _)| *of == kind);
        pieces.map(|(_, piece)| joiner.join(piece)).collect()
    }

    #[test]
    fn text_is_found_in_every_known_place() {
        for text in [
            r#"{"choices":[{"delta":{"content":"Hi"}}]}"#,
            r#"{"choices":[{"delta":{"content":"no","content":"Hi"},"logprobs":[1e999]}]}"#,
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"H"},{"type":"text","text":"i"}]}}]}"#,
            r#"{"choices":[{"delta":{"content":{"text":"Hi"}}}]}"#,
            r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},"Hi"]}}]}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"text":"Hi"}]}"#,
            r#"{"choices":[null,{"index":0,"delta":{"content":"Hi"}},{"index":1,"delta":{"content":"Ho"}}]}"#,
        ] {
            assert_eq!(text_of(text), "Hi", "{text}");
        }
    }

    #[test]
    fn empty_chunks_are_not_errors() {
        for text in [
            r#"{"choices":null}"#,
            r#"{"choices":[]}"#,
            r#"{"choices":[null]}"#,
            r#"{"choices":[{"delta":null,"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"delta":{"role":"assistant","content":null},"finish_reason":""}]}"#,
            r#"{"choices":[{"delta":{"content":7},"finish_reason":"null"}]}"#,
            r#"{"choices":{"0":{}},"usage":[]}"#,
            r#"{"type":"ping"}"#,
            r#"{"choices":[{"delta":{},"finish_reason":null,"error":null}],"error":null}"#,
            "7",
            "[]",
        ] {
            let chunk = read(text);
            assert!(
                chunk.pieces.is_empty() && chunk.reason.is_none() && chunk.usage.is_none(),
                "{text}: {chunk:?}"
            );
        }
    }

    #[test]
    fn finish_reasons_are_recognized() {
        let reason = |word: &str| read(&format!(r#"{{"choices":[{{"finish_reason":"{word}"}}]}}"#)).reason;
        for (word, expected) in [
            ("stop", Finish::Stop),
            ("STOP", Finish::Stop),
            ("eos", Finish::Stop),
            ("length", Finish::Length),
            ("MAX_TOKENS", Finish::Length),
            ("SAFETY", Finish::ContentFilter),
        ] {
            assert_eq!(reason(word), Some(Reason::Finish(expected)), "{word}");
        }
        assert_eq!(reason("tool_calls"), Some(Reason::Tools));
        let error = r#"{"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#;
        assert!(Chunk::read(Json::of(error)).is_err());
        let error = r#"{"choices":[{"error":{"code":502,"message":"m"},"finish_reason":"error"}]}"#;
        assert_eq!(Chunk::read(Json::of(error)).unwrap_err().status, Some(502));
    }

    #[test]
    fn usage_is_read_in_every_form() {
        let usage = |text: &str| read(&format!(r#"{{"choices":[],"usage":{text}}}"#)).usage;
        for text in [
            r#"{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#,
            r#"{"prompt_tokens":3.0,"completion_tokens":"4","prompt_tokens_details":null}"#,
            r#"{"prompt_tokens":null,"input_tokens":3,"output_tokens":4}"#,
        ] {
            let expected = Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() };
            assert_eq!(usage(text), Some(expected), "{text}");
        }
        for text in [
            r#"{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2},
                "prompt_tokens_details":{"cached_tokens":1}}"#,
            r#"{"input_tokens":3,"output_tokens":4,"output_tokens_details":{"reasoning_tokens":2},
                "input_tokens_details":{"cached_tokens":1}}"#,
            r#"{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2},
                "prompt_cache_hit_tokens":1}"#,
        ] {
            let usage = usage(text).unwrap();
            assert_eq!((usage.reasoning_tokens, usage.cached_tokens), (Some(2), Some(1)), "{text}");
        }
        assert_eq!(usage(r#"{"prompt_tokens":null,"completion_tokens":-1}"#), None);
        assert_eq!(usage(r#"{"completion_tokens":1e30}"#).map(|usage| usage.output_tokens), Some(u32::MAX));
    }

    #[test]
    fn reasoning_is_found_once_in_every_known_place() {
        for message in [
            r#"{"reasoning_content":"hm"}"#,
            r#"{"reasoning_content":"","reasoning":"hm"}"#,
            r#"{"reasoning_content":"hm","reasoning":"hm"}"#,
            r#"{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.summary","summary":"h"},{"type":"reasoning.text","text":"m"},
                {"type":"reasoning.encrypted","data":"x"}]}"#,
            r#"{"thinking":"hm"}"#,
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]}]}"#,
            r#"{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Hi"}]}"#,
        ] {
            let text = format!(r#"{{"choices":[{{"delta":{message}}}]}}"#);
            assert_eq!(of_kind(&text, PartKind::Reasoning), "hm", "{message}");
        }
    }

    #[test]
    fn citations_are_sources() {
        let of = |annotation: &str| {
            read(&format!(r#"{{"choices":[{{"delta":{{"annotations":[{annotation}]}}}}]}}"#)).sources
        };
        let (url, title) = ("https://example.com/a".to_owned(), Some("A".to_owned()));
        for annotation in [
            r#"{"type":"url_citation","url_citation":{"url":"https://example.com/a","title":"A","start_index":1}}"#,
            r#"{"type":"url_citation","url":"https://example.com/a","title":"A"}"#,
        ] {
            assert_eq!(of(annotation), [(url.clone(), title.clone())]);
        }
        assert_eq!(of(r#"{"type":"file","file":{"hash":"x"}},null,7"#), []);
    }

    #[test]
    fn reasoning_tools_and_refusals_are_distinguished() {
        for name in ["reasoning_content", "reasoning"] {
            let chunk = read(&format!(r#"{{"choices":[{{"delta":{{"content":"","{name}":"hm"}}}}]}}"#));
            assert!(chunk.has_reasoning && !chunk.has_tool_call, "{name}");
        }
        let tool_call = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}"#;
        assert!(read(tool_call).has_tool_call && !read(tool_call).has_reasoning);
        let empty = r#"{"choices":[{"delta":{"content":"a","tool_calls":[],"reasoning":""}}]}"#;
        assert!(!read(empty).has_tool_call);
        assert!(read(r#"{"choices":[{"delta":{"refusal":"I cannot."}}]}"#).has_refusal);
    }
}
