//! Whose token is this? The one way to ask, chosen by the database's kind; each is exact unless it is told otherwise, so a
//! token that was revoked, by whomever, is refused on the very next request.
//!
//! - **SQLite**: what the thread has seen before is used again while the
//!   [sentinel](vitamin_framework::database::sqlite::sentinel) says that nobody committed, or nothing that has to do with it.
//!   Else the query runs on the thread's own connection, where those of one turn of the worker's loop share a
//!   [snapshot](vitamin_framework::database::sqlite::watched); or by the pool where a lock has to be waited for.
//! - **PostgreSQL**: one query at a time answers all requests that arrived before it started. With `TOKEN_CACHE=bounded`
//!   what the thread has seen before is used again until a notification says that it was changed.

#[cfg(feature = "postgres")]
mod batches;
#[cfg(feature = "postgres")]
pub(super) mod bounded;
mod cache;
mod entries;
#[cfg(feature = "postgres")]
mod gathering;
mod rows;
mod usage;

use std::cell::RefCell;
use std::rc::Rc;
#[cfg(feature = "postgres")]
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "postgres")]
pub(super) use self::batches::SharedBatches;
#[cfg(feature = "postgres")]
use self::bounded::{Answer, Kept};
use self::cache::Cache;
pub use self::entries::TokenAndUser;
#[cfg(feature = "postgres")]
use self::gathering::Gathering;
use self::rows::Rows;
use super::models::Token;
#[cfg(feature = "postgres")]
use vitamin_framework::database::DatabaseUrl;
use vitamin_framework::database::sqlite::watched::Watched;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};

/// How long a database that could not be watched is left alone.
const RETRY: Duration = Duration::from_millis(100);
/// How often a thread says that it can't watch it, at most.
const SILENCE: Duration = Duration::from_secs(60);

/// Finds tokens. The app puts one into each worker's app data: `request.app_data::<TokenLookup>()`.
pub struct TokenLookup {
    local: Rc<RefCell<Local>>,
    #[cfg(feature = "postgres")]
    gathering: Gathering,
    #[cfg(feature = "postgres")]
    kept: Option<RefCell<Kept>>,
}

impl TokenLookup {
    /// A look-up that keeps this many tokens at most.
    #[must_use]
    pub fn new(cache_size: usize) -> Self {
        Self {
            local: Rc::new(RefCell::new(Local {
                cache: Cache::new(cache_size),
                tells_places: None,
                watched: None,
                failed: None,
                said: None,
            })),
            #[cfg(feature = "postgres")]
            gathering: Gathering::new(Arc::default()),
            #[cfg(feature = "postgres")]
            kept: None,
        }
    }

    /// The same, with the one queue that all workers share.
    #[cfg(feature = "postgres")]
    pub(super) fn sharing(self, batches: &Arc<SharedBatches>) -> Self {
        Self { gathering: Gathering::new(Arc::clone(batches)), ..self }
    }

    /// The same, where tokens are used again until their revocation is heard of.
    #[cfg(feature = "postgres")]
    pub(super) fn bounded(self, kept: Kept) -> Self {
        Self { kept: Some(RefCell::new(kept)), ..self }
    }

    /// The token of this key with its user, active or not, or `None`. It needs actix-web's runtime.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn get(&self, database: &Database, key: &str) -> Result<Option<TokenAndUser>, DatabaseError> {
        #[cfg(feature = "postgres")]
        if let DatabaseUrl::Postgres(_) = database.settings().url {
            return self.get_from_postgres(database, key).await;
        }
        if let Some(found) = self.kept(key.as_bytes()) {
            return Ok(Some(found));
        }
        match self.look_up_now(database, key) {
            Some(answer) => Ok(answer),
            None => get(database, key).await,
        }
    }

    /// What is kept of a key, where it holds still. The key is as the client sent it, and may be none at all: to find it here
    /// is to know that it is one.
    pub(super) fn kept(&self, key: &[u8]) -> Option<TokenAndUser> {
        #[cfg(feature = "postgres")]
        if let Some(kept) = &self.kept
            && let Answer::Kept(found) = kept.borrow_mut().get(key)
        {
            return Some(found);
        }
        // Empty where the database is another than SQLite.
        self.local.borrow_mut().kept(key)
    }

    /// [`get`](Self::get) of what is not [`kept`](Self::kept), where that needs no waiting, or `None`.
    pub(super) fn look_up_now(&self, database: &Database, key: &str) -> Option<Option<TokenAndUser>> {
        if !database.settings().url.is_sqlite() {
            return None;
        }
        let mut local = self.local.borrow_mut();
        let was_in_turn = local.is_in_turn();
        let answer = local.look_up(database, key);
        if !was_in_turn && local.is_in_turn() {
            // In the worker's `LocalSet`. Its turn comes when all that is ready to run now has run, so before the thread waits.
            let local = Rc::clone(&self.local);
            actix_web::rt::spawn(async move { local.borrow_mut().end_turn() });
        }
        answer
    }

    #[cfg(feature = "postgres")]
    async fn get_from_postgres(
        &self,
        database: &Database,
        key: &str,
    ) -> Result<Option<TokenAndUser>, DatabaseError> {
        let Some(kept) = &self.kept else { return self.gathering.get(database, key).await };
        // Before the query: what is revoked from here on is not kept.
        let begun = match kept.borrow_mut().get(key.as_bytes()) {
            Answer::Kept(found) => return Ok(Some(found)),
            Answer::Unknown(begun) => begun,
        };
        let found = self.gathering.get(database, key).await?;
        if let Some(found) = &found {
            kept.borrow_mut().insert(begun, found);
        }
        Ok(found)
    }
}

/// [`TokenLookup::get`] by the pool, for whoever has no look-up.
pub(super) async fn get(database: &Database, key: &str) -> Result<Option<TokenAndUser>, DatabaseError> {
    let key = key.to_owned();
    let found = database.run(move |connection| Token::get_with_user(connection, &key)).await;
    found.map(|found: Option<_>| found.map(shared))
}

fn shared((token, user): (Token, vitamin_auth::models::User)) -> TokenAndUser {
    (Rc::new(token), Rc::new(user))
}

/// What a worker's thread has for itself, with SQLite.
struct Local {
    cache: Cache,
    /// Whether rows tell where they stand, in the cache's state, where that was found out.
    tells_places: Option<bool>,
    watched: Option<Watched>,
    failed: Option<Instant>,
    /// When the log was last told of that.
    said: Option<Instant>,
}

impl Local {
    /// What was seen before, if nobody changed it since.
    fn kept(&mut self, key: &[u8]) -> Option<TokenAndUser> {
        let stamp = self.cache.stamp()?;
        if let Some(watched) = &mut self.watched {
            if watched.is_unchanged(stamp) {
                return self.cache.get(key);
            }
            if let Some(changes) = watched.changes_since(stamp) {
                if !self.cache.advance(changes) {
                    self.tells_places = None;
                }
                return self.cache.get(key);
            }
        }
        self.cache.clear();
        None
    }

    /// The answer, or `None` where the pool has to be asked: the database can't be watched, or is locked.
    fn look_up(&mut self, database: &Database, key: &str) -> Option<Option<TokenAndUser>> {
        self.watch(database);
        let Self { cache, tells_places, watched: Some(watched), .. } = self else { return None };
        let tells_changes = cache.is_enabled() && watched.tells_changes();
        let read = |connection: &mut DbConnection| {
            // As long as the cache has no state, the schema may change. After the stamp, and before the rows.
            let tells_places = match tells_places.filter(|_| cache.stamp().is_some()) {
                Some(known) => known,
                None => *tells_places.insert(tells_changes && rows::tell_places(connection)?),
            };
            Rows::get(connection, key, tells_places)
        };
        match watched.read_in_turn(read) {
            Ok((None, stamp)) => {
                // Keys that are nobody's are not kept: a client can make up any number.
                if let Some(stamp) = stamp {
                    cache.begin(stamp);
                }
                Some(None)
            }
            Ok((Some(rows), stamp)) => {
                let places = stamp.as_ref().and_then(|stamp| rows.places(stamp));
                let found = shared((rows.token, rows.user));
                if let Some(stamp) = stamp {
                    cache.insert(stamp, found.clone(), places);
                }
                Some(Some(found))
            }
            // Locked: the pool's connections wait for that.
            Err(DatabaseError::Unavailable(_)) => None,
            Err(error @ DatabaseError::Query(_)) => {
                self.give_up(&error);
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

    /// Opens the database where that is due.
    fn watch(&mut self, database: &Database) {
        if self.watched.as_mut().is_some_and(Watched::is_lost) {
            self.watched = None;
            // A stamp of one sentinel means nothing to another.
            self.cache.clear();
        }
        if self.watched.is_none() && self.failed.is_none_or(|failed| failed.elapsed() >= RETRY) {
            match database.watch() {
                Ok(watched) => (self.watched, self.failed) = (Some(watched), None),
                Err(error) => self.give_up(&error),
            }
        }
    }

    fn give_up(&mut self, error: &DatabaseError) {
        // It may stay so, or come and go.
        if self.failed.is_none() && self.said.is_none_or(|said| said.elapsed() >= SILENCE) {
            log::info!("Each token is looked up in the database, since that can't be watched: {error}");
            self.said = Some(Instant::now());
        }
        self.failed = Some(Instant::now());
        self.watched = None;
        self.cache.clear();
    }
}

#[cfg(test)]
mod tests;
