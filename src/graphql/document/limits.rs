/// What a document may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub document: usize,
    /// Tokens, without comments and white space.
    pub tokens: usize,
    /// Operations and fragments.
    pub definitions: usize,
    /// Levels of fields.
    pub depth: u64,
    /// Cost of the chosen operation: its fields, each counted as often as its pages have rows.
    pub cost: u64,
    /// Fields and fragments of all operations, each counted as often as its fragment is spread.
    pub selections: u64,
    /// Fields at the root of an operation, counted likewise.
    pub root_fields: u64,
    /// Aliases of an operation, counted likewise.
    pub aliases: u64,
    /// Directives of an operation, counted likewise.
    pub directives: u64,
    /// Values in the variables; and values in the arguments, a variable's counted at each use. A text counts one more
    /// for each 1024 bytes.
    pub values: u64,
    /// Bytes of long texts in a response, or in an event.
    pub text: usize,
    /// Whether the schema may be introspected.
    pub introspection: bool,
}
