//! Token look-ups on PostgreSQL: one query in flight, which answers everybody who asked before it started.
//!
//! It is exact by construction, since a query sees all that was committed when it starts: a request is only ever
//! answered by a query that started after it arrived. It needs no trigger, and costs at most one round trip more.
//!
//! A thread to another is slow to wake, so a worker's [requests](super::gathering) come to this thread together, and get
//! their answers together.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use diesel::r2d2::R2D2Connection;
use diesel::result::Error as QueryError;
use tokio::sync::oneshot;

use crate::apps::auth::models::User;
use crate::apps::authtoken::models::Token;
use crate::framework::database::{Database, DatabaseError, DbConnection};

/// Keys in one query.
const KEYS: usize = 1_000;
/// Fewer are filled up with repetitions, which cost the index nothing. For an array of unknown length PostgreSQL's
/// planner counts with ten keys; where the first queries have fewer, it finds a plan made for each of them cheaper than
/// one made for all, and plans each anew, which takes several times as long as running it.
const LEAST_KEYS: usize = 16;

/// What there is of the keys that were asked for.
type Answer = Result<Vec<(Token, User)>, DatabaseError>;

struct Asked {
    keys: Vec<String>,
    answer: oneshot::Sender<Answer>,
}

/// The queue and its thread, which starts with the first look-up and ends with the queue's last owner. A worker has one
/// question in it at a time.
#[derive(Default)]
pub(in crate::apps::authtoken) struct SharedBatches(Mutex<Option<Sender<Asked>>>);

impl SharedBatches {
    /// Looks up keys, each given once.
    pub(super) async fn get_many(&self, database: &Database, keys: Vec<String>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let unavailable = |reason: &str| DatabaseError::Unavailable(reason.to_owned());
        {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = match queue.take() {
                Some(sender) => sender,
                None => start(database.clone())?,
            };
            let asked = queue.insert(sender).send(Asked { keys, answer });
            asked.map_err(|_| unavailable("the token look-ups have ended"))?;
        }
        answered.await.map_err(|_| unavailable("the token look-up failed"))?
    }
}

fn start(database: Database) -> Result<Sender<Asked>, DatabaseError> {
    let (sender, receiver) = channel();
    let work = move || work(&database, &receiver);
    let started = thread::Builder::new().name("token-lookup".to_owned()).spawn(work);
    started.map(|_| sender).map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

fn work(database: &Database, receiver: &Receiver<Asked>) {
    let mut connection = None;
    while let Ok(first) = receiver.recv() {
        let mut asked: Vec<Asked> = std::iter::once(first).chain(receiver.try_iter()).collect();
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
        answer(asked, found);
    }
}

fn answer(mut asked: Vec<Asked>, found: Answer) {
    // All of it is the last one's, who mostly is the only one.
    let last = asked.pop();
    match &found {
        Ok(found) if !asked.is_empty() => {
            let found: HashMap<&str, _> = found.iter().map(|row| (row.0.key.as_str(), row)).collect();
            for Asked { keys, answer } in asked {
                let own = keys.iter().filter_map(|key| found.get(key.as_str()).copied().cloned());
                let _ = answer.send(Ok(own.collect()));
            }
        }
        Ok(_) => {}
        Err(error) => {
            for Asked { answer, .. } in asked {
                let _ = answer.send(Err(copy(error)));
            }
        }
    }
    if let Some(last) = last {
        let _ = last.answer.send(found);
    }
}

fn look_up(database: &Database, kept: &mut Option<DbConnection>, asked: &[Asked]) -> Answer {
    let mut keys: Vec<&str> = asked.iter().flat_map(|asked| &asked.keys).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    // PostgreSQL can't even be asked for such a key, and it must not cost the others their answers.
    keys.retain(|key| !key.contains('\0'));
    let Some(last) = keys.last().copied() else { return Ok(Vec::new()) };
    keys.resize(keys.len().max(LEAST_KEYS), last);
    let mut found = Vec::new();
    for keys in keys.chunks(KEYS) {
        // The server may have been restarted since; asking twice is as exact.
        let kept_before = kept.is_some();
        let result = match look_up_once(database, kept, keys) {
            Err(_) if kept_before && kept.is_none() => look_up_once(database, kept, keys),
            result => result,
        };
        found.append(&mut result?);
    }
    Ok(found)
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
pub(super) fn copy(error: &DatabaseError) -> DatabaseError {
    match error {
        DatabaseError::Unavailable(reason) => DatabaseError::Unavailable(reason.clone()),
        DatabaseError::Query(error) => {
            DatabaseError::Query(QueryError::QueryBuilderError(error.to_string().into()))
        }
    }
}
