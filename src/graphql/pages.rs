//! The arguments of connections (Relay's cursor connections specification).

use super::cursors::Cursor;
use crate::{
    error::{Error, Result},
    store::paging::Slice,
};

/// The most rows of one page.
const MOST: i32 = 100;
/// How many rows a page has if the client does not say.
pub const DEFAULT: i32 = 20;

/// What a client asked for: `first`, `after`, `last`, `before`.
pub struct PageArguments {
    /// How many rows at most, from the start.
    pub first: Option<i32>,
    /// A cursor: only what comes after it.
    pub after: Option<String>,
    /// How many rows at most, from the end.
    pub last: Option<i32>,
    /// A cursor: only what comes before it.
    pub before: Option<String>,
}

impl PageArguments {
    /// The part of the list that is meant. Without `first` and `last` it is the first page.
    pub fn slice<C: Cursor>(&self) -> Result<Slice<C>> {
        let (limit, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Error::input("last", "cannot be combined with `first`")),
            (Some(first), None) => (count("first", first)?, false),
            (None, Some(last)) => (count("last", last)?, true),
            (None, None) => (DEFAULT, false),
        };
        let cursor = |argument, text: &Option<String>| {
            text.as_deref().map(|text| C::parse(argument, text)).transpose()
        };
        let (after, before) = (cursor("after", &self.after)?, cursor("before", &self.before)?);
        Ok(Slice { after, before, limit, from_end })
    }
}

fn count(argument: &'static str, count: i32) -> Result<i32> {
    match count {
        1..=MOST => Ok(count),
        _ => Err(Error::input(argument, format!("must be from 1 to {MOST}"))),
    }
}
