//! Finds the user of a token. All callers use this module; the strategy depends on the database. Each strategy is exact
//! unless it is configured otherwise: a token that anyone has revoked is refused from the very next request on.
//!
//! - **SQLite**: a thread reuses its cached tokens while the [sentinel](vitamin_framework::database::sqlite::sentinel)
//!   reports that nobody committed, or that no commit touched their rows. Otherwise it queries on the thread's own
//!   connection; queries in one turn of the worker's event loop share a
//!   [snapshot](vitamin_framework::database::sqlite::watched). If a lock has to be waited for, the connection pool is
//!   used.
//! - **PostgreSQL**: one query at a time, of a worker or of all, answers all requests that arrived before it started. With
//!   `TOKEN_CACHE=bounded` a thread reuses its cached tokens until a notification reports a change.

#[cfg(feature = "postgres")]
mod batches;
#[cfg(feature = "postgres")]
pub(super) mod bounded;
mod cache;
mod counts;
mod entries;
#[cfg(feature = "postgres")]
mod gathering;
mod rows;
mod usage;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "postgres")]
pub(super) use self::batches::SharedBatches;
#[cfg(feature = "postgres")]
use self::bounded::{BoundedCache, CacheLookup};
use self::cache::ExactCache;
pub(crate) use self::counts::LookupCounts;
pub use self::entries::TokenAndUser;
#[cfg(feature = "postgres")]
use self::gathering::WorkerQueue;
pub use self::rows::Places;
use self::rows::TokenRow;
use super::models::Token;
use super::settings::TokenSettings;
use super::token_model::TokenModel;
use vitamin_auth::models::User;
#[cfg(feature = "postgres")]
use vitamin_framework::database::DatabaseUrl;
use vitamin_framework::database::sqlite::watched::Watched;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};

/// Delay before retrying to watch a database after a failure.
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// Minimum time between two log messages about that failure.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Finds the tokens of one model. The app stores one in each worker's app data: `request.app_data::<TokenLookup>()`.
pub struct TokenLookup<M: TokenModel = Token> {
    counts: Arc<LookupCounts>,
    /// Without a bounded cache and without `settings`.
    is_plain: bool,
    /// The project's, if not every stored token is valid.
    settings: Option<TokenSettings>,
    sqlite: Rc<RefCell<SqliteLookup<M>>>,
    #[cfg(feature = "postgres")]
    queue: WorkerQueue<M>,
    #[cfg(feature = "postgres")]
    bounded: Option<RefCell<BoundedCache<M>>>,
}

impl<M: TokenModel> TokenLookup<M> {
    /// Creates a lookup that caches at most `cache_size` tokens.
    #[must_use]
    pub fn new(cache_size: usize) -> Self {
        Self {
            counts: Arc::default(),
            is_plain: true,
            settings: None,
            sqlite: Rc::new(RefCell::new(SqliteLookup {
                cache: ExactCache::new(cache_size),
                reports_pages: None,
                watched: None,
                failed_at: None,
                logged_at: None,
            })),
            #[cfg(feature = "postgres")]
            queue: WorkerQueue::new(Arc::default()),
            #[cfg(feature = "postgres")]
            bounded: None,
        }
    }

    /// Counts in `counts`.
    pub(super) fn counted(self, counts: Arc<LookupCounts>) -> Self {
        Self { counts, ..self }
    }

    /// Uses the batch queue that all workers share.
    #[cfg(feature = "postgres")]
    pub(super) fn with_batches(self, batches: &Arc<SharedBatches<M>>) -> Self {
        Self { queue: WorkerQueue::new(Arc::clone(batches)), ..self }
    }

    /// Caches tokens until their revocation is received.
    #[cfg(feature = "postgres")]
    pub(super) fn with_bounded_cache(self, cache: BoundedCache<M>) -> Self {
        Self { bounded: Some(RefCell::new(cache)), is_plain: false, ..self }
    }

    /// Finds no token whose time is over, and no mistyped key.
    pub(super) fn with_settings(self, settings: &TokenSettings) -> Self {
        let settings = (!settings.accepts_all()).then(|| settings.clone());
        Self { is_plain: self.is_plain && settings.is_none(), settings, ..self }
    }

    /// Returns the token of this key with its user, active or not. `None` also if the token's time is over. Requires actix-web's
    /// runtime.
    ///
    /// # Errors
    /// The query fails.
    pub async fn find(
        &self,
        database: &Database,
        key: &str,
    ) -> Result<Option<TokenAndUser<M>>, DatabaseError> {
        match &self.settings {
            None => self.find_row(database, key).await,
            // Boxed, so that the future is as small as without settings.
            Some(settings) => Box::pin(self.find_valid(settings, database, key)).await,
        }
    }

    async fn find_valid(
        &self,
        settings: &TokenSettings,
        database: &Database,
        key: &str,
    ) -> Result<Option<TokenAndUser<M>>, DatabaseError> {
        if settings.is_mistyped(key) {
            return Ok(None);
        }
        let Some(found) = self.find_row(database, key).await? else { return Ok(None) };
        let is_valid = match found.0.as_token() {
            Some(token) => settings.accepts(database, token).await?,
            None => true,
        };
        Ok(is_valid.then_some(found))
    }

    async fn find_row(
        &self,
        database: &Database,
        key: &str,
    ) -> Result<Option<TokenAndUser<M>>, DatabaseError> {
        #[cfg(feature = "postgres")]
        if let DatabaseUrl::Postgres(_) = database.settings().url {
            return self.find_on_postgres(database, key).await;
        }
        if let Some(found) = self.cached_row(key.as_bytes()) {
            return Ok(Some(found));
        }
        match self.find_row_now(database, key) {
            Some(answer) => Ok(answer),
            None => {
                self.counts.misses.add(1);
                find(database, key).await
            }
        }
    }

    /// Returns the cached entry, if it is still valid. The key is as the client sent it, unvalidated: only real keys
    /// are cached.
    pub(super) fn cached(&self, key: &[u8]) -> Option<TokenAndUser<M>> {
        if self.is_plain {
            return self.cached_on_sqlite(key);
        }
        let found = self.cached_row(key)?;
        let token = self.settings.as_ref().zip(found.0.as_token());
        token.is_none_or(|(settings, token)| settings.accepts_now(token)).then_some(found)
    }

    fn cached_row(&self, key: &[u8]) -> Option<TokenAndUser<M>> {
        #[cfg(feature = "postgres")]
        if let Some(bounded) = &self.bounded
            && let CacheLookup::Hit(found) = bounded.borrow_mut().look_up(key)
        {
            self.counts.hits.add(1);
            return Some(found);
        }
        self.cached_on_sqlite(key)
    }

    /// Nothing if the database is not SQLite.
    fn cached_on_sqlite(&self, key: &[u8]) -> Option<TokenAndUser<M>> {
        let found = self.sqlite.borrow_mut().cached(key)?;
        self.counts.hits.add(1);
        Some(found)
    }

    /// [`find`](Self::find) without waiting, for a key that is not [`cached`](Self::cached). `None` if it has to wait.
    pub(super) fn find_now(&self, database: &Database, key: &str) -> Option<Option<TokenAndUser<M>>> {
        // A token's use may have to be read or stored.
        if self.settings.is_some() { None } else { self.find_row_now(database, key) }
    }

    fn find_row_now(&self, database: &Database, key: &str) -> Option<Option<TokenAndUser<M>>> {
        if !database.settings().url.is_sqlite() {
            return None;
        }
        let mut local = self.sqlite.borrow_mut();
        let was_in_turn = local.is_in_turn();
        let answer = local.find(database, key);
        self.counts.misses.add(answer.is_some().into());
        if !was_in_turn && local.is_in_turn() {
            // Spawned in the worker's `LocalSet`, so it runs once all ready tasks have run, and before the thread
            // waits.
            let local = Rc::clone(&self.sqlite);
            actix_web::rt::spawn(async move { local.borrow_mut().end_turn() });
        }
        answer
    }

    #[cfg(feature = "postgres")]
    async fn find_on_postgres(
        &self,
        database: &Database,
        key: &str,
    ) -> Result<Option<TokenAndUser<M>>, DatabaseError> {
        let Some(bounded) = &self.bounded else {
            self.counts.misses.add(1);
            return self.queue.find(database, key).await;
        };
        // Before the query, so that anything revoked from here on is not cached.
        let start = match bounded.borrow_mut().look_up(key.as_bytes()) {
            CacheLookup::Hit(found) => {
                self.counts.hits.add(1);
                return Ok(Some(found));
            }
            CacheLookup::Miss(start) => start,
        };
        self.counts.misses.add(1);
        let found = self.queue.find(database, key).await?;
        if let Some(found) = &found {
            bounded.borrow_mut().insert(start, key, found);
        }
        Ok(found)
    }
}

/// [`TokenLookup::find`] through the pool, for callers without a lookup.
pub(super) async fn find<M: TokenModel>(
    database: &Database,
    key: &str,
) -> Result<Option<TokenAndUser<M>>, DatabaseError> {
    let key = key.to_owned();
    let found = database.run(move |connection| M::find(connection, &key)).await;
    found.map(|found: Option<_>| found.map(into_shared))
}

fn into_shared<M>((token, user): (M, User)) -> TokenAndUser<M> {
    (Rc::new(token), Rc::new(user))
}

/// A worker thread's own state for SQLite.
struct SqliteLookup<M: TokenModel> {
    cache: ExactCache<M>,
    /// Whether SQLite reports the page of each row in the cache's state; `None` if not checked yet.
    reports_pages: Option<bool>,
    watched: Option<Watched>,
    failed_at: Option<Instant>,
    /// When the failure was last logged.
    logged_at: Option<Instant>,
}

impl<M: TokenModel> SqliteLookup<M> {
    /// Returns the cached entry if nobody has changed it since.
    fn cached(&mut self, key: &[u8]) -> Option<TokenAndUser<M>> {
        let stamp = self.cache.stamp()?;
        if let Some(watched) = &mut self.watched {
            if watched.is_unchanged(stamp) {
                return self.cache.get(key);
            }
            // A model without places has no entry that outlives a commit.
            if M::places().is_some()
                && let Some(changes) = watched.changes_since(stamp)
            {
                if !self.cache.advance(changes) {
                    self.reports_pages = None;
                }
                return self.cache.get(key);
            }
        }
        self.cache.clear();
        None
    }

    /// Queries the database. `None` if the pool must be used instead: the database can't be watched, or is locked.
    fn find(&mut self, database: &Database, key: &str) -> Option<Option<TokenAndUser<M>>> {
        self.ensure_watched(database);
        let Self { cache, reports_pages, watched: Some(watched), .. } = self else { return None };
        let places = M::places().filter(|_| cache.is_enabled() && watched.tells_changes());
        let read = |connection: &mut DbConnection| {
            // While the cache has no state, the schema may change. Runs after the stamp is taken and before the rows
            // are read.
            let reports_pages = match reports_pages.filter(|_| cache.stamp().is_some()) {
                Some(known) => known,
                None => *reports_pages.insert(match &places {
                    Some(places) => (places.reports_pages)(connection)?,
                    None => false,
                }),
            };
            TokenRow::find(connection, key, places.filter(|_| reports_pages))
        };
        match watched.read_in_turn(read) {
            Ok((None, stamp)) => {
                // Unknown keys are not cached: a client can make up any number.
                if let Some(stamp) = stamp {
                    cache.adopt_stamp(stamp);
                }
                Some(None)
            }
            Ok((Some(row), stamp)) => {
                let pages = stamp.as_ref().and_then(|stamp| row.pages(stamp));
                let found = into_shared((row.token, row.user));
                if let Some(stamp) = stamp {
                    cache.insert(key, stamp, found.clone(), pages);
                }
                Some(Some(found))
            }
            // The database is locked; the pool's connections wait for the lock.
            Err(DatabaseError::Unavailable(_)) => None,
            Err(error @ (DatabaseError::Query(_) | DatabaseError::Receiver(_))) => {
                self.record_failure(&error);
                None
            }
        }
    }

    fn is_in_turn(&self) -> bool {
        self.watched.as_ref().is_some_and(Watched::is_in_turn)
    }

    fn end_turn(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.end_turn();
        }
    }

    /// Opens the watched database if it is closed and the retry delay has passed.
    fn ensure_watched(&mut self, database: &Database) {
        if self.watched.as_mut().is_some_and(Watched::is_lost) {
            self.watched = None;
            // A stamp of one sentinel means nothing to another.
            self.cache.clear();
        }
        if self.watched.is_none() && self.failed_at.is_none_or(|failed_at| failed_at.elapsed() >= RETRY_DELAY)
        {
            match database.watch() {
                Ok(watched) => (self.watched, self.failed_at) = (Some(watched), None),
                Err(error) => self.record_failure(&error),
            }
        }
    }

    fn record_failure(&mut self, error: &DatabaseError) {
        // The failure may persist or recur, so the log is rate-limited.
        if self.failed_at.is_none()
            && self.logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL)
        {
            log::info!(
                "Each token is looked up in the database, because it cannot be watched for changes: {error}"
            );
            self.logged_at = Some(Instant::now());
        }
        self.failed_at = Some(Instant::now());
        self.watched = None;
        self.cache.clear();
    }
}

#[cfg(test)]
mod tests;
