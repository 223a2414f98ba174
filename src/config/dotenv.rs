//! Reads the `.env` file. Errors name the number of the invalid line and never quote it, because it may hold a secret.

use std::{
    cell::Cell,
    fs,
    io::{self, ErrorKind, Read},
    path::Path,
};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Adds the variables in this file to the environment. Variables that are already set keep their values. Does nothing
/// if the file does not exist.
pub fn load(path: &Path) -> Result<(), String> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    check(text)?;
    dotenvy::from_read(text).map_err(|_| "The file cannot be read.".to_owned())
}

/// Finds the first invalid line.
fn check(text: &[u8]) -> Result<(), String> {
    let number = Cell::new(0);
    let lines = Lines { rest: text, number: &number, at_start: true };
    let fault = dotenvy::from_read_iter(lines).find_map(Result::err);
    fault.map_or(Ok(()), |error| {
        Err(match error {
            dotenvy::Error::LineParse(entry, _) => {
                // An entry may span several lines; the number is that of its last line.
                let more = entry.trim_end_matches('\n').matches('\n').count();
                format!(
                    "line {} must have the form NAME=value. Quote values that contain spaces.",
                    number.get() - more
                )
            }
            // The file is not UTF-8.
            _ => format!("line {} must be UTF-8.", number.get()),
        })
    })
}

/// Returns one line per read, so that a buffered reader never reads ahead, and counts the lines.
struct Lines<'a> {
    rest: &'a [u8],
    number: &'a Cell<usize>,
    at_start: bool,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(end.min(buffer.len()));
        if self.at_start && !line.is_empty() {
            self.number.set(self.number.get() + 1);
        }
        buffer[..line.len()].copy_from_slice(line);
        self.rest = rest;
        self.at_start = line.ends_with(b"\n");
        Ok(line.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: impl AsRef<[u8]>) -> String {
        let fault = check(text.as_ref()).expect_err("the text is invalid");
        assert!(!fault.contains("hunter2"), "{fault}");
        fault.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn errors_name_the_line_number_and_do_not_quote_the_line() {
        assert_eq!(fault("DOTENV_TEST hunter2"), "line 1");
        assert_eq!(fault("# a comment\n\nDOTENV_TEST=hunter2 hunter2\nDOTENV_TEST=1\n"), "line 3");
        assert_eq!(fault("DOTENV_TEST=1\r\nDOTENV_TEST='hunter2\r\nhunter2\r\n"), "line 2");
        assert_eq!(fault("DOTENV_TEST=\"a\nb\"\nhunter2\n"), "line 3");
        assert_eq!(fault("DOTENV_TEST=1\nDOTENV_TEST=\"hunter2\nb\" hunter2\n"), "line 2");
        assert_eq!(fault(b"DOTENV_TEST=1\nDOTENV_TEST=hunter2\xff\n"), "line 2");
        assert_eq!(fault(format!("{}\nhunter2", "#".repeat(100_000))), "line 2");
    }

    #[test]
    fn a_missing_file_is_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join(".env")), Ok(()));
    }
}
