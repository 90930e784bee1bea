//! Lists the pages written since a stamp, so that a commit invalidates only the rows that it may have changed.
//!
//! In WAL mode a commit appends each changed page to the log, as a frame, and the WAL-index header has the number of
//! valid frames (<https://sqlite.org/walformat.html>). Frames are overwritten only after the log restarts, which
//! changes the salt in that header first. So the frames after the stamp's last one are the changes since, if the salt
//! is the same after they were read.
//!
//! **From pages to rows.** A cached row is unchanged if the page where its record starts was not written, no page outside of
//! B-trees was written, and page 1 has the same [`FirstPage`]:
//!
//! - The record starts on its page, and may continue in overflow pages, which are outside of B-trees.
//! - The page belongs to the table until it is freed or the schema changes. The first page has the list of free pages
//!   and the schema cookie (<https://sqlite.org/fileformat2.html#the_database_header>), which [`FirstPage`] compares.
//!   Reusing a freed page writes it, and so does changing a page of that list, which is outside of B-trees.
//! - Writes elsewhere in the tree don't matter: moving a row to another page also writes its old page.

use std::sync::atomic::{Ordering, fence};

use super::raw::{RawConnection, WalIndexHeader};
use super::{Stamp, State};

/// The version that every SQLite since 3.7.0 writes at the start of the WAL-index.
const WAL_INDEX_VERSION: u32 = 3_007_000;
/// More frames than this are not read, since a request waits for it.
const MAX_FRAMES: u32 = 64;
/// Bytes of the log's header and of each frame's header.
const LOG_HEADER: i64 = 32;
const FRAME_HEADER: usize = 24;
/// Bytes to read of a page: the first page's up to the end of the cookie.
const FIRST_PAGE: usize = 44;
/// The first byte of B-tree pages (<https://sqlite.org/fileformat2.html#b_tree_pages>).
const B_TREES: [u8; 4] = [0x02, 0x05, 0x0a, 0x0d];
/// An overflow page starts with the number of the next one. From this number on, it may look like a B-tree page.
const FIRST_AMBIGUOUS_PAGE: u32 = 0x0200_0000;

/// A page number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page(u32);

/// The changes since a stamp.
pub struct Changes {
    /// The state after the changes.
    pub stamp: Stamp,
    /// The written pages except the first one, possibly with duplicates.
    pub pages: Vec<Page>,
    /// The first page, if it was written. If it differs from before, any row may have changed.
    pub first_page: Option<FirstPage>,
}

/// The part of the first page on free pages and the schema: the first page of the free list, its length, the schema
/// cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstPage([u8; 12]);

impl Stamp {
    /// Returns the page at a file offset (SQLite's `sqlite_offset`), if [`Changes::pages`] can report it.
    pub fn page(&self, offset: i64) -> Option<Page> {
        let State::Wal(header) = &self.0 else { return None };
        let page = offset.checked_div(WalIndexInfo::from_header(header)?.page_size)?.checked_add(1)?;
        u32::try_from(page).ok().filter(|page| *page > 1).map(Page)
    }
}

/// Returns the current state and the pages written since the stamp, or `None` if any row may have changed.
pub(super) fn since(connection: &RawConnection, stamp: &Stamp) -> Option<Changes> {
    let State::Wal(before) = &stamp.0 else { return None };
    let header = connection.read_wal_index()?;
    let (before, now) = (WalIndexInfo::from_header(before)?, WalIndexInfo::from_header(&header)?);
    if !now.is_of_log(&before) || now.pages < before.pages || now.pages >= FIRST_AMBIGUOUS_PAGE {
        return None;
    }
    let count = now.last_frame.checked_sub(before.last_frame).filter(|count| *count <= MAX_FRAMES)?;
    let mut pages = Vec::with_capacity(usize::try_from(count).ok()?);
    let mut first_page = None;
    for frame in before.last_frame..now.last_frame {
        match now.read_frame(connection, frame)? {
            Frame::BTree(page) => pages.push(page),
            Frame::First(page) if first_page.is_none_or(|other| other == page) => first_page = Some(page),
            Frame::First(_) => return None,
        }
    }
    // The header is read after the frames, which proves that they belong to one log.
    fence(Ordering::Acquire);
    let after = connection.read_wal_index()?;
    let is_of_log = WalIndexInfo::from_header(&after)?.is_of_log(&now);
    is_of_log.then_some(Changes { stamp: Stamp(State::Wal(header)), pages, first_page })
}

/// A page in a frame of the log.
enum Frame {
    First(FirstPage),
    BTree(Page),
}

/// Returns whether SQLite has initialized the header.
pub(super) fn is_initialized(header: &WalIndexHeader) -> bool {
    WalIndexInfo::from_header(header).is_some()
}

/// The decoded WAL-index header.
struct WalIndexInfo {
    /// In bytes; 0 before the first write to the log.
    page_size: i64,
    last_frame: u32,
    /// The database's size in pages.
    pages: u32,
    /// In the log's byte order.
    salts: [u8; 8],
}

impl WalIndexInfo {
    /// Returns `None` if the header is not initialized.
    fn from_header(header: &WalIndexHeader) -> Option<Self> {
        // Numbers are in native byte order; salts are copied from the log.
        let [version, flags, frames, _, salts, _] = header.map(u64::to_ne_bytes);
        let (version, _) = halves(version);
        let ([_, _, _, _, initialized, _, size @ ..], (last_frame, pages)) = (flags, halves(frames));
        // 1 means 65,536, which exceeds two bytes.
        let page_size = match u16::from_ne_bytes(size) {
            1 => 0x1_0000,
            size => i64::from(size),
        };
        let is_filled_in = version == WAL_INDEX_VERSION && initialized != 0;
        is_filled_in.then_some(Self { page_size, last_frame, pages, salts })
    }

    fn is_of_log(&self, other: &Self) -> bool {
        self.salts == other.salts && self.page_size == other.page_size
    }

    /// Returns the page in the frame with this index, or `None` if it is of another log or outside of B-trees.
    fn read_frame(&self, connection: &RawConnection, index: u32) -> Option<Frame> {
        let offset = LOG_HEADER + i64::from(index) * (i64::try_from(FRAME_HEADER).ok()? + self.page_size);
        let frame: [u8; FRAME_HEADER + FIRST_PAGE] = connection.read_log(offset)?;
        // Page number, size of the database, salts, two checksums.
        let (header, page) = frame.split_first_chunk::<FRAME_HEADER>()?;
        let [a, b, c, d, _, _, _, _, salts @ .., _, _, _, _, _, _, _, _] = *header;
        let number = u32::from_be_bytes([a, b, c, d]);
        match (page, number) {
            _ if salts != self.salts => None,
            (_, 1) => page.last_chunk().copied().map(FirstPage).map(Frame::First),
            ([kind, ..], 2..) if B_TREES.contains(kind) => Some(Frame::BTree(Page(number))),
            _ => None,
        }
    }
}

fn halves(word: [u8; 8]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word;
    (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h]))
}
