//! Answers in each provider's dialect. The files are written by hand, after the providers' documentation.

use super::{reply_to, server};
use crate::support::{Kind, Provider};
use serde_json::json;

/// A provider's answer, and the expected reply.
macro_rules! recorded {
    ($($name:literal: $text:literal, $reason:literal, $input:literal, $output:literal;)+) => {
        [$(($name, include_str!(concat!("recorded/", $name, ".sse")), $text, $reason, $input, $output)),+]
    };
}

const RECORDED: [(&str, &str, &str, &str, u32, u32); 12] = recorded! {
    "openai": "Rain falls.", "STOP", 19, 138;
    "anthropic": "Rain falls on Anthropic.", "STOP", 14, 9;
    "gemini": "Rain falls on Gemini.", "STOP", 8, 5;
    "deepseek": "Rain falls on DeepSeek.", "STOP", 7, 21;
    "mistral": "Rain falls on Mistral", "LENGTH", 10, 16;
    "openrouter": "Rain falls on OpenRouter.", "STOP", 12, 11;
    "ollama": "Rain falls on Ollama", "LENGTH", 26, 6;
    "llama.cpp": "Rain falls on llama.cpp.", "STOP", 33, 12;
    "vllm": "\n\nRain falls on vLLM.", "STOP", 15, 20;
    "lmstudio": "Rain falls on LM Studio.", "STOP", 5, 18;
    "together": "Rain falls on Together.", "STOP", 11, 7;
    "azure": "Rain falls on Azure", "CONTENT_FILTER", 13, 4;
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_answers_of_known_providers_are_understood() {
    let mut provider = Provider::start().await;
    let server = server(Kind::Sqlite, &provider).await;
    let client = server.register().await;
    for (name, said, text, reason, input, output) in RECORDED {
        for said in [said.to_owned(), said.replace('\n', "\r\n")] {
            let reply = reply_to(&server, &client, &mut provider, said).await;
            assert_eq!(
                (&reply["status"], &reply["content"]),
                (&json!("COMPLETED"), &json!(text)),
                "{name}: {reply}"
            );
            assert_eq!(reply["finishReason"], reason, "{name}");
            let usage = json!({ "inputTokens": input, "outputTokens": output, "estimated": false });
            assert_eq!(reply["usage"], usage, "{name}");
        }
    }
}
