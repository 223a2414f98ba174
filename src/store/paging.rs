//! Parts of sorted lists, for pagination.

/// The requested part of a list: at most `limit` rows between the bounds, from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice<P> {
    /// Only rows after this position.
    pub after: Option<P>,
    /// Only rows before this position.
    pub before: Option<P>,
    /// The maximum number of rows.
    pub limit: i32,
    /// Whether to take the last rows between the bounds instead of the first. The order of the rows stays the same.
    pub from_end: bool,
}

/// Rows of a list, with information about the rows on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// Whether the list has rows before these.
    pub has_previous: bool,
    /// Whether the list has rows after these.
    pub has_next: bool,
}

/// One of the two ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first row.
    First,
    /// The last row.
    Last,
}

impl<T> Page<T> {
    /// Creates a page from up to `limit + 1` rows, read from the slice's end. The extra row means that there are more.
    /// The caller must still check for rows beyond the slice's bounds.
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
