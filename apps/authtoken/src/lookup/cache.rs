//! The tokens that one thread has seen in a database that tells what was changed.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::entries::{Entries, TokenAndUser};
use super::usage::Usage;
use vitamin_framework::database::sqlite::sentinel::{Changes, FirstPage, Page, Stamp};

/// Pages whose changes are told apart, at most.
const MAX_CHANGED: usize = 4096;

/// The pages that the rows of an entry stand on, or `None` where that is not known: then any commit may have changed them.
pub(super) type Places = Option<[Page; 2]>;

/// Entries that hold in the present state of the database, and some that do not, which are never found.
pub(super) struct Cache {
    entries: Entries<Read>,
    /// The present state, as far as it was looked at. Without one there are no entries.
    stamp: Option<Stamp>,
    /// How often it changed.
    changes: u64,
    /// Since which change a page is what it is, where it was written at all.
    changed: HashMap<Page, u64, RandomState>,
    /// As it is in the present state, where it was written since there are entries.
    first_page: Option<FirstPage>,
    usage: Usage,
}

/// When an entry was read, counted in changes, and from where.
#[derive(Clone)]
struct Read {
    at: u64,
    places: Places,
}

impl Cache {
    /// Keeps `size` entries at most.
    pub(super) fn new(size: usize) -> Self {
        Self {
            entries: Entries::new(size),
            stamp: None,
            changes: 0,
            changed: HashMap::default(),
            first_page: None,
            usage: Usage::default(),
        }
    }

    /// Whether it keeps anything at all.
    pub(super) const fn is_enabled(&self) -> bool {
        self.entries.is_enabled()
    }

    /// The state that the entries are of.
    pub(super) const fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.changed.clear();
        self.first_page = None;
        if self.stamp.take().is_some() {
            self.usage.state_ended();
        }
    }

    /// Goes on to a later state, in which what stands on none of the pages that were written since is still found. Whether the
    /// schema is known to be the same.
    pub(super) fn advance(&mut self, Changes { stamp, pages, first_page }: Changes) -> bool {
        let is_same = first_page.is_none() || first_page == self.first_page;
        if is_same && self.changed.len() + pages.len() <= MAX_CHANGED {
            self.changes += 1;
            self.changed.extend(pages.into_iter().map(|page| (page, self.changes)));
        } else {
            self.clear();
            self.first_page = first_page;
        }
        self.stamp = Some(stamp);
        is_same
    }

    /// The entry of a key. The caller has made sure that the stamp still holds.
    pub(super) fn get(&mut self, key: &[u8]) -> Option<TokenAndUser> {
        let (found, read) = self.entries.get(key)?;
        let is_as_read = |page: &Page| self.changed.get(page).is_none_or(|change| *change <= read.at);
        if read.at < self.changes && !read.places.is_some_and(|pages| pages.iter().all(is_as_read)) {
            return None;
        }
        self.usage.found();
        Some(found)
    }

    /// Begins with this state, where there is none yet. Whether it is the cache's: of two others it can't be told here which is the
    /// later one.
    pub(super) fn begin(&mut self, stamp: Stamp) -> bool {
        self.is_enabled() && *self.stamp.get_or_insert_with(|| stamp.clone()) == stamp
    }

    /// Keeps what was read in the cache's state, where this stamp is of it, and where that is worth it.
    pub(super) fn insert(&mut self, stamp: Stamp, found: TokenAndUser, places: Places) {
        if self.begin(stamp) && self.usage.is_worth_keeping() {
            self.entries.insert(found, Read { at: self.changes, places });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;
    use vitamin_framework::database::sqlite::sentinel::Sentinel;

    /// Two states of a database.
    fn stamps() -> [Stamp; 2] {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let mut connection = diesel::SqliteConnection::establish(&path).unwrap();
        connection.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)").unwrap();
        let mut sentinel = Sentinel::open(&path).unwrap();
        let before = sentinel.read(|| ()).1.unwrap();
        connection.batch_execute("INSERT INTO t VALUES (1)").unwrap();
        [before, sentinel.read(|| ()).1.unwrap()]
    }

    /// A page of a database, by its number.
    fn page(stamp: &Stamp, number: i64) -> Page {
        stamp.page((number - 1) * 4096).unwrap()
    }

    fn changes(stamp: &Stamp, pages: &[Page]) -> Changes {
        Changes { stamp: stamp.clone(), pages: pages.to_vec(), first_page: None }
    }

    #[test]
    fn what_was_read_in_another_state_is_not_kept() {
        let [before, after] = stamps();
        let mut cache = Cache::new(10);
        cache.insert(before.clone(), entry(1), None);
        cache.insert(after.clone(), entry(2), None);
        assert!(cache.stamp() == Some(&before) && cache.get(b"1").is_some() && cache.get(b"2").is_none());
        cache.clear();
        assert!(cache.stamp().is_none() && cache.get(b"1").is_none());
        cache.insert(after.clone(), entry(2), None);
        assert!(cache.stamp() == Some(&after) && cache.get(b"2").is_some());
    }

    #[test]
    fn what_stands_on_a_page_that_was_written_is_read_again() {
        let [before, after] = stamps();
        let page = |number| page(&before, number);
        let mut cache = Cache::new(10);
        cache.insert(before.clone(), entry(1), Some([page(2), page(3)]));
        cache.insert(before.clone(), entry(2), Some([page(2), page(4)]));
        cache.insert(before.clone(), entry(3), None);
        cache.advance(changes(&after, &[page(9), page(4), page(9)]));
        assert!(cache.stamp() == Some(&after));
        assert!(cache.get(b"1").is_some() && cache.get(b"2").is_none() && cache.get(b"3").is_none());
        cache.insert(after.clone(), entry(2), Some([page(2), page(4)]));
        cache.insert(after.clone(), entry(3), None);
        assert!(cache.get(b"2").is_some() && cache.get(b"3").is_some());
        cache.advance(changes(&before, &[]));
        assert!(cache.get(b"1").is_some() && cache.get(b"2").is_some() && cache.get(b"3").is_none());
        cache.advance(changes(&after, &[page(2)]));
        assert!(cache.get(b"1").is_none() && cache.get(b"2").is_none());
    }

    #[test]
    fn the_pages_that_it_tells_apart_are_bounded() {
        let [before, after] = stamps();
        let mut cache = Cache::new(10);
        cache.insert(before.clone(), entry(1), Some([page(&before, 2); 2]));
        for number in 10..10 + 4096 {
            cache.advance(changes(&after, &[page(&before, number)]));
            assert!(cache.get(b"1").is_some());
        }
        cache.advance(changes(&after, &[page(&before, 10)]));
        assert!(cache.get(b"1").is_none() && cache.stamp() == Some(&after) && cache.changed.is_empty());
    }

    #[test]
    fn of_size_zero_it_keeps_nothing() {
        let [stamp, _] = stamps();
        let mut cache = Cache::new(0);
        cache.insert(stamp, entry(1), None);
        assert!(cache.get(b"1").is_none() && cache.stamp().is_none());
    }

    /// How many of these look-ups a cache answers, each state having as many of as many tokens in turn.
    fn hits(cache: &mut Cache, states: usize, look_ups: usize, tokens: usize) -> usize {
        let stamps = stamps();
        let mut hits = 0;
        for state in 0..states {
            let stamp = &stamps[state % 2];
            if cache.stamp() != Some(stamp) {
                cache.clear();
            }
            for n in 0..look_ups {
                match cache.get((n % tokens).to_string().as_bytes()) {
                    Some(_) => hits += 1,
                    None => cache.insert(stamp.clone(), entry(n % tokens), None),
                }
            }
        }
        hits
    }

    #[test]
    fn what_is_used_is_kept() {
        for (look_ups, tokens) in [(1, 1), (2, 1), (1000, 1), (1000, 600), (10_000, 1000)] {
            let all = 100 * (look_ups - tokens);
            assert_eq!(hits(&mut Cache::new(10_000), 100, look_ups, tokens), all, "{look_ups} of {tokens}");
        }
    }

    #[test]
    fn what_is_never_used_is_not_kept_until_it_would_be() {
        let mut cache = Cache::new(10_000);
        assert_eq!(hits(&mut cache, 100, 250, 250), 0);
        assert!(cache.entries.is_empty() && cache.stamp().is_some());
        // One state lasts longer: patience is 500.
        assert_eq!(hits(&mut cache, 1, 10_000, 100), 10_000 - 501 - 99);
        // Fewer tokens are used: it is tried now and then.
        let mut cache = Cache::new(10_000);
        hits(&mut cache, 2, 250, 250);
        assert_eq!(hits(&mut cache, 100, 250, 1), (100 - 14) * 249);
    }
}
