use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// The number of bytes between two stored character counts.
const BLOCK: usize = 64;

/// Converts byte offsets of a text to lines and columns (GraphQL specification, "Line Terminators"). A lookup takes
/// the same time wherever it is in the text, so documents of one long line stay cheap.
pub struct Lines {
    text: Box<str>,
    /// The offset of the first byte of each line.
    starts: Vec<usize>,
    /// The number of characters that begin before each block.
    characters: Vec<usize>,
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
        let mut total = 0;
        let mut characters = vec![0];
        for block in bytes.chunks(BLOCK) {
            total += count(block);
            characters.push(total);
        }
        Self { text: text.into(), starts, characters }
    }

    /// Returns the line and column of an offset. Both start at 1; columns count characters.
    pub fn position(&self, offset: usize) -> Pos {
        let line = self.starts.partition_point(|&start| start <= offset);
        let column = self.characters_before(offset) - self.characters_before(self.starts[line - 1]) + 1;
        Pos { line, column }
    }

    /// Returns the number of characters that begin before an offset.
    fn characters_before(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let block = offset / BLOCK;
        self.characters[block] + count(&self.text.as_bytes()[block * BLOCK..offset])
    }

    /// Returns the position where a node of the document begins.
    pub fn of(&self, span: Option<SourceSpan>) -> Pos {
        span.map_or(Pos { line: 1, column: 1 }, |span| self.position(span.offset()))
    }
}

/// Counts the characters that begin in these bytes of UTF-8.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count()
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

    #[test]
    fn columns_of_a_long_line_count_characters() {
        let text = "aé🦀".repeat(100);
        let lines = Lines::new(&text);
        for (column, (offset, _)) in text.char_indices().enumerate() {
            assert_eq!(lines.position(offset).column, column + 1);
        }
        assert_eq!(lines.position(text.len()).column, 301);
    }
}
