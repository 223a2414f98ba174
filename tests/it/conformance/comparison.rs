//! The comparison of two answers to the same request.

use super::{
    corpus::{Case, Expected, Fault, FieldError, Location, Response},
    subject::Answer,
};
use serde_json::Value;
use std::fmt;

/// One way in which the answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The request is refused here and answered by graphql-js.
    Refused,
    /// The request is answered here and refused by graphql-js.
    Accepted,
    /// Both refuse the request, but only one of them because of its syntax.
    Stage,
    /// Both refuse the request, but at different locations in the document.
    Place,
    /// The number of responses (of events, unless one of them is an error).
    Responses,
    /// `data`, including the order of its keys.
    Data,
    /// The paths of the errors.
    Paths,
    /// The locations of errors with the same paths.
    Locations,
    /// The request panics here.
    Panic,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", format!("{self:?}").to_lowercase())
    }
}

/// Compares the answer of graphql-js with the answer here. Error messages may differ.
pub fn compare(case: &Case, answer: &Answer) -> Vec<Difference> {
    match (&case.expected, answer) {
        (_, Answer::Panicked) => vec![Difference::Panic],
        (Expected::Unknown {}, _) => Vec::new(),
        (Expected::Execute { .. }, Answer::Refused { .. }) => vec![Difference::Refused],
        (Expected::Execute { answers: Some(expected), introspects }, Answer::Executed(answered)) => {
            responses(expected, answered, *introspects)
        }
        (Expected::Execute { answers: None, .. }, Answer::Executed(_)) => Vec::new(),
        (_, Answer::Executed(_)) => vec![Difference::Accepted],
        (expected, Answer::Refused { syntax, places, .. }) => {
            if matches!(expected, Expected::Parse { .. }) != *syntax {
                return vec![Difference::Stage];
            }
            if same_place(expected.faults(), places) { Vec::new() } else { vec![Difference::Place] }
        }
    }
}

/// Returns whether a location that graphql-js reports is also reported here. If graphql-js finds several errors, or
/// reports no location, only the verdict is compared: which further errors follow, and in which order, is up to the
/// implementation.
fn same_place(expected: &[Fault], places: &[Location]) -> bool {
    match expected {
        [Fault { locations, .. }] if !locations.is_empty() => {
            locations.iter().any(|place| places.contains(place))
        }
        _ => true,
    }
}

fn responses(expected: &[Response], answered: &[Response], introspects: bool) -> Vec<Difference> {
    if expected.len() != answered.len() {
        return vec![Difference::Responses];
    }
    let mut differences = Vec::new();
    for (expected, answered) in expected.iter().zip(answered) {
        if !same_data(&expected.data, &answered.data, introspects) {
            differences.push(Difference::Data);
        }
        let possible = sorted(&expected.possible, true);
        let (reported, wanted) = (sorted(&answered.errors, false), sorted(&expected.errors, false));
        if wanted.is_empty() != reported.is_empty() {
            differences.push(Difference::Paths);
            continue;
        }
        // If an error makes a field null, its other fields may be cancelled. Which error is reported is then up to the
        // implementation (GraphQL specification, "Handling Execution Errors").
        let data: Value = serde_json::from_str(&expected.data).expect("it is JSON");
        let expected = without(&expected.errors, |error| {
            !reported.contains(&key(error, false)) && is_below_null(&data, &error.path)
        });
        let answered = without(&answered.errors, |error| {
            !wanted.contains(&key(error, false))
                && is_below_null(&data, &error.path)
                && possible.contains(&key(error, true))
        });
        let (expected, answered) = (&expected, &answered);
        if sorted(expected, false) != sorted(answered, false) {
            differences.push(Difference::Paths);
        } else if sorted(expected, true) != sorted(answered, true) {
            differences.push(Difference::Locations);
        }
    }
    differences.dedup();
    differences
}

fn without(errors: &[FieldError], need_not_be: impl Fn(&FieldError) -> bool) -> Vec<FieldError> {
    errors.iter().filter(|error| !need_not_be(error)).cloned().collect()
}

fn is_below_null(data: &Value, path: &[Value]) -> bool {
    match path {
        [] => false,
        _ if data.is_null() => true,
        [Value::String(key), rest @ ..] => data.get(key).is_some_and(|data| is_below_null(data, rest)),
        [Value::Number(index), rest @ ..] => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| data.get(index)).is_some_and(|data| is_below_null(data, rest))
        }
        _ => false,
    }
}

/// Compares data. In introspection, the order of types, fields and directives is up to the implementation.
fn same_data(expected: &str, answered: &str, introspects: bool) -> bool {
    if !introspects {
        return expected == answered;
    }
    let read = |text| {
        let mut value = serde_json::from_str(text).expect("it is JSON");
        without_order(&mut value);
        value
    };
    read(expected) == read(answered)
}

fn without_order(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(without_order);
            items.sort_by_cached_key(Value::to_string);
        }
        Value::Object(fields) => {
            fields.values_mut().for_each(without_order);
        }
        _ => {}
    }
}

/// Returns what an error is compared by: its path and, if requested, its locations.
fn key(error: &FieldError, with_locations: bool) -> String {
    let path = serde_json::to_string(&error.path).expect("it is JSON");
    if with_locations { format!("{path} {:?}", error.locations) } else { path }
}

fn sorted(errors: &[FieldError], with_locations: bool) -> Vec<String> {
    let mut errors: Vec<_> = errors.iter().map(|error| key(error, with_locations)).collect();
    errors.sort();
    errors
}
