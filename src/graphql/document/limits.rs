/// The limits on a document and its response.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// The maximum size of the text, in bytes.
    pub document: usize,
    /// The maximum number of tokens, without comments and white space.
    pub tokens: usize,
    /// The maximum number of operations and fragments.
    pub definitions: usize,
    /// The maximum nesting of fields.
    pub depth: u64,
    /// The maximum cost of the selected operation: the sum over its fields, multiplied by the rows of the pages
    /// around them.
    pub cost: u64,
    /// The maximum number of fields and fragments of all operations, with fragments expanded.
    pub selections: u64,
    /// The maximum number of root fields of an operation, with fragments expanded.
    pub root_fields: u64,
    /// The maximum number of aliases of an operation, with fragments expanded.
    pub aliases: u64,
    /// The maximum number of directives of an operation, with fragments expanded.
    pub directives: u64,
    /// The maximum number of values in the variables, and of values in the arguments. In the arguments, the values of a
    /// variable count at each use. A text counts one more for each 1024 bytes.
    pub values: u64,
    /// The maximum size of long texts in a response or an event, in bytes.
    pub text: usize,
    /// Whether introspection is enabled.
    pub introspection: bool,
}
