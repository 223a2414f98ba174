use async_graphql::SimpleObject;

/// The position of a page in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there are elements before this page.
    pub has_previous_page: bool,
    /// Whether there are elements after this page.
    pub has_next_page: bool,
    /// The cursor of the first edge. Pass it as `before` to get the previous page. `null` if the page is empty.
    pub start_cursor: Option<String>,
    /// The cursor of the last edge. Pass it as `after` to get the next page. `null` if the page is empty.
    pub end_cursor: Option<String>,
}
