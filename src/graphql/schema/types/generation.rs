use crate::{error::Result, generation::GenerationUpdate};
use async_graphql::{Enum, InputObject, MaybeUndefined, SimpleObject};

/// The parameters with which a model generates replies. A parameter that is `null` is not sent to the model's provider,
/// which then uses its own default.
#[derive(SimpleObject)]
pub struct Generation {
    /// The randomness of the text, from 0 to 2. Models differ in their default and in the range that they accept.
    temperature: Option<f64>,
    /// The maximum number of tokens that the model generates, reasoning included. A reply that reaches it ends with the
    /// `finishReason` `LENGTH`.
    max_output_tokens: Option<i32>,
    /// The effort that the model spends on reasoning before it answers.
    reasoning_effort: Option<ReasoningEffort>,
}

impl From<crate::generation::Generation> for Generation {
    fn from(generation: crate::generation::Generation) -> Self {
        let crate::generation::Generation { temperature, max_output_tokens, reasoning_effort } = generation;
        Self { temperature, max_output_tokens, reasoning_effort: reasoning_effort.map(Into::into) }
    }
}

/// The effort that a model spends on reasoning before it answers. If the model does not support the value, the reply
/// fails with `PROVIDER_REJECTED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::generation::ReasoningEffort")]
pub enum ReasoningEffort {
    /// No reasoning.
    None,
    /// As little reasoning as possible.
    Minimal,
    /// Little reasoning.
    Low,
    /// A medium amount of reasoning.
    Medium,
    /// Much reasoning.
    High,
    /// As much reasoning as possible.
    #[graphql(name = "XHIGH")]
    XHigh,
}

/// Generation parameters to set. An omitted parameter keeps its value, and `null` clears it.
///
/// If the model does not accept a parameter, the reply fails with `PROVIDER_REJECTED`, and the error's message names the
/// parameter.
#[derive(Default, InputObject)]
pub struct GenerationInput {
    /// The randomness of the text, from 0 to 2.
    temperature: MaybeUndefined<f64>,
    /// The maximum number of tokens that the model generates, from 1 to 131,072. Reasoning counts, too.
    max_output_tokens: MaybeUndefined<i32>,
    /// The effort that the model spends on reasoning before it answers.
    reasoning_effort: MaybeUndefined<ReasoningEffort>,
}

impl GenerationInput {
    /// Checks the ranges of the parameters.
    pub fn parse(self) -> Result<GenerationUpdate> {
        let reasoning_effort = self.reasoning_effort.map_value(crate::generation::ReasoningEffort::from);
        GenerationUpdate::new(self.temperature.into(), self.max_output_tokens.into(), reasoning_effort.into())
    }
}
