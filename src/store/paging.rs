//! Which part of a list is asked for.

/// A part of a list, by the places of its rows: at most `limit` of those between the bounds, from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice<P> {
    /// Only what comes after this place.
    pub after: Option<P>,
    /// Only what comes before this place.
    pub before: Option<P>,
    /// At most this many rows.
    pub limit: i32,
    /// Whether they are the last of what is between the bounds, not the first. The order stays the list's own.
    pub from_end: bool,
}

/// Rows in the list's order, and whether there are more of them on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the list's order.
    pub rows: Vec<T>,
    /// Whether the list has rows before these.
    pub has_previous: bool,
    /// Whether the list has rows after these.
    pub has_next: bool,
}

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where its first row is.
    First,
    /// Where its last row is.
    Last,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows read from the slice's end, the surplus one telling that there are more. Whether there
    /// are rows beyond the slice's bounds must still be found out.
    pub(super) fn from_surplus<P>(mut rows: Vec<T>, slice: &Slice<P>) -> Self {
        let limit = usize::try_from(slice.limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if slice.from_end {
            rows.reverse();
        }
        Self { rows, has_previous: more && slice.from_end, has_next: more && !slice.from_end }
    }
}
