use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// Converts offsets in a text to lines and columns (GraphQL specification, "Line Terminators").
pub struct Lines {
    text: Box<str>,
    /// The offset of the first byte of each line.
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of a text.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = (0..bytes.len()).filter(|&at| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|at| at + 1)).collect();
        Self { text: text.into(), starts }
    }

    /// Returns the line and column of an offset. Both start at 1; columns count characters.
    pub fn position(&self, offset: usize) -> Pos {
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line - 1];
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        Pos { line, column }
    }

    /// Returns the position where a node of the document begins.
    pub fn of(&self, span: Option<SourceSpan>) -> Pos {
        span.map_or(Pos { line: 1, column: 1 }, |span| self.position(span.offset()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let lines = Lines::new("a\r\nbé\rc\n");
        let at = |offset| (lines.position(offset).line, lines.position(offset).column);
        assert_eq!(
            [at(0), at(3), at(4), at(6), at(7), at(9)],
            [(1, 1), (2, 1), (2, 2), (2, 3), (3, 1), (4, 1)]
        );
    }
}
