//! Prints an argument as its resolver receives it. An absent value differs from null.

use super::schema::{Anything, Colour, Filter, Point};
use async_graphql::{ID, MaybeUndefined, Value};

/// Returns a name and its value.
pub fn show(name: &str, value: &impl Shown) -> String {
    format!("{name}={}", value.shown())
}

pub trait Shown {
    fn shown(&self) -> String;

    fn is_absent(&self) -> bool {
        false
    }
}

impl Shown for i32 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for f64 {
    fn shown(&self) -> String {
        format!("{:e}", self + 0.0)
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

impl Shown for ID {
    fn shown(&self) -> String {
        self.0.shown()
    }
}

impl Shown for Colour {
    fn shown(&self) -> String {
        match self {
            Self::Red => "RED",
            Self::Green => "GREEN",
            Self::Blue => "BLUE",
        }
        .into()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or("null".into(), T::shown)
    }
}

impl<T: Shown> Shown for MaybeUndefined<T> {
    fn shown(&self) -> String {
        match self {
            Self::Undefined => "absent".into(),
            Self::Null => "null".into(),
            Self::Value(value) => value.shown(),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_undefined()
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> String {
        format!("[{}]", self.iter().map(T::shown).collect::<Vec<_>>().join(","))
    }
}

impl<T: Shown> Shown for Box<T> {
    fn shown(&self) -> String {
        (**self).shown()
    }
}

fn object(fields: &[(&str, &dyn Shown)]) -> String {
    let fields = fields.iter().filter(|(_, value)| !value.is_absent());
    let fields: Vec<_> = fields.map(|(name, value)| format!("{name}={}", value.shown())).collect();
    format!("{{{}}}", fields.join(","))
}

impl Shown for Point {
    fn shown(&self) -> String {
        object(&[("x", &self.x), ("y", &self.y), ("label", &self.label)])
    }
}

impl Shown for Filter {
    fn shown(&self) -> String {
        object(&[
            ("required", &self.required),
            ("text", &self.text),
            ("limit", &self.limit),
            ("colour", &self.colour),
            ("colours", &self.colours),
            ("at", &self.at),
            ("points", &self.points),
            ("nested", &self.nested),
            ("ids", &self.ids),
            ("matrix", &self.matrix),
            ("flag", &self.flag),
            ("ratio", &self.ratio),
            ("any", &self.any),
        ])
    }
}

impl Shown for Anything {
    fn shown(&self) -> String {
        self.0.shown()
    }
}

impl Shown for Value {
    fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.as_f64().unwrap().shown(),
            Self::List(items) => items.shown(),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value as &dyn Shown));
                object(&fields.collect::<Vec<_>>())
            }
            Self::Enum(name) => name.to_string().shown(),
            Self::String(text) => text.shown(),
            Self::Boolean(value) => value.shown(),
            Self::Null => "null".into(),
            Self::Binary(_) => unreachable!("JSON and GraphQL have no bytes"),
        }
    }
}
