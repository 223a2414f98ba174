//! The parameters with which a model generates a reply.

use crate::error::{Error, Result};
use diesel::{deserialize::FromSqlRow, expression::AsExpression, sql_types::Text};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::RangeInclusive};

/// The valid temperatures.
const TEMPERATURES: RangeInclusive<f64> = 0.0..=2.0;
/// The valid limits on the output, in tokens.
const OUTPUT_TOKENS: RangeInclusive<i32> = 1..=131_072;

/// The parameters of a conversation or of a reply. A parameter that is `None` is not sent to the provider, which then
/// uses its own default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "camelCase", default)]
pub struct Generation {
    /// The randomness of the text, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The maximum number of tokens that the model may generate, reasoning included: 1 to 131,072.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<i32>,
    /// How much the model reasons before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
}

/// How much a model reasons before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// A medium amount.
    Medium,
    /// Much.
    High,
    /// As much as possible.
    XHigh,
}

impl ReasoningEffort {
    /// The value in a request to a provider.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
        }
    }
}

/// A valid change of generation parameters. For each of them `None` keeps the value, and `Some(None)` clears it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<Option<i32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Option<ReasoningEffort>>,
}

impl GenerationUpdate {
    /// Clears all parameters.
    pub const CLEAR: Self =
        Self { temperature: Some(None), max_output_tokens: Some(None), reasoning_effort: Some(None) };

    /// Checks the ranges. The error names the first parameter outside its range.
    pub fn new(
        temperature: Option<Option<f64>>,
        max_output_tokens: Option<Option<i32>>,
        reasoning_effort: Option<Option<ReasoningEffort>>,
    ) -> Result<Self> {
        if temperature.flatten().is_some_and(|value| !TEMPERATURES.contains(&value)) {
            return Err(Error::input("temperature", "must be from 0 to 2."));
        }
        if max_output_tokens.flatten().is_some_and(|value| !OUTPUT_TOKENS.contains(&value)) {
            return Err(Error::input("maxOutputTokens", "must be from 1 to 131,072."));
        }
        Ok(Self { temperature, max_output_tokens, reasoning_effort })
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the parameters after the change.
    pub fn apply(&self, to: Generation) -> Generation {
        Generation {
            temperature: self.temperature.unwrap_or(to.temperature),
            max_output_tokens: self.max_output_tokens.unwrap_or(to.max_output_tokens),
            reasoning_effort: self.reasoning_effort.unwrap_or(to.reasoning_effort),
        }
    }
}

/// As JSON, for example `{"temperature":null}`.
impl fmt::Display for GenerationUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_changes_field_by_field() {
        let before =
            Generation { temperature: Some(0.5), max_output_tokens: Some(100), reasoning_effort: None };
        let update = GenerationUpdate::new(Some(None), None, Some(Some(ReasoningEffort::XHigh))).unwrap();
        let after = update.apply(before);
        let expected = Generation {
            temperature: None,
            max_output_tokens: Some(100),
            reasoning_effort: Some(ReasoningEffort::XHigh),
        };
        assert_eq!(after, expected);
        assert_eq!(GenerationUpdate::default().apply(before), before);
        assert_eq!(GenerationUpdate::CLEAR.apply(before), Generation::default());
    }

    #[test]
    fn values_outside_their_range_are_rejected() {
        for (temperature, tokens, is_valid) in [
            (0.0, 1, true),
            (2.0, 131_072, true),
            (-0.1, 1, false),
            (2.1, 1, false),
            (f64::NAN, 1, false),
            (1.0, 0, false),
            (1.0, 131_073, false),
        ] {
            let update = GenerationUpdate::new(Some(Some(temperature)), Some(Some(tokens)), None);
            assert_eq!(update.is_ok(), is_valid, "{temperature} {tokens}");
        }
    }

    #[test]
    fn absent_and_null_parameters_are_told_apart_in_an_update_but_not_in_a_row() {
        let update = GenerationUpdate::new(Some(None), None, Some(Some(ReasoningEffort::Low))).unwrap();
        let json = serde_json::to_string(&update).unwrap();
        assert_eq!(json, r#"{"temperature":null,"reasoningEffort":"LOW"}"#);
        assert_eq!(serde_json::to_string(&Generation::default()).unwrap(), "{}");
        let row: Generation = serde_json::from_str(r#"{"temperature":null,"future":1}"#).unwrap();
        assert_eq!(row, Generation::default());
    }
}
