//! Which pages of a database were written since a stamp, so that a commit makes only those rows worthless that it may have
//! changed.
//!
//! In WAL mode a commit appends each page that it changed to the log, as a frame, and the header of the WAL-index says how many
//! frames count (<https://sqlite.org/walformat.html>). Nothing is written over until the log begins anew, with another salt
//! in that header before any frame changes. So the frames behind the stamp's last one are what was written since, as long
//! as the salt is the same after they were read.
//!
//! **What a page tells of a row.** A row of a table that was read, and whose record begins on a page, is still there and
//! the same while neither that page was written, nor one that is no B-tree's, and the first page says the same.
//!
//! - The record is on its page, and may go on in overflow pages, which are no B-tree's.
//! - The page is the table's for as long as it is not freed, and the table is what it was for as long as the schema is. The
//!   first page has the list of free pages and the schema's cookie
//!   (<https://sqlite.org/fileformat2.html#the_database_header>): [`FirstPage`] is what has to be the same. A page that
//!   was freed and is used again is written, and so is a page of that list, which is no B-tree's.
//! - Where else a tree was written does not matter: a row that was moved left its page, which thereby was written.

use std::sync::atomic::{Ordering, fence};

use super::raw::{RawConnection, WalIndexHeader};
use super::{Stamp, State};

/// The version that every SQLite since 3.7.0 writes at the start of the WAL-index.
const WAL_INDEX_VERSION: u32 = 3_007_000;
/// More frames than this are not looked at, since a request waits for it.
const MAX_FRAMES: u32 = 64;
/// The header of the log, and of each of its frames; in bytes.
const LOG_HEADER: i64 = 32;
const FRAME_HEADER: usize = 24;
/// What is read of a page: of the first one, up to the end of the cookie.
const FIRST_PAGE: usize = 44;
/// What the pages of B-trees begin with (<https://sqlite.org/fileformat2.html#b_tree_pages>).
const B_TREES: [u8; 4] = [0x02, 0x05, 0x0a, 0x0d];
/// An overflow page begins with the number of the next one. From this one on that may look like a B-tree's page.
const FIRST_AMBIGUOUS_PAGE: u32 = 0x0200_0000;

/// A page of a database's file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page(u32);

/// What was committed since a stamp.
pub struct Changes {
    /// The state after it.
    pub stamp: Stamp,
    /// The pages that were written, without the first one. Some may be there twice.
    pub pages: Vec<Page>,
    /// The first one, where it was written. Where it says anything else than before, any row may have changed.
    pub first_page: Option<FirstPage>,
}

/// What a database's first page says of the free pages, and of the schema: the first page of the list, their number, the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstPage([u8; 12]);

impl Stamp {
    /// The page that an offset in the file is on (SQLite's `sqlite_offset`), where [`Changes::pages`] can tell of it.
    pub fn page(&self, offset: i64) -> Option<Page> {
        let State::Wal(header) = &self.0 else { return None };
        let page = offset.checked_div(WalIndexInfo::from_header(header)?.page_size)?.checked_add(1)?;
        u32::try_from(page).ok().filter(|page| *page > 1).map(Page)
    }
}

/// The state after the stamp's, with what was written between the two; `None` where any row may have changed.
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
    // What was read is not of another log, as the header is read after it.
    fence(Ordering::Acquire);
    let after = connection.read_wal_index()?;
    let is_of_log = WalIndexInfo::from_header(&after)?.is_of_log(&now);
    is_of_log.then_some(Changes { stamp: Stamp(State::Wal(header)), pages, first_page })
}

/// A page in the log.
enum Frame {
    First(FirstPage),
    BTree(Page),
}

/// Whether SQLite has filled the header in.
pub(super) fn is_initialized(header: &WalIndexHeader) -> bool {
    WalIndexInfo::from_header(header).is_some()
}

/// What a WAL-index header says.
struct WalIndexInfo {
    /// In bytes; 0 before anything was logged.
    page_size: i64,
    last_frame: u32,
    /// Of the database.
    pages: u32,
    /// As the log has them.
    salts: [u8; 8],
}

impl WalIndexInfo {
    /// `None` for a header that is not filled in.
    fn from_header(header: &WalIndexHeader) -> Option<Self> {
        // Numbers are the machine's own, salts are copied from the log.
        let [version, flags, frames, _, salts, _] = header.map(u64::to_ne_bytes);
        let (version, _) = halves(version);
        let ([_, _, _, _, initialized, _, size @ ..], (last_frame, pages)) = (flags, halves(frames));
        // 1 stands for 65,536, which has no room in two bytes.
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

    /// The page in the frame with this index, where that can be told of.
    fn read_frame(&self, connection: &RawConnection, index: u32) -> Option<Frame> {
        let offset = LOG_HEADER + i64::from(index) * (i64::try_from(FRAME_HEADER).ok()? + self.page_size);
        let frame: [u8; FRAME_HEADER + FIRST_PAGE] = connection.read_log(offset)?;
        // The page's number, the size of the database, the salts, two checksums.
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
