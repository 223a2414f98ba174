//! The arguments of connections (Relay's Cursor Connections specification).

use super::cursors::Cursor;
use crate::{
    error::{Error, Result},
    store::paging::Slice,
};

/// The maximum number of rows of a page.
const MAX_PAGE_SIZE: i32 = 100;
/// The number of rows of a page if the client does not state it.
pub const DEFAULT_PAGE_SIZE: i32 = 20;

/// The arguments `first`, `after`, `last` and `before` of a connection.
pub struct PageArguments {
    /// The maximum number of rows, from the start.
    pub first: Option<i32>,
    /// A cursor. The page has only rows after it.
    pub after: Option<String>,
    /// The maximum number of rows, from the end.
    pub last: Option<i32>,
    /// A cursor. The page has only rows before it.
    pub before: Option<String>,
}

impl PageArguments {
    /// Converts the arguments to a slice of the list. Without `first` and `last` it is the first page.
    pub fn slice<C: Cursor>(&self) -> Result<Slice<C>> {
        let (limit, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Error::input("last", "cannot be combined with `first`.")),
            (Some(first), None) => (count("first", first)?, false),
            (None, Some(last)) => (count("last", last)?, true),
            (None, None) => (DEFAULT_PAGE_SIZE, false),
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
        1..=MAX_PAGE_SIZE => Ok(count),
        _ => Err(Error::input(argument, format!("must be from 1 to {MAX_PAGE_SIZE}."))),
    }
}
