//! Coercion of literals in the document (GraphQL specification, "Input Coercion").
//!
//! The document is valid, so each literal fits its type. Coercion inserts the variables, wraps a single value where a
//! list is expected, and fills in defaults.

use apollo_compiler::{
    Name, Schema,
    ast::{Type, Value as Literal},
    collections::HashMap,
    schema::ExtendedType,
};
use async_graphql::{Name as ResponseName, Number, Value, indexmap::IndexMap};

/// The coerced values of the variables of an operation. Variables without a value and a default are absent.
pub type VariableValues = HashMap<Name, Value>;

/// Coerces a literal to a type. `None` if it is an absent variable.
pub fn coerce(
    schema: &Schema,
    of_type: &Type,
    literal: &Literal,
    variables: &VariableValues,
) -> Option<Value> {
    if let Literal::Variable(name) = literal {
        return variables.get(name).cloned();
    }
    if let (Literal::Null, _) | (_, Type::Named(_) | Type::NonNullNamed(_)) = (literal, of_type) {
        return Some(named(schema, of_type.inner_named_type(), literal, variables));
    }
    let item = of_type.item_type();
    let items = match literal {
        Literal::List(items) => {
            items.iter().map(|literal| coerce(schema, item, literal, variables).unwrap_or_default()).collect()
        }
        single => vec![coerce(schema, item, single, variables)?],
    };
    Some(Value::List(items))
}

fn named(schema: &Schema, name: &Name, literal: &Literal, variables: &VariableValues) -> Value {
    match (schema.types.get(name), literal) {
        (Some(ExtendedType::InputObject(of_type)), Literal::Object(fields)) => {
            let given: HashMap<_, _> = fields.iter().map(|(name, literal)| (name, literal)).collect();
            let fields = of_type.fields.iter().filter_map(|(name, field)| {
                let value = given.get(name).and_then(|literal| coerce(schema, &field.ty, literal, variables));
                let value =
                    value.or_else(|| default_of(schema, &field.ty, field.default_value.as_deref()))?;
                Some((ResponseName::new(name.as_str()), value))
            });
            Value::Object(fields.collect())
        }
        // An ID literal may be an integer of any size.
        (_, Literal::Int(int)) if name == "ID" => Value::String(int.as_str().to_owned()),
        (_, literal) => untyped(literal, variables),
    }
}

/// Checks that a coerced value has no null where its type does not allow it. A variable may introduce one: validation
/// allows a nullable variable at a non-null position if either of them has a default.
pub fn fits(schema: &Schema, of_type: &Type, value: &Value) -> bool {
    match (of_type, value) {
        (_, Value::Null) => !of_type.is_non_null(),
        (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
            items.iter().all(|value| fits(schema, item, value))
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::Object(fields)) => match schema.types.get(name)
        {
            Some(ExtendedType::InputObject(of_type)) => of_type.fields.iter().all(|(name, field)| {
                let value = fields.get(name.as_str());
                value.map_or(!field.ty.is_non_null(), |value| fits(schema, &field.ty, value))
            }),
            _ => true,
        },
        _ => true,
    }
}

/// Coerces the default value of an argument or input field. `None` if it has no default.
pub fn default_of(schema: &Schema, of_type: &Type, default: Option<&Literal>) -> Option<Value> {
    coerce(schema, of_type, default?, &VariableValues::default())
}

/// Converts the literal of a scalar or an enum.
fn untyped(literal: &Literal, variables: &VariableValues) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Enum(name) => Value::Enum(ResponseName::new(name.as_str())),
        Literal::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Int(int) => number(int.as_str()),
        Literal::Float(float) => number(float.as_str()),
        Literal::Boolean(value) => Value::Boolean(*value),
        Literal::List(items) => Value::List(items.iter().map(|item| untyped(item, variables)).collect()),
        Literal::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, literal)| (ResponseName::new(name.as_str()), untyped(literal, variables)));
            Value::Object(fields.collect::<IndexMap<_, _>>())
        }
    }
}

fn number(text: &str) -> Value {
    let integer = || text.parse::<i64>().map(Number::from).ok();
    let float = || text.parse().ok().and_then(Number::from_f64);
    integer().or_else(float).map_or(Value::Null, Value::Number)
}
