//! Splits a body at its boundaries (`BoundaryIter` and `LazyStream` of `django/http/multipartparser.py`).
//!
//! Django reads the body in blocks. It reads a skipped part only to the end of the current block, and treats the rest of
//! it as the next part. So the block size affects the result.

use bytes::Bytes;
use memchr::memmem::Finder;

/// The bytes that Django reads at once: the chunk size of its upload handlers.
const BLOCK: usize = 64 * 1024;

/// The bytes around a boundary in which Django looks for its line end and its dashes.
const MARGIN: usize = 6;

/// A body that is being read.
pub(super) struct BoundaryStream<'a> {
    body: Bytes,
    separator: Finder<'a>,
    /// The offset of the next byte.
    at: usize,
    /// The offset of the end of the last block.
    read_to: usize,
}

/// A part that is being read, as offsets in the body.
pub(super) struct OpenPart {
    start: usize,
    end: usize,
    is_whole: bool,
}

impl<'a> BoundaryStream<'a> {
    /// `separator` is the boundary with its leading dashes.
    pub fn new(body: Bytes, separator: &'a str) -> Self {
        Self { body, separator: Finder::new(separator.as_bytes()), at: 0, read_to: 0 }
    }

    /// The part that begins at the current offset, or `None` at the end. Reads nothing.
    pub fn next_part(&self) -> Option<OpenPart> {
        (self.at < self.body.len()).then_some(OpenPart { start: self.at, end: self.at, is_whole: false })
    }

    /// Reads until the part has at least `size` bytes, or to its end. Returns all bytes of the part so far.
    pub fn read(&mut self, part: &mut OpenPart, size: usize) -> Bytes {
        while !part.is_whole && part.end - part.start < size {
            self.read_block(part);
        }
        self.body.slice(part.start..part.end)
    }

    fn read_block(&mut self, part: &mut OpenPart) {
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
            // A boundary may begin in the last bytes of the block. They are kept for the next one.
            (part.end, self.at) = (self.read_to - keep, self.read_to - keep);
        }
    }
}

/// The length of the bytes without one trailing line end.
fn without_line_end(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes).len()
}
