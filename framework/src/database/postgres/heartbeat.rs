//! Tells a frozen server from a slow one.
//!
//! A server whose processes are stopped, or whose machine has no memory left, neither answers nor closes its connections,
//! and its system still acknowledges what arrives. A statement would wait for as long as that lasts. So a request that has
//! waited for a while asks the server whether it takes new connections, which takes a server at work a few milliseconds.
//! All requests of a process share the question and its answer. One that waits for a server that does not answer fails:
//! with the defaults, 1.75 seconds after it began.

use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use futures_util::future::{Either, select};
use tokio::sync::watch;
use tokio::time::timeout_at;

use super::libpq::ping;
use super::libpq_url;
use crate::database::{DatabaseError, DatabaseSettings, DatabaseUrl};

/// An answer of the server is valid for this long.
const VALID: Duration = Duration::from_millis(200);

/// The server does not answer.
#[derive(Clone, Copy, Debug)]
pub(in crate::database) struct Frozen;

impl Frozen {
    const MESSAGE: &str = "the server does not answer";
}

impl From<Frozen> for DatabaseError {
    fn from(_: Frozen) -> Self {
        Self::Unavailable(Frozen::MESSAGE.to_owned())
    }
}

impl From<Frozen> for QueryError {
    fn from(_: Frozen) -> Self {
        Self::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(Frozen::MESSAGE.to_owned()))
    }
}

/// The last question to a server.
#[derive(Default)]
pub(in crate::database) struct Heartbeat(Mutex<Option<Question>>);

#[derive(Clone)]
struct Question {
    asked_at: Instant,
    /// Whether the server has answered, be it by refusing connections: then the work that waits will fail by itself.
    is_answered: watch::Receiver<bool>,
}

/// The time without an answer after which the server is asked.
pub(super) fn patience(settings: &DatabaseSettings) -> Duration {
    settings.timeout / 4
}

/// The time that the server has to answer.
fn limit(settings: &DatabaseSettings) -> Duration {
    settings.timeout * 5 / 8
}

impl Heartbeat {
    /// Waits for work on the server, as long as that answers.
    ///
    /// # Errors
    /// It does not answer.
    pub(in crate::database) async fn wait<T>(
        &self,
        settings: &DatabaseSettings,
        work: impl Future<Output = T>,
    ) -> Result<T, Frozen> {
        let (mut work, mut time) = (pin!(work), patience(settings));
        loop {
            if let Some(result) = self.wait_for(settings, time, work.as_mut()).await? {
                return Ok(result);
            }
            time = limit(settings);
        }
    }

    /// Waits for work on the server for some time. `None` if it is not done then, though the server answers.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) async fn wait_for<T>(
        &self,
        settings: &DatabaseSettings,
        time: Duration,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Result<Option<T>, Frozen> {
        if let Ok(result) = timeout(time, work.as_mut()).await {
            return Ok(Some(result));
        }
        match select(work, pin!(self.is_beating(settings))).await {
            Either::Left((result, _)) => Ok(Some(result)),
            Either::Right((true, _)) => Ok(None),
            Either::Right((false, _)) => Err(Frozen),
        }
    }

    /// Whether the server answers in time.
    async fn is_beating(&self, settings: &DatabaseSettings) -> bool {
        let mut question = self.ask(settings);
        let until = question.asked_at + limit(settings);
        let answered = timeout_at(until.into(), question.is_answered.wait_for(|is_answered| *is_answered));
        matches!(answered.await, Ok(Ok(_)))
    }

    /// Asks the server, unless it was asked a moment ago, or has not answered yet.
    fn ask(&self, settings: &DatabaseSettings) -> Question {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = &*last
            && (question.asked_at.elapsed() < VALID || !*question.is_answered.borrow())
        {
            return question.clone();
        }
        let (sender, is_answered) = watch::channel(false);
        let url = match &settings.url {
            DatabaseUrl::Postgres(url) => libpq_url(settings, url),
            DatabaseUrl::Sqlite(path) => path.clone(),
        };
        // A thread of its own, since all others may wait for this server.
        let asked = thread::Builder::new().name("database-heartbeat".to_owned()).spawn(move || {
            ping(&url);
            sender.send_replace(true);
        });
        if let Err(error) = asked {
            log::error!("The database server could not be asked whether it answers: {error}");
        }
        last.insert(Question { asked_at: Instant::now(), is_answered }).clone()
    }
}

#[cfg(test)]
mod tests;
