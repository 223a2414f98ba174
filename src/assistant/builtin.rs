//! The built-in models, which need no network: `eliza`, a simulated listener, and `echo`, which repeats the message.
//!
//! Both stream word by word at a configurable pace, so that streaming clients can be tried offline. If the prompt has a
//! reasoning effort, they also stream some reasoning before the answer.

use super::{Answer, Assistant, AssistantError, AssistantErrorKind, End, Finish, Part, Prompt, Role, Usage};
use crate::{generation::ReasoningEffort, parts::PartKind};
use eliza::Eliza;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The ID of the model [`Eliza`].
pub const ELIZA: &str = "eliza";
/// The ID of the model that repeats the message.
pub const ECHO: &str = "echo";

/// The built-in models. The prompt's model selects one.
pub struct Builtin {
    /// The pause before each word.
    pub pace: Duration,
}

impl Assistant for Builtin {
    fn answer(&self, prompt: Prompt) -> Answer {
        let pace = self.pace;
        let user_texts = || {
            prompt.messages.iter().filter(|message| message.role == Role::User).map(|message| &*message.text)
        };
        let text = match &*prompt.model {
            ECHO => user_texts().next_back().unwrap_or_default().to_owned(),
            _ => Eliza::doctor().answer(seed(user_texts().next()), user_texts()),
        };
        let effort = prompt.generation.reasoning_effort.filter(|effort| *effort != ReasoningEffort::None);
        let reasoning =
            effort.map(|_| reasoning(&prompt.model, user_texts().next_back().unwrap_or_default()));
        // The tokens of these models are words.
        let limit = prompt.generation.max_output_tokens.and_then(|limit| usize::try_from(limit).ok());
        let pieces = |kind, text| words(text).map(move |word| (kind, word.to_owned()));
        let all: Vec<_> = pieces(PartKind::Reasoning, reasoning.as_deref().unwrap_or_default())
            .chain(pieces(PartKind::Text, &text))
            .collect();
        let answer: Vec<_> = all.iter().take(limit.unwrap_or(usize::MAX)).cloned().collect();
        let is_cut = all.len() > answer.len();
        let has_text = answer.iter().any(|(kind, word)| *kind == PartKind::Text && !word.trim().is_empty());
        let finish = if is_cut { Finish::Length } else { Finish::Stop };
        let reasoned = answer.iter().filter(|(kind, _)| *kind == PartKind::Reasoning).count() as u32;
        let usage = Usage {
            input_tokens: prompt.messages.iter().map(|message| words(&message.text).count()).sum::<usize>()
                as u32,
            output_tokens: answer.len() as u32,
            reasoning_tokens: reasoning.map(|_| reasoned),
            cached_tokens: None,
        };
        Box::pin(async_stream::stream! {
            for (kind, word) in answer {
                if pace.is_zero() {
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(pace).await;
                }
                yield Ok(Part::More(kind, word));
            }
            if is_cut && !has_text {
                yield Err(AssistantError {
                    kind: AssistantErrorKind::Empty,
                    message: "The model reached the maximum length of an answer before it returned any text.".into(),
                    details: None,
                });
            }
            yield Ok(Part::End(End { finish, usage: Some(usage) }));
        })
    }
}

/// What a model says about its answer before it gives it.
fn reasoning(model: &str, message: &str) -> String {
    let plan = match model {
        ECHO => "I repeat them as they are.",
        _ => "I look for a keyword and turn it into a question.",
    };
    format!("The message has {} words. {plan}", message.split_whitespace().count())
}

/// The words of a text, each with the white space that follows it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace)
}

/// The seed for a conversation. Conversations with the same first message get the same answers.
fn seed(first: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    first.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assistant::ChatMessage, generation::Generation};
    use futures_util::StreamExt;

    async fn parts(model: &str, text: &str) -> Vec<Part> {
        let message = ChatMessage { role: Role::User, text: text.into() };
        let prompt =
            Prompt { model: model.into(), generation: Generation::default(), messages: vec![message] };
        Builtin { pace: Duration::from_millis(30) }.answer(prompt).map(Result::unwrap).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn the_output_limit_counts_words() {
        for (limit, text, finish) in [(2, "to be ", Finish::Length), (4, "to be or not", Finish::Stop)] {
            let generation = Generation { max_output_tokens: Some(limit), ..Generation::default() };
            let message = ChatMessage { role: Role::User, text: "to be or not".into() };
            let prompt = Prompt { model: ECHO.into(), generation, messages: vec![message] };
            let parts: Vec<_> =
                Builtin { pace: Duration::ZERO }.answer(prompt).map(Result::unwrap).collect().await;
            let said: String = parts
                .iter()
                .filter_map(|p| if let Part::More(_, t) = p { Some(&**t) } else { None })
                .collect();
            let Some(Part::End(end)) = parts.last() else { panic!("{parts:?}") };
            assert_eq!((&*said, end.finish), (text, finish));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reasoning_effort_adds_reasoning_before_the_answer() {
        let answer = async |effort, max_output_tokens| {
            let generation =
                Generation { reasoning_effort: Some(effort), max_output_tokens, ..Generation::default() };
            let message = ChatMessage { role: Role::User, text: "to be".into() };
            let prompt = Prompt { model: ECHO.into(), generation, messages: vec![message] };
            Builtin { pace: Duration::ZERO }.answer(prompt).collect::<Vec<_>>().await
        };
        let (mut said, mut thought, mut end) = (String::new(), String::new(), None);
        for part in answer(ReasoningEffort::Low, None).await {
            match part.unwrap() {
                Part::More(PartKind::Reasoning, word) if said.is_empty() => thought += &word,
                Part::More(PartKind::Text, word) => said += &word,
                Part::End(last) => end = last.usage,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((&*thought, &*said), ("The message has 2 words. I repeat them as they are.", "to be"));
        let usage =
            Usage { input_tokens: 2, output_tokens: 13, reasoning_tokens: Some(11), cached_tokens: None };
        assert_eq!(end, Some(usage));
        assert_eq!(answer(ReasoningEffort::None, None).await.len(), 3, "two words and the end");
        let cut = answer(ReasoningEffort::High, Some(11)).await;
        let error = cut[11].as_ref().unwrap_err();
        assert_eq!(error.kind, AssistantErrorKind::Empty, "the limit counts reasoning, too");
    }

    #[tokio::test(start_paused = true)]
    async fn echo_repeats_the_message_word_by_word_at_its_pace() {
        let started = tokio::time::Instant::now();
        let parts = parts(ECHO, "to be,  or\nnot").await;
        let texts: Vec<_> =
            parts.iter().filter_map(|p| if let Part::More(_, t) = p { Some(&**t) } else { None }).collect();
        assert_eq!(texts, ["to ", "be, ", " ", "or\n", "not"]);
        assert_eq!(started.elapsed(), Duration::from_millis(150));
        let usage = Some(Usage { input_tokens: 5, output_tokens: 5, ..Usage::default() });
        assert_eq!(parts.last(), Some(&Part::End(End { finish: Finish::Stop, usage })));
    }

    #[tokio::test(start_paused = true)]
    async fn eliza_answers_the_same_message_with_the_same_text() {
        let first = parts(ELIZA, "I need some help with my mother.").await;
        assert!(first.len() > 2);
        assert_eq!(first, parts(ELIZA, "I need some help with my mother.").await);
    }
}
