//! Reads `.env`. An error tells the number of the faulty line and never quotes it: the line may hold a secret.

use std::{
    cell::Cell,
    fs,
    io::{self, ErrorKind, Read},
    path::Path,
};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Adds the settings in this file to the environment. Variables that are set already keep their values. Without the
/// file it does nothing.
pub fn load(path: &Path) -> Result<(), String> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    check(text)?;
    dotenvy::from_read(text).map_err(|_| "it cannot be read".to_owned())
}

/// Finds what is wrong with the text of the file.
fn check(text: &[u8]) -> Result<(), String> {
    let number = Cell::new(0);
    let lines = Lines { rest: text, number: &number, at_start: true };
    let fault = dotenvy::from_read_iter(lines).find_map(Result::err);
    fault.map_or(Ok(()), |error| {
        Err(match error {
            dotenvy::Error::LineParse(entry, _) => {
                // An entry may go on over several lines, the last of which has been read.
                let more = entry.trim_end_matches('\n').matches('\n').count();
                format!("line {} is not NAME=value. Quote a value that has spaces.", number.get() - more)
            }
            // The file is not UTF-8.
            _ => format!("line {} cannot be read. The file must be UTF-8.", number.get()),
        })
    })
}

/// Hands out one line for each read, so that a buffered reader never reads ahead, and counts them.
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
        let fault = check(text.as_ref()).expect_err("it is faulty");
        assert!(!fault.contains("hunter2"), "{fault}");
        fault.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_faulty_line_is_told_by_its_number_and_not_quoted() {
        assert_eq!(fault("DOTENV_TEST hunter2"), "line 1");
        assert_eq!(fault("# a comment\n\nDOTENV_TEST=hunter2 hunter2\nDOTENV_TEST=1\n"), "line 3");
        assert_eq!(fault("DOTENV_TEST=1\r\nDOTENV_TEST='hunter2\r\nhunter2\r\n"), "line 2");
        assert_eq!(fault("DOTENV_TEST=\"a\nb\"\nhunter2\n"), "line 3");
        assert_eq!(fault("DOTENV_TEST=1\nDOTENV_TEST=\"hunter2\nb\" hunter2\n"), "line 2");
        assert_eq!(fault(b"DOTENV_TEST=1\nDOTENV_TEST=hunter2\xff\n"), "line 2");
        assert_eq!(fault(format!("{}\nhunter2", "#".repeat(100_000))), "line 2");
    }

    #[test]
    fn without_the_file_nothing_is_set() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join(".env")), Ok(()));
    }
}
