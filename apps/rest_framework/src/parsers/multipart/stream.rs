//! A body cut at its boundaries as Django cuts it (`BoundaryIter` and `LazyStream` of `django/http/multipartparser.py`).
//!
//! Django reads the body block by block, and a part that it skips only as far as it had to look. What is left of such a
//! part it takes for the next one, so where a block ends shows in the answer.

use bytes::Bytes;
use memchr::memmem::Finder;

/// Bytes that Django reads at once: the chunk size of its upload handlers.
const BLOCK: usize = 64 * 1024;

/// Bytes before which a boundary's line end and behind which its dashes are looked for.
const MARGIN: usize = 6;

/// A body that is being read. The places are offsets in it.
pub(super) struct Stream<'a> {
    body: Bytes,
    separator: Finder<'a>,
    /// The next byte.
    at: usize,
    /// The end of the blocks that were read.
    read_to: usize,
}

/// A part, as far as it was read.
pub(super) struct Open {
    start: usize,
    end: usize,
    is_whole: bool,
}

impl<'a> Stream<'a> {
    /// `separator` is the boundary with its dashes.
    pub fn new(body: Bytes, separator: &'a str) -> Self {
        Self { body, separator: Finder::new(separator.as_bytes()), at: 0, read_to: 0 }
    }

    /// The part that begins here, of which nothing is read yet, or `None` at the end.
    pub fn next_part(&self) -> Option<Open> {
        (self.at < self.body.len()).then_some(Open { start: self.at, end: self.at, is_whole: false })
    }

    /// Reads on until there are `size` bytes of the part, or all that there are. Returns them.
    pub fn read(&mut self, part: &mut Open, size: usize) -> Bytes {
        while !part.is_whole && part.end - part.start < size {
            self.read_on(part);
        }
        self.body.slice(part.start..part.end)
    }

    fn read_on(&mut self, part: &mut Open) {
        let keep = self.separator.needle().len() + MARGIN;
        while self.read_to - self.at <= keep && self.read_to < self.body.len() {
            self.read_to = self.body.len().min(self.read_to + BLOCK);
        }
        let block = self.body.slice(self.at..self.read_to);
        if let Some(found) = self.separator.find(&block) {
            part.is_whole = true;
            part.end = self.at + without_line_end(block.get(..found).unwrap_or_default());
            self.at += found + self.separator.needle().len();
        } else if block.len() <= keep {
            part.is_whole = true;
            (part.end, self.at) = (self.read_to, self.read_to);
        } else {
            // A boundary may begin in what is kept.
            (part.end, self.at) = (self.read_to - keep, self.read_to - keep);
        }
    }
}

/// The length of the bytes less one line end behind them.
fn without_line_end(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes).len()
}
