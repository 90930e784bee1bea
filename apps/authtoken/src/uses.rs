//! When each user's token was last used (`TOKEN_IDLE_AGE`).
//!
//! Django REST framework's table has no column for it, so there is a table of our own, `vitamin_token_use`, with a migration that
//! exists only if the setting does. Its key is the user, who has one token at most: the table holds no secret, and a new token
//! counts from its creation.
//!
//! A use is remembered in this process at once, and stored once in a while ([`Uses::interval`]). So another process, or this one
//! after a crash, may believe that a token was last used by so much earlier. It never believes that a token was used which was not.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use foldhash::fast::RandomState;

use vitamin_auth::schema::auth_user;
use vitamin_framework::database::{Database, DatabaseError, DbConnection, UserId, on_variant};
use vitamin_framework::logging::warn_sometimes;

diesel::table! {
    vitamin_token_use (user_id) {
        user_id -> vitamin_framework::database::UserKey,
        last_used -> BigInt,
    }
}
diesel::joinable!(vitamin_token_use -> auth_user (user_id));

/// The longest time between two writes of one user.
const MAX_INTERVAL: Duration = Duration::from_secs(60);
/// Users whose uses a process remembers: some 10 MB.
const MAX_USERS: usize = 100_000;

/// The uses that this process knows. All workers share them.
pub(crate) struct Uses {
    /// `TOKEN_IDLE_AGE`, in milliseconds.
    idle_age: i64,
    recent: Mutex<Recent>,
}

/// A user's last use, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LastUse {
    at: i64,
    /// The last use that is in the table, or on its way there.
    stored: i64,
}

/// Two generations: when the younger is full, it becomes the older one, which is forgotten. A user who is looked up moves to the
/// younger.
#[derive(Default)]
struct Recent {
    younger: HashMap<UserId, LastUse, RandomState>,
    older: HashMap<UserId, LastUse, RandomState>,
}

impl Recent {
    fn take(&mut self, user_id: UserId) -> Option<LastUse> {
        self.younger.remove(&user_id).or_else(|| self.older.remove(&user_id))
    }

    fn insert(&mut self, user_id: UserId, last_use: LastUse) {
        if self.younger.len() >= MAX_USERS / 2 {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.insert(user_id, last_use);
    }
}

/// A token, as far as its idle age is concerned. Times are in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsedToken {
    pub(crate) user_id: UserId,
    pub(crate) created: i64,
    pub(crate) now: i64,
}

/// The result of [`Uses::touch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    /// The use is remembered.
    Remembered,
    /// The use is remembered, and must be stored.
    Due,
    /// As far as this process knows, the token has been idle for too long.
    Idle,
}

impl Uses {
    pub(crate) fn new(idle_age: Duration) -> Self {
        Self { idle_age: millis(idle_age), recent: Mutex::default() }
    }

    /// The time after which the next use is stored: a minute, or a tenth of the idle age if that is shorter.
    fn interval(&self) -> i64 {
        (self.idle_age / 10).min(millis(MAX_INTERVAL))
    }

    /// Records a use of this token if it needs no database: the token was used lately, and nothing has to be stored.
    pub(crate) fn use_remembered(&self, token: UsedToken) -> bool {
        let mut recent = self.recent();
        let Some(known) = recent.take(token.user_id) else { return false };
        let mut touched = known;
        let is_remembered = self.touch(&mut touched, token) == Touch::Remembered;
        recent.insert(token.user_id, if is_remembered { touched } else { known });
        is_remembered
    }

    /// Records a use of this token, and returns whether it may be used: it was not idle for too long.
    ///
    /// # Errors
    /// The table can't be read.
    pub(crate) async fn use_token(
        &self,
        database: &Database,
        token: UsedToken,
    ) -> Result<bool, DatabaseError> {
        let mut touched = self.touch_known(token, None);
        if touched == Touch::Idle {
            let user_id = token.user_id;
            let stored = database.read(move |connection| stored(connection, user_id)).await?;
            touched = self.touch_known(token, Some(stored.unwrap_or(token.created)));
        }
        if touched == Touch::Due {
            store_later(database, token);
        }
        Ok(touched != Touch::Idle)
    }

    /// Whether the token has been idle for too long. Records no use.
    ///
    /// # Errors
    /// The table can't be read.
    pub(crate) fn is_idle(
        &self,
        connection: &mut DbConnection,
        token: UsedToken,
    ) -> Result<bool, DatabaseError> {
        let stored = stored(connection, token.user_id)?.unwrap_or(token.created);
        let mut recent = self.recent();
        let known = recent.take(token.user_id);
        if let Some(known) = known {
            recent.insert(token.user_id, known);
        }
        let at = known.map_or(stored, |known| known.at.max(stored));
        Ok(self.has_passed(at.max(token.created), token.now))
    }

    fn touch_known(&self, token: UsedToken, stored: Option<i64>) -> Touch {
        let mut recent = self.recent();
        let known = recent.take(token.user_id);
        let stored = stored.map(|stored| LastUse { at: stored, stored });
        let known = match (known, stored) {
            (Some(known), Some(stored)) => {
                LastUse { at: known.at.max(stored.at), stored: known.stored.max(stored.stored) }
            }
            (Some(known), None) | (None, Some(known)) => known,
            (None, None) => return Touch::Idle,
        };
        let mut last_use = known;
        let touched = self.touch(&mut last_use, token);
        recent.insert(token.user_id, last_use);
        touched
    }

    fn touch(&self, last_use: &mut LastUse, token: UsedToken) -> Touch {
        if self.has_passed(last_use.at.max(token.created), token.now) {
            return Touch::Idle;
        }
        last_use.at = last_use.at.max(token.now);
        if token.now.saturating_sub(last_use.stored) < self.interval() {
            return Touch::Remembered;
        }
        // If the write fails, the next one is due after another interval: a database that can't be written is left alone.
        last_use.stored = token.now;
        Touch::Due
    }

    const fn has_passed(&self, used: i64, now: i64) -> bool {
        now.saturating_sub(used) >= self.idle_age
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn stored(connection: &mut DbConnection, user_id: UserId) -> Result<Option<i64>, DatabaseError> {
    let query = vitamin_token_use::table.find(user_id).select(vitamin_token_use::last_used);
    Ok(query.get_result(connection).optional()?)
}

/// Stores a use, unless a later one is stored already.
fn store(connection: &mut DbConnection, token: UsedToken) -> Result<(), DatabaseError> {
    use diesel::query_dsl::methods::FilterDsl as _;
    use vitamin_token_use::dsl::{last_used, user_id};

    let stored = on_variant!(connection, |connection| {
        diesel::insert_into(vitamin_token_use::table)
            .values((user_id.eq(token.user_id), last_used.eq(token.now)))
            .on_conflict(user_id)
            .do_update()
            .set(last_used.eq(token.now))
            .filter(last_used.lt(token.now))
            .execute(connection)
    });
    match stored {
        // The user was deleted meanwhile.
        Err(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// Stores a use while the request goes on. A failure is logged: the token works, but may end too early.
fn store_later(database: &Database, token: UsedToken) {
    let database = database.clone();
    actix_web::rt::spawn(async move {
        let stored: Result<(), DatabaseError> = database.write(move |db| store(db, token)).await;
        if let Err(error) = stored {
            warn_sometimes(
                module_path!(),
                &format!(
                    "TOKEN_IDLE_AGE: the use of a token could not be stored, so it may end early: {error}"
                ),
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1000;

    fn token(created: i64, now: i64) -> UsedToken {
        UsedToken { user_id: 1.into(), created: created * SECOND, now: now * SECOND }
    }

    fn uses() -> Uses {
        Uses::new(Duration::from_secs(1000))
    }

    #[test]
    fn a_use_is_stored_once_in_an_interval() {
        let uses = uses();
        assert_eq!(uses.touch_known(token(0, 10), None), Touch::Idle, "nothing is known yet");
        assert!(!uses.use_remembered(token(0, 10)));
        assert_eq!(uses.touch_known(token(0, 10), Some(0)), Touch::Remembered);
        for now in 11..60 {
            assert!(uses.use_remembered(token(0, now)), "{now}");
        }
        assert!(!uses.use_remembered(token(0, 60)), "it has to be stored");
        assert_eq!(uses.touch_known(token(0, 60), None), Touch::Due);
        assert!(uses.use_remembered(token(0, 61)));
        assert!(!uses.use_remembered(token(0, 120)));
        assert_eq!(Uses::new(Duration::from_secs(20)).interval(), 2 * SECOND);
    }

    #[test]
    fn a_token_ends_when_it_was_idle_for_the_whole_age() {
        let uses = uses();
        uses.touch_known(token(0, 900), Some(0));
        assert_eq!(uses.touch_known(token(0, 1899), None), Touch::Due);
        assert_eq!(uses.touch_known(token(0, 2899), None), Touch::Idle);
        assert!(!uses.use_remembered(token(0, 2899)));
        // A refused use is no use, and another process's is one.
        assert_eq!(uses.touch_known(token(0, 2899), Some(1800 * SECOND)), Touch::Idle);
        assert_eq!(uses.touch_known(token(0, 2899), Some(1900 * SECOND)), Touch::Due);
        assert_eq!(uses.touch_known(token(0, 9000), None), Touch::Idle);
        assert_eq!(uses.touch_known(token(8001, 9000), None), Touch::Due, "a new token of the user");
    }

    #[test]
    fn the_number_of_remembered_users_is_bounded() {
        let mut recent = Recent::default();
        for user in 0..1_000_000_i64 {
            recent.insert(user.into(), LastUse { at: user, stored: 0 });
            assert!(recent.younger.len() + recent.older.len() <= MAX_USERS);
        }
        assert_eq!(recent.take(999_999_i64.into()).unwrap().at, 999_999);
        assert_eq!(recent.take(0_i64.into()), None);
    }
}
