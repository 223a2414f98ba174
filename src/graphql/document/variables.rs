//! Coercion of variable values (GraphQL specification, "Coercing Variable Values").

use super::{
    DocumentError, DocumentLimits, Rejection,
    input::{self, VariableValues},
    lines::Lines,
};
use crate::graphql::execution::values::{self, RequestVariables};
use apollo_compiler::{
    Schema,
    ast::Type,
    executable::Operation,
    schema::{ExtendedType, InputObjectType},
};
use async_graphql::{Name, Number, Pos, Value, indexmap::IndexMap};
use std::fmt::Write;

/// Coerces the variable values of a request. Reports every error, with the variable and the path within its value.
pub fn coerce(
    schema: &Schema,
    operation: &Operation,
    given: &RequestVariables,
    lines: &Lines,
    limits: &DocumentLimits,
) -> Result<VariableValues, Rejection> {
    let RequestVariables { variables: given, truncated } = given;
    if *truncated || given.values().map(values::size).sum::<u64>() > limits.values {
        return Err(DocumentError::validation(format!(
            "The variables have more than {} values.",
            limits.values
        ))
        .into());
    }
    let mut coerced = VariableValues::default();
    let mut errors = Vec::new();
    for definition in &operation.variables {
        let mut coercion = Coercion {
            schema,
            variable: &definition.name,
            position: lines.of(definition.location()),
            path: Vec::new(),
            errors: &mut errors,
        };
        match given.get(definition.name.as_str()) {
            Some(value) => {
                if let Some(value) = coercion.value(&definition.ty, value) {
                    coerced.insert(definition.name.clone(), value);
                }
            }
            None => match &definition.default_value {
                Some(default) => {
                    let value = input::default_of(schema, &definition.ty, Some(default));
                    coerced.extend(value.map(|value| (definition.name.clone(), value)));
                }
                None if definition.ty.is_non_null() => {
                    let (name, of_type) = (&definition.name, &definition.ty);
                    let message =
                        format!("Variable \"${name}\" of required type \"{of_type}\" was not provided.");
                    errors.push(DocumentError::validation(message).at(lines.of(definition.location())));
                }
                None => {}
            },
        }
    }
    if errors.is_empty() { Ok(coerced) } else { Err(Rejection(errors)) }
}

/// Coerces the value of one variable.
struct Coercion<'a> {
    schema: &'a Schema,
    variable: &'a str,
    position: Pos,
    path: Vec<Key>,
    errors: &'a mut Vec<DocumentError>,
}

/// A step of a path into a value.
enum Key {
    Field(String),
    Index(usize),
}

impl Coercion<'_> {
    /// Coerces a value to a type. `None` if it is invalid, after recording the error.
    fn value(&mut self, of_type: &Type, given: &Value) -> Option<Value> {
        match (of_type, given) {
            (Type::NonNullNamed(_) | Type::NonNullList(_), Value::Null) => {
                self.error(format!("expected non-nullable type \"{of_type}\" not to be null"))
            }
            (_, Value::Null) => Some(Value::Null),
            (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
                let items = items.iter().enumerate().map(|(index, given)| {
                    self.within(Key::Index(index), |coercion| coercion.value(item, given))
                });
                // All items are coerced, so that every error is reported.
                let items: Vec<_> = items.collect();
                items.into_iter().collect::<Option<_>>().map(Value::List)
            }
            (Type::List(item) | Type::NonNullList(item), single) => {
                self.value(item, single).map(|value| Value::List(vec![value]))
            }
            (Type::Named(name) | Type::NonNullNamed(name), given) => match self.schema.types.get(name) {
                Some(ExtendedType::InputObject(object)) => self.object(object, given),
                Some(ExtendedType::Enum(of_enum)) => match given {
                    Value::String(text) if of_enum.values.contains_key(text.as_str()) => {
                        Some(Value::Enum(Name::new(text)))
                    }
                    _ => self.error(format!("expected a value of the enum \"{name}\"")),
                },
                _ => match scalar(name, given) {
                    Some(value) => Some(value),
                    None => self.error(expectation(name)),
                },
            },
        }
    }

    fn object(&mut self, of_type: &InputObjectType, given: &Value) -> Option<Value> {
        let Value::Object(fields) = given else {
            return self.error(format!("expected an object of type \"{}\"", of_type.name));
        };
        let before = self.errors.len();
        let mut coerced = IndexMap::with_capacity(fields.len());
        for (name, field) in &of_type.fields {
            let key = || Key::Field(name.to_string());
            let value = match fields.get(name.as_str()) {
                Some(given) => self.within(key(), |coercion| coercion.value(&field.ty, given)),
                None => match input::default_of(self.schema, &field.ty, field.default_value.as_deref()) {
                    None if field.ty.is_non_null() => self.error(format!(
                        "field \"{name}\" of required type \"{}\" was not provided",
                        field.ty
                    )),
                    default => default,
                },
            };
            coerced.extend(value.map(|value| (Name::new(name.as_str()), value)));
        }
        for name in fields.keys().filter(|name| !of_type.fields.contains_key(name.as_str())) {
            let _: Option<Value> =
                self.error(format!("field \"{name:.200}\" is not defined by type \"{}\"", of_type.name));
        }
        (self.errors.len() == before).then_some(Value::Object(coerced))
    }

    fn within<T>(&mut self, key: Key, coerce: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key);
        let value = coerce(self);
        self.path.pop();
        value
    }

    fn error<T>(&mut self, reason: String) -> Option<T> {
        let mut message = format!("Variable \"${}\" got an invalid value", self.variable);
        if !self.path.is_empty() {
            let _ = write!(message, " at \"{}", self.variable); // writing to a String cannot fail
            for key in &self.path {
                let _ = match key {
                    Key::Field(name) => write!(message, ".{name}"),
                    Key::Index(index) => write!(message, "[{index}]"),
                };
            }
            message.push('"');
        }
        let _ = write!(message, ": {reason}.");
        self.errors.push(DocumentError::validation(message).at(self.position));
        None
    }
}

/// Coerces a JSON value to a built-in scalar. Custom scalars accept any JSON value.
fn scalar(name: &str, given: &Value) -> Option<Value> {
    match (name, given) {
        ("Int", Value::Number(number)) => {
            let int = integer(number).and_then(|int| i32::try_from(int).ok())?;
            Some(Value::from(int))
        }
        ("Float", Value::Number(number)) => {
            number.as_f64().filter(|float| float.is_finite()).map(|_| given.clone())
        }
        ("ID", Value::Number(number)) => integer_digits(number).map(Value::String),
        ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => Some(given.clone()),
        ("Int" | "Float" | "String" | "Boolean" | "ID", _) => None,
        _ => Some(given.clone()),
    }
}

fn expectation(scalar: &str) -> String {
    match scalar {
        "Int" => "expected a whole number from -2147483648 to 2147483647 (Int)".into(),
        "Float" => "expected a number (Float)".into(),
        "ID" => "expected a string or a whole number (ID)".into(),
        "Boolean" => "expected true or false (Boolean)".into(),
        other => format!("expected a string ({other})"),
    }
}

/// Converts a number to an integer. JSON has one number type, so `20.0` and `2e1` are the integer 20.
fn integer(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 1e15")]
        Some(float as i64)
    })
}

/// Formats an integer of any size.
fn integer_digits(number: &Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    number.as_f64().filter(|float| float.fract() == 0.0).map(|float| format!("{float:.0}"))
}
