//! Reads `.env`, with the line of each variable.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::ImproperlyConfigured;

/// Returns the `.env` of the working directory, or of its nearest parent that has one, as diesel's own command does.
pub(super) fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())
}

/// Returns names, values and lines.
///
/// # Errors
/// The file can't be read, or a line can't be parsed. The message does not quote the line, which may hold a secret.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String, usize)>, ImproperlyConfigured> {
    let file = File::open(path).map_err(|_| ImproperlyConfigured::new("The .env file can't be read."))?;
    parse(file)
}

fn parse(text: impl Read) -> Result<Vec<(String, String, usize)>, ImproperlyConfigured> {
    let line = Rc::new(Cell::new(0));
    let lines = Lines { text: BufReader::new(text), rest: Vec::new(), line: Rc::clone(&line) };
    let variables = dotenvy::Iter::new(lines).map(|variable| match variable {
        Ok((name, value)) => Ok((name, value, line.get())),
        Err(dotenvy::Error::Io(_)) => Err(ImproperlyConfigured::new("The .env file can't be read.")),
        Err(_) => Err(ImproperlyConfigured::new("The .env file has a line that can't be parsed.")),
    });
    variables.collect()
}

/// Gives dotenvy one line per read, so that the number of lines read is the line of the variable that it returns.
struct Lines<R> {
    text: BufReader<R>,
    /// What is left of the current line.
    rest: Vec<u8>,
    line: Rc<Cell<usize>>,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.text.read_until(b'\n', &mut self.rest)? > 0 {
            self.line.set(self.line.get() + 1);
        }
        let length = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_has_its_line() {
        let long = "x".repeat(20_000);
        let text = format!("# first\nA=1\n\nB='two\nlines'\nexport C=\"${{A}}\" # why\nD={long}\nE=5");
        let found: Vec<_> = parse(text.as_bytes()).unwrap();
        let expected =
            [("A", "1", 2), ("B", "two\nlines", 5), ("C", "1", 6), ("D", long.as_str(), 7), ("E", "5", 8)];
        let expected = expected.map(|(name, value, line)| (name.to_owned(), value.to_owned(), line));
        assert_eq!(found, expected);
    }

    #[test]
    fn an_error_does_not_quote_the_line() {
        let error = parse(&b"SECRET_KEY='s3cret\n"[..]).unwrap_err().to_string();
        assert_eq!(error, "The .env file has a line that can't be parsed.");
    }
}
