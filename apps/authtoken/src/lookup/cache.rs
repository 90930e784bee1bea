//! The exact cache of one thread, for a database that reports which pages were changed.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::entries::{Entries, TokenAndUser};
use super::usage::Usage;
use crate::token_model::TokenModel;
use vitamin_framework::database::sqlite::sentinel::{Changes, FirstPage, Page, Stamp};

/// Maximum number of pages whose changes are tracked.
const MAX_TRACKED_PAGES: usize = 4096;

/// The pages that hold an entry's rows. `None` if unknown: then any commit invalidates the entry.
pub(super) type RowPages = Option<[Page; 2]>;

/// Cache of tokens for one state of the database. Outdated entries may remain but are never returned.
pub(super) struct ExactCache<M> {
    entries: Entries<M, EntryOrigin>,
    /// The database state that the entries belong to. Without one there are no entries.
    stamp: Option<Stamp>,
    /// Number of state changes so far.
    change_count: u64,
    /// For each changed page, the number of the last change that wrote it.
    page_changes: HashMap<Page, u64, RandomState>,
    /// The first page in the current state, if it was written since the cache has entries.
    first_page: Option<FirstPage>,
    usage: Usage,
}

/// The change number at which an entry was read, and the pages it was read from.
#[derive(Clone)]
struct EntryOrigin {
    change: u64,
    pages: RowPages,
}

impl<M: TokenModel> ExactCache<M> {
    /// Creates a cache of at most `size` entries.
    pub(super) fn new(size: usize) -> Self {
        Self {
            entries: Entries::new(size),
            stamp: None,
            change_count: 0,
            page_changes: HashMap::default(),
            first_page: None,
            usage: Usage::default(),
        }
    }

    /// Whether the cache can hold any entry.
    pub(super) const fn is_enabled(&self) -> bool {
        self.entries.is_enabled()
    }

    /// The database state that the entries belong to.
    pub(super) const fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.page_changes.clear();
        self.first_page = None;
        if self.stamp.take().is_some() {
            self.usage.end_state();
        }
    }

    /// Advances to a later state, invalidating the entries on pages written since. Returns whether the schema is known
    /// to be unchanged.
    pub(super) fn advance(&mut self, Changes { stamp, pages, first_page }: Changes) -> bool {
        let is_same_schema = first_page.is_none() || first_page == self.first_page;
        if is_same_schema && self.page_changes.len() + pages.len() <= MAX_TRACKED_PAGES {
            self.change_count += 1;
            self.page_changes.extend(pages.into_iter().map(|page| (page, self.change_count)));
        } else {
            self.clear();
            self.first_page = first_page;
        }
        self.stamp = Some(stamp);
        is_same_schema
    }

    /// Returns the entry of a key. The caller has checked that the stamp is current.
    pub(super) fn get(&mut self, key: &[u8]) -> Option<TokenAndUser<M>> {
        let (found, origin) = self.entries.get(key)?;
        let is_as_read =
            |page: &Page| self.page_changes.get(page).is_none_or(|change| *change <= origin.change);
        if origin.change < self.change_count
            && !origin.pages.is_some_and(|pages| pages.iter().all(is_as_read))
        {
            return None;
        }
        self.usage.record_hit();
        Some(found)
    }

    /// Adopts `stamp` if the cache is empty, and returns whether the cache is in this state. If the stamps differ, the
    /// later one is unknown here.
    pub(super) fn adopt_stamp(&mut self, stamp: Stamp) -> bool {
        self.is_enabled() && *self.stamp.get_or_insert_with(|| stamp.clone()) == stamp
    }

    /// Inserts the entry of a key if `stamp` is the cache's state and caching is currently worth it.
    pub(super) fn insert(&mut self, key: &str, stamp: Stamp, found: TokenAndUser<M>, pages: RowPages) {
        if self.adopt_stamp(stamp) && self.usage.should_insert() {
            self.entries.insert(key, found, EntryOrigin { change: self.change_count, pages });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;
    use crate::models::Token;
    use vitamin_framework::database::sqlite::sentinel::Sentinel;
    use vitamin_framework::testing::TestDatabase;

    /// Two states of a database.
    fn stamps() -> [Stamp; 2] {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection;
        let database = TestDatabase::sqlite();
        let mut connection = diesel::SqliteConnection::establish(database.url()).unwrap();
        connection.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)").unwrap();
        let mut sentinel = Sentinel::open(database.url()).unwrap();
        let before = sentinel.read(|| ()).1.unwrap();
        connection.batch_execute("INSERT INTO t VALUES (1)").unwrap();
        [before, sentinel.read(|| ()).1.unwrap()]
    }

    fn insert(cache: &mut ExactCache<Token>, stamp: &Stamp, n: usize, pages: RowPages) {
        cache.insert(&n.to_string(), stamp.clone(), entry(n), pages);
    }

    /// Returns a page by its number.
    fn page(stamp: &Stamp, number: i64) -> Page {
        stamp.page((number - 1) * 4096).unwrap()
    }

    fn changes(stamp: &Stamp, pages: &[Page]) -> Changes {
        Changes { stamp: stamp.clone(), pages: pages.to_vec(), first_page: None }
    }

    #[test]
    fn an_entry_from_another_state_is_not_cached() {
        let [before, after] = stamps();
        let mut cache = ExactCache::new(10);
        insert(&mut cache, &before, 1, None);
        insert(&mut cache, &after, 2, None);
        assert!(cache.stamp() == Some(&before) && cache.get(b"1").is_some() && cache.get(b"2").is_none());
        cache.clear();
        assert!(cache.stamp().is_none() && cache.get(b"1").is_none());
        insert(&mut cache, &after, 2, None);
        assert!(cache.stamp() == Some(&after) && cache.get(b"2").is_some());
    }

    #[test]
    fn an_entry_on_a_written_page_is_invalidated() {
        let [before, after] = stamps();
        let page = |number| page(&before, number);
        let mut cache = ExactCache::new(10);
        insert(&mut cache, &before, 1, Some([page(2), page(3)]));
        insert(&mut cache, &before, 2, Some([page(2), page(4)]));
        insert(&mut cache, &before, 3, None);
        cache.advance(changes(&after, &[page(9), page(4), page(9)]));
        assert!(cache.stamp() == Some(&after));
        assert!(cache.get(b"1").is_some() && cache.get(b"2").is_none() && cache.get(b"3").is_none());
        insert(&mut cache, &after, 2, Some([page(2), page(4)]));
        insert(&mut cache, &after, 3, None);
        assert!(cache.get(b"2").is_some() && cache.get(b"3").is_some());
        cache.advance(changes(&before, &[]));
        assert!(cache.get(b"1").is_some() && cache.get(b"2").is_some() && cache.get(b"3").is_none());
        cache.advance(changes(&after, &[page(2)]));
        assert!(cache.get(b"1").is_none() && cache.get(b"2").is_none());
    }

    #[test]
    fn the_number_of_tracked_pages_is_bounded() {
        let [before, after] = stamps();
        let mut cache = ExactCache::new(10);
        insert(&mut cache, &before, 1, Some([page(&before, 2); 2]));
        for number in 10..10 + 4096 {
            cache.advance(changes(&after, &[page(&before, number)]));
            assert!(cache.get(b"1").is_some());
        }
        cache.advance(changes(&after, &[page(&before, 10)]));
        assert!(cache.get(b"1").is_none() && cache.stamp() == Some(&after) && cache.page_changes.is_empty());
    }

    #[test]
    fn a_cache_of_size_zero_stays_empty() {
        let [stamp, _] = stamps();
        let mut cache = ExactCache::new(0);
        insert(&mut cache, &stamp, 1, None);
        assert!(cache.get(b"1").is_none() && cache.stamp().is_none());
    }

    /// Counts the cache hits, with `look_ups` lookups of `tokens` tokens in turn in each state.
    fn hits(cache: &mut ExactCache<Token>, states: usize, look_ups: usize, tokens: usize) -> usize {
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
                    None => insert(cache, stamp, n % tokens, None),
                }
            }
        }
        hits
    }

    #[test]
    fn reused_tokens_are_cached() {
        for (look_ups, tokens) in [(1, 1), (2, 1), (1000, 1), (1000, 600), (10_000, 1000)] {
            let all = 100 * (look_ups - tokens);
            assert_eq!(
                hits(&mut ExactCache::new(10_000), 100, look_ups, tokens),
                all,
                "{look_ups} of {tokens}"
            );
        }
    }

    #[test]
    fn caching_pauses_while_nothing_is_reused() {
        let mut cache = ExactCache::new(10_000);
        assert_eq!(hits(&mut cache, 100, 250, 250), 0);
        assert!(cache.entries.is_empty() && cache.stamp().is_some());
        // One state lasts longer: caching resumes after 500 reads.
        assert_eq!(hits(&mut cache, 1, 10_000, 100), 10_000 - 501 - 99);
        // Fewer tokens are used: caching is retried now and then.
        let mut cache = ExactCache::new(10_000);
        hits(&mut cache, 2, 250, 250);
        assert_eq!(hits(&mut cache, 100, 250, 1), (100 - 14) * 249);
    }
}
