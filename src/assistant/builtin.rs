//! The models that need no network: `eliza`, who listens, and `echo`, who says the message back.
//!
//! Both speak word by word at a settable pace, so that what is built on streaming can be tried offline.

use super::{Answer, Assistant, End, Finish, Part, Prompt, Speaker, Usage, eliza::Eliza};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The name of [`Eliza`]'s model.
pub const ELIZA: &str = "eliza";
/// The name of the model that says the message back.
pub const ECHO: &str = "echo";

/// The built-in models, told apart by the prompt's model.
pub struct Builtin {
    /// The pause for each word.
    pub pace: Duration,
}

impl Assistant for Builtin {
    fn answer(&self, prompt: Prompt) -> Answer {
        let pace = self.pace;
        let said =
            || prompt.turns.iter().filter(|turn| turn.speaker == Speaker::User).map(|turn| &*turn.text);
        let text = match &*prompt.model {
            ECHO => said().next_back().unwrap_or_default().to_owned(),
            _ => Eliza::doctor().answer(seed(said().next()), said()),
        };
        let usage = Usage {
            input_tokens: prompt.turns.iter().map(|turn| words(&turn.text).count()).sum::<usize>() as u32,
            output_tokens: words(&text).count() as u32,
        };
        Box::pin(async_stream::stream! {
            for word in words(&text) {
                if pace.is_zero() {
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(pace).await;
                }
                yield Ok(Part::Text(word.to_owned()));
            }
            yield Ok(Part::End(End { finish: Finish::Stop, usage: Some(usage) }));
        })
    }
}

/// The words of a text, each with the space that follows it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace)
}

/// Conversations that begin alike go alike.
fn seed(first: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    first.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::Turn;
    use futures_util::StreamExt;

    async fn parts(model: &str, text: &str) -> Vec<Part> {
        let turn = Turn { speaker: Speaker::User, text: text.into() };
        let prompt = Prompt { model: model.into(), turns: vec![turn] };
        Builtin { pace: Duration::from_millis(30) }.answer(prompt).map(Result::unwrap).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn echo_says_the_message_back_word_by_word_at_its_pace() {
        let started = tokio::time::Instant::now();
        let parts = parts(ECHO, "to be,  or\nnot").await;
        let texts: Vec<_> =
            parts.iter().filter_map(|p| if let Part::Text(t) = p { Some(&**t) } else { None }).collect();
        assert_eq!(texts, ["to ", "be, ", " ", "or\n", "not"]);
        assert_eq!(started.elapsed(), Duration::from_millis(150));
        let usage = Some(Usage { input_tokens: 5, output_tokens: 5 });
        assert_eq!(parts.last(), Some(&Part::End(End { finish: Finish::Stop, usage })));
    }

    #[tokio::test(start_paused = true)]
    async fn eliza_answers_the_same_to_the_same() {
        let first = parts(ELIZA, "I need some help with my mother.").await;
        assert!(first.len() > 2);
        assert_eq!(first, parts(ELIZA, "I need some help with my mother.").await);
    }
}
