//! Token look-ups on PostgreSQL: one query in flight, which answers everybody who asked before it started.
//!
//! It is exact by construction, since a query sees all that was committed when it starts: a request is only ever
//! answered by a query that started after it arrived. It needs no trigger, and costs at most one round trip more.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use diesel::r2d2::R2D2Connection;
use diesel::result::Error as QueryError;
use tokio::sync::oneshot;

use super::models::Token;
use crate::apps::auth::models::User;
use crate::framework::database::{Database, DatabaseError, DbConnection};

/// Requests that may wait. More than a worker of actix-web has connections at a time are never reached.
const QUEUE: usize = 25_000;
/// Keys in one query.
const KEYS: usize = 1_000;
/// Fewer are filled up with repetitions, which cost the index nothing. For an array of unknown length PostgreSQL's
/// planner counts with ten keys; where the first queries have fewer, it finds a plan made for each of them cheaper than
/// one made for all, and plans each anew, which takes several times as long as running it.
const LEAST_KEYS: usize = 16;

type Answer = Result<Option<(Token, User)>, DatabaseError>;

struct Asked {
    key: String,
    answer: oneshot::Sender<Answer>,
}

/// The queue and its thread, which starts with the first look-up and ends with the queue's last owner.
#[derive(Default)]
pub(super) struct SharedBatches(Mutex<Option<SyncSender<Asked>>>);

impl SharedBatches {
    pub(super) async fn get(&self, database: &Database, key: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        let unavailable = |reason: &str| DatabaseError::Unavailable(reason.to_owned());
        self.ask(database, Asked { key: key.to_owned(), answer })?;
        answered.await.map_err(|_| unavailable("the token look-up failed"))?
    }

    fn ask(&self, database: &Database, asked: Asked) -> Result<(), DatabaseError> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match queue.take() {
            Some(sender) => sender,
            None => start(database.clone())?,
        };
        queue.insert(sender).try_send(asked).map_err(|error| {
            DatabaseError::Unavailable(match error {
                TrySendError::Full(_) => "too many token look-ups are waiting already".to_owned(),
                TrySendError::Disconnected(_) => "the token look-ups have ended".to_owned(),
            })
        })
    }
}

fn start(database: Database) -> Result<SyncSender<Asked>, DatabaseError> {
    let (sender, receiver) = sync_channel(QUEUE);
    let work = move || work(&database, &receiver);
    let started = thread::Builder::new().name("token-lookup".to_owned()).spawn(work);
    started.map(|_| sender).map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

fn work(database: &Database, receiver: &Receiver<Asked>) {
    let mut connection = None;
    while let Ok(first) = receiver.recv() {
        let waiting = std::iter::once(first).chain(receiver.try_iter());
        // Whoever went away needs no answer.
        let mut asked: Vec<Asked> = waiting.filter(|asked| !asked.answer.is_closed()).take(KEYS).collect();
        let looked_up = catch_unwind(AssertUnwindSafe(|| look_up(database, &mut connection, &asked)));
        let found = looked_up.unwrap_or_else(|_| {
            log::error!("A token look-up panicked.");
            connection = None;
            Err(DatabaseError::Unavailable("the token look-up failed".to_owned()))
        });
        if connection.is_none() {
            // Who came while no connection could be had would wait just as long for the same.
            asked.extend(receiver.try_iter());
        }
        for Asked { key, answer } in asked {
            let _ = answer.send(match &found {
                Ok(found) => Ok(found.get(&key).cloned()),
                Err(error) => Err(copy(error)),
            });
        }
    }
}

type Found = HashMap<String, (Token, User)>;

fn look_up(
    database: &Database,
    kept: &mut Option<DbConnection>,
    asked: &[Asked],
) -> Result<Found, DatabaseError> {
    let mut keys: Vec<&str> = asked.iter().map(|asked| asked.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    // PostgreSQL can't even be asked for such a key, and it must not cost the others their answers.
    keys.retain(|key| !key.contains('\0'));
    let Some(last) = keys.last().copied() else { return Ok(Found::new()) };
    keys.resize(keys.len().max(LEAST_KEYS), last);
    // The server may have been restarted since; asking twice is as exact.
    let kept_before = kept.is_some();
    let result = match look_up_once(database, kept, &keys) {
        Err(_) if kept_before && kept.is_none() => look_up_once(database, kept, &keys),
        result => result,
    };
    Ok(result?.into_iter().map(|(token, user)| (token.key.clone(), (token, user))).collect())
}

/// Leaves no connection where it is broken.
fn look_up_once(
    database: &Database,
    kept: &mut Option<DbConnection>,
    keys: &[&str],
) -> Result<Vec<(Token, User)>, DatabaseError> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => database.connect()?,
    };
    let result = Token::get_many_with_user(&mut connection, keys);
    let lost = result.is_err() && (connection.is_broken() || connection.ping().is_err());
    *kept = (!lost).then_some(connection);
    result
}

/// diesel's errors can't be cloned.
fn copy(error: &DatabaseError) -> DatabaseError {
    match error {
        DatabaseError::Unavailable(reason) => DatabaseError::Unavailable(reason.clone()),
        DatabaseError::Query(error) => {
            DatabaseError::Query(QueryError::QueryBuilderError(error.to_string().into()))
        }
    }
}
