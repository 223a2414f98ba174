//! Makes an answer of events.

use super::{
    chunk::{Chunk, Reason},
    events::Event,
    fault::{Trouble, broken_off, no_answer},
    json::{self, Json},
    secrets::Secrets,
    thinking::Thinking,
};
use crate::assistant::{End, Fault, FaultKind, Finish, Usage, halves::Joiner, providers::Provider};

/// What an event brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// More of the text.
    pub text: String,
    /// The model went on, with text, reasoning or anything else. An event that only shows that the provider lives is no
    /// progress.
    pub is_progress: bool,
    /// The provider says that nothing follows: `[DONE]`.
    pub is_last: bool,
}

/// What has been read of an answer.
pub struct Reader {
    provider: String,
    secrets: Secrets,
    joiner: Joiner,
    thinking: Thinking,
    /// Something that can be seen has been said.
    spoke: bool,
    refused: bool,
    called: bool,
    reason: Option<Reason>,
    usage: Option<Usage>,
    /// A part could not be read.
    unreadable: bool,
}

impl Reader {
    /// Nothing has been read of this provider's answer.
    pub fn new(provider: &Provider, secrets: &Secrets) -> Self {
        Self {
            provider: provider.name.clone(),
            secrets: secrets.clone(),
            joiner: Joiner::default(),
            thinking: Thinking::default(),
            spoke: false,
            refused: false,
            called: false,
            reason: None,
            usage: None,
            unreadable: false,
        }
    }

    /// Whether the model has told why it stopped.
    pub fn has_ended(&self) -> bool {
        self.reason.is_some()
    }

    /// Reads an event. The error is the provider's own; what cannot be read is skipped.
    pub fn read(&mut self, event: &Event) -> Result<News, Fault> {
        let data = event.data.trim();
        let Some(document) = json::valid(data) else {
            if event.name == "error" {
                return Err(self.fault(&Trouble { message: data.to_owned(), ..Trouble::default() }));
            }
            let is_last = data == "[DONE]";
            // Some keep the connection open with an empty event, or with a comment in one.
            if !is_last && !data.is_empty() && !data.starts_with(':') {
                self.skip(data.len());
            }
            return Ok(News { is_last, ..News::default() });
        };
        let document = Json::of(&document);
        if event.name == "error" {
            let trouble = Trouble::find(document).unwrap_or_else(|| Trouble::read(document));
            return Err(self.fault(&trouble));
        }
        let mut news = News::default();
        for document in document.items().unwrap_or_else(|| vec![document]) {
            let chunk = Chunk::read(document).map_err(|trouble| self.fault(&trouble))?;
            self.take(chunk, &mut news);
        }
        Ok(news)
    }

    fn take(&mut self, chunk: Chunk, news: &mut News) {
        news.is_progress |= chunk.thinks || chunk.calls || chunk.reason.is_some();
        self.refused |= chunk.refuses;
        self.called |= chunk.calls || chunk.reason == Some(Reason::Tools);
        self.reason = chunk.reason.or(self.reason);
        self.usage = chunk.usage.or(self.usage);
        if chunk.is_whole && self.spoke {
            return; // it repeats, at the end of a stream, what the stream has said
        }
        for piece in chunk.text {
            let text = self.joiner.join(piece);
            news.is_progress |= !text.is_empty();
            let text = self.thinking.read(text);
            self.spoke |= is_seen(&text);
            news.text.push_str(&readable(text));
        }
    }

    /// The rest of the text, and how the answer ended. `cut` is why nothing more could be read, if that is a fault.
    pub fn end(mut self, cut: Option<Fault>) -> (String, Result<End, Fault>) {
        let half = self.joiner.end().map(String::from).unwrap_or_default();
        let mut rest = self.thinking.read(half);
        rest.push_str(&self.thinking.end());
        let spoke = self.spoke || is_seen(&rest);
        let fault = |kind, message: &str| Fault { kind, message: message.into(), details: None };
        let end = match (self.reason, cut) {
            (None, Some(cut)) => Err(cut),
            (Some(reason), _) if spoke => {
                let finish = match reason {
                    _ if self.refused => Finish::ContentFilter,
                    Reason::Finish(finish) => finish,
                    Reason::Tools => Finish::Stop,
                };
                Ok(End { finish, usage: self.usage })
            }
            (None, None) if spoke => Err(broken_off()),
            _ if self.called => Err(fault(
                FaultKind::Rejected,
                "The model called a tool that it was not offered, and gave no answer.",
            )),
            (None, None) if self.unreadable => Err(no_answer()),
            (Some(Reason::Finish(Finish::Length)), _) => Err(fault(
                FaultKind::Empty,
                "The model reached the longest length of an answer before it said anything.",
            )),
            (Some(Reason::Finish(Finish::ContentFilter)), _) => {
                Err(fault(FaultKind::Empty, "The model's provider withheld the answer."))
            }
            _ => Err(empty()),
        };
        (readable(rest), end)
    }

    fn fault(&self, trouble: &Trouble) -> Fault {
        let (code, said) = (self.secrets.shown(&trouble.code), self.secrets.shown(&trouble.message));
        let status = trouble.status;
        tracing::warn!(provider = self.provider, status, code, said, "provider broke off with an error");
        trouble.fault(&self.secrets)
    }

    /// Logs the first part of an answer that cannot be read. It is not shown: it may be a part of the conversation.
    fn skip(&mut self, bytes: usize) {
        if !std::mem::replace(&mut self.unreadable, true) {
            tracing::warn!(
                provider = self.provider,
                bytes,
                "part of an answer is not readable, and is skipped"
            );
        }
    }
}

/// Nothing was said.
pub fn empty() -> Fault {
    Fault { kind: FaultKind::Empty, message: "The model gave an empty answer.".into(), details: None }
}

fn is_seen(text: &str) -> bool {
    !text.trim().is_empty()
}

/// The text without control characters, except white space. PostgreSQL cannot store NUL.
fn readable(text: String) -> String {
    let is_odd = |character: char| character.is_control() && !character.is_whitespace();
    if text.contains(is_odd) { text.replace(is_odd, "\u{fffd}") } else { text }
}
