use async_graphql::SimpleObject;

/// Where a page lies in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there is more before this page.
    pub has_previous_page: bool,
    /// Whether there is more after this page.
    pub has_next_page: bool,
    /// The first edge's cursor: what `before` takes to go back. Null on an empty page.
    pub start_cursor: Option<String>,
    /// The last edge's cursor: what `after` takes to go on. Null on an empty page.
    pub end_cursor: Option<String>,
}
