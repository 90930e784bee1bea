//! How long a token is valid, and what its key looks like. By default as in Django REST framework: forever, and hexadecimal.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, Utc};

use crate::keys::KeyPrefix;
use crate::models::Token;
use crate::uses::{UsedToken, Uses};
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::database::{Database, DatabaseError, DatabaseSettings, DbConnection};
use vitamin_framework::timezone::TimeZone;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "TOKEN_AGE",
        "Seconds from a token's creation until it is refused. Unset: no limit, as in Django REST framework.",
    )
    .public(),
    Setting::new(
        "TOKEN_IDLE_AGE",
        "Seconds from a token's last use until it is refused. It needs a table: run `manage migrate`. Unset: no limit, as \
         in Django REST framework.",
    )
    .public(),
    Setting::new(
        "TOKEN_PREFIX",
        "Begins new tokens, so that secret scanners find them: three letters or digits and an underscore, such as `vit_`. \
         Unset: hexadecimal tokens, as in Django REST framework.",
    )
    .public(),
    Setting::new(
        "PASSWORD_CHANGE_REVOKES_TOKENS",
        "Deletes a user's token with each change of the password. `false`: it stays, as in Django REST framework.",
    )
    .default("false")
    .public(),
];

/// The settings of tokens. A handler finds them in its app data (`Data<TokenSettings>`). The default is Django REST framework's.
#[derive(Clone, Default)]
pub struct TokenSettings {
    /// `TOKEN_AGE`, in milliseconds.
    age: Option<i64>,
    /// `TOKEN_IDLE_AGE`.
    uses: Option<Arc<Uses>>,
    /// `TOKEN_PREFIX`.
    prefix: Option<KeyPrefix>,
    /// `PASSWORD_CHANGE_REVOKES_TOKENS`.
    pub(crate) password_change_revokes: bool,
    /// Set if times in the database are local times of this zone: on SQLite without `USE_TZ`.
    local_zone: Option<TimeZone>,
}

impl TokenSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// A variable has an unusable value.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let seconds = |name| {
            let seconds = env.optional::<NonZeroU32>(name)?;
            Ok(seconds.map(|seconds| Duration::from_secs(seconds.get().into())))
        };
        let database = DatabaseSettings::from_env(env)?;
        Ok(Self {
            age: seconds("TOKEN_AGE")?.and_then(|age| i64::try_from(age.as_millis()).ok()),
            uses: seconds("TOKEN_IDLE_AGE")?.map(|age| Arc::new(Uses::new(age))),
            prefix: env.optional("TOKEN_PREFIX")?,
            password_change_revokes: env.flag("PASSWORD_CHANGE_REVOKES_TOKENS", false)?,
            local_zone: (database.url.is_sqlite() && !database.time_zone.use_tz())
                .then_some(database.time_zone),
        })
    }

    /// Whether a token ends by itself.
    pub(crate) const fn has_age(&self) -> bool {
        self.age.is_some() || self.uses.is_some()
    }

    /// Whether the use of tokens is recorded, in a table of its own.
    pub(crate) const fn records_uses(&self) -> bool {
        self.uses.is_some()
    }

    /// Whether every stored token is valid.
    pub(crate) const fn accepts_all(&self) -> bool {
        !self.has_age() && self.prefix.is_none()
    }

    /// Generates a key.
    #[must_use]
    pub fn generate_key(&self) -> String {
        self.prefix.map_or_else(Token::generate_key, KeyPrefix::generate_key)
    }

    /// Whether no token can have this key, so that it needs no query.
    pub(crate) fn is_mistyped(&self, key: &str) -> bool {
        self.prefix.is_some_and(|prefix| prefix.is_mistyped(key))
    }

    /// Whether a stored token's time is over. This is no use of the token.
    ///
    /// # Errors
    /// The query fails.
    pub fn has_expired(&self, connection: &mut DbConnection, token: &Token) -> Result<bool, DatabaseError> {
        if !self.has_age() {
            return Ok(false);
        }
        let used = self.used(token);
        match &self.uses {
            _ if self.is_too_old(used) => Ok(true),
            Some(uses) => uses.is_idle(connection, used),
            None => Ok(false),
        }
    }

    /// Records a use of the token, if it is valid for certain without a query.
    pub(crate) fn accepts_now(&self, token: &Token) -> bool {
        if !self.has_age() {
            return true;
        }
        let used = self.used(token);
        !self.is_too_old(used) && self.uses.as_ref().is_none_or(|uses| uses.use_remembered(used))
    }

    /// Records a use of the token, and returns whether it is valid.
    ///
    /// # Errors
    /// The query fails.
    pub(crate) async fn accepts(&self, database: &Database, token: &Token) -> Result<bool, DatabaseError> {
        if !self.has_age() {
            return Ok(true);
        }
        let used = self.used(token);
        match &self.uses {
            _ if self.is_too_old(used) => Ok(false),
            Some(uses) => uses.use_token(database, used).await,
            None => Ok(true),
        }
    }

    fn is_too_old(&self, token: UsedToken) -> bool {
        self.age.is_some_and(|age| token.now.saturating_sub(token.created) >= age)
    }

    fn used(&self, token: &Token) -> UsedToken {
        let created = self.created(token.created).and_utc().timestamp_millis();
        UsedToken { user_id: token.user_id, created, now: Utc::now().timestamp_millis() }
    }

    /// The moment in UTC that a stored time means. Of a repeated hour it is the first.
    fn created(&self, stored: NaiveDateTime) -> NaiveDateTime {
        let offset = self.local_zone.as_ref().and_then(|zone| zone.offset_of_local(stored));
        offset.and_then(|offset| stored.checked_sub_signed(offset)).unwrap_or(stored)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn settings(variables: &[(&str, &str)]) -> TokenSettings {
        TokenSettings::from_env(&Env::from_iter(variables.iter().copied())).unwrap()
    }

    fn token(created: NaiveDateTime) -> Token {
        Token { key: Token::generate_key(), created, user_id: 1.into() }
    }

    #[test]
    fn the_defaults_accept_all() {
        let stock = settings(&[]);
        assert!(stock.accepts_all() && !stock.records_uses() && !stock.password_change_revokes);
        assert!(stock.accepts_now(&token(NaiveDateTime::default())));
        let key = stock.generate_key();
        assert!(key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    }

    #[test]
    fn a_token_ends_at_its_age() {
        let age = settings(&[("TOKEN_AGE", "100")]);
        let created = |seconds| token(Utc::now().naive_utc() - TimeDelta::seconds(seconds));
        assert!(age.accepts_now(&created(99)) && !age.accepts_now(&created(100)));
        assert!(age.accepts_now(&created(-1000)), "from a clock that is ahead");
    }

    /// On SQLite without `USE_TZ` the column has local times.
    #[test]
    fn local_times_are_understood() {
        let variables = [("TOKEN_AGE", "100"), ("TIME_ZONE", "Asia/Tokyo"), ("USE_TZ", "false")];
        let local = settings(&variables);
        let now = Utc::now().naive_utc() + TimeDelta::hours(9);
        assert!(local.accepts_now(&token(now - TimeDelta::seconds(90))));
        assert!(!local.accepts_now(&token(now - TimeDelta::seconds(110))));
        #[cfg(feature = "postgres")]
        {
            let moments = settings(&[&variables[..], &[("DATABASE_URL", "postgres://h/d")]].concat());
            assert!(!moments.accepts_now(&token(now - TimeDelta::hours(9) - TimeDelta::seconds(110))));
        }
    }

    #[test]
    fn unusable_values_name_the_setting() {
        for (name, value) in [
            ("TOKEN_AGE", "0"),
            ("TOKEN_AGE", "-1"),
            ("TOKEN_IDLE_AGE", "1h"),
            ("TOKEN_PREFIX", "vitamin_"),
            ("PASSWORD_CHANGE_REVOKES_TOKENS", "2"),
        ] {
            let error = TokenSettings::from_env(&Env::from_iter([(name, value)])).err().unwrap().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }
}
