//! Token look-ups on PostgreSQL: one query in flight, which answers everybody who asked before it started.
//!
//! It is exact by construction, since a query sees all that was committed when it starts: a request is only ever
//! answered by a query that started after it arrived. It needs no trigger, and costs at most one round trip more.
//!
//! A thread to another is slow to wake, so a worker's [requests](super::gathering) come to this thread together, and get
//! their answers together.

use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use diesel::r2d2::R2D2Connection;
use diesel::result::Error as QueryError;
use tokio::sync::oneshot;

use crate::models::Token;
use vitamin_auth::models::User;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};

/// Keys in one query.
const KEYS: usize = 1_000;
/// Fewer are filled up with repetitions, which cost the index nothing. For an array of unknown length PostgreSQL's
/// planner counts with ten keys; where the first queries have fewer, it finds a plan made for each of them cheaper than
/// one made for all, and plans each anew, which takes several times as long as running it.
const LEAST_KEYS: usize = 16;

/// Keys that may fail alone in one look-up; with more it is not the keys that are at fault, and the error is everybody's.
const FAILURES: usize = 64;

/// What there is of the keys that were asked for.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rows: Vec<(Token, User)>,
    /// Keys that the server does not take, or whose row can't be read: that is nobody else's misfortune.
    pub(super) failed: Vec<(String, DatabaseError)>,
}

type Answer = Result<Found, DatabaseError>;

struct Asked {
    keys: Vec<String>,
    answer: oneshot::Sender<Answer>,
}

/// The queue and its thread, which starts with the first look-up and ends with the queue's last owner. A worker has one
/// question in it at a time.
#[derive(Default)]
pub(crate) struct SharedBatches(Mutex<Option<Sender<Asked>>>);

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
        if found.is_err() && connection.is_none() {
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
            let rows: HashMap<&str, _> = found.rows.iter().map(|row| (row.0.key.as_str(), row)).collect();
            let failed: HashMap<&str, _> =
                found.failed.iter().map(|(key, error)| (key.as_str(), error)).collect();
            for Asked { keys, answer } in asked {
                let own = |key: &String| rows.get(key.as_str()).copied().cloned();
                let own_failed =
                    |key: &String| failed.get(key.as_str()).map(|error| (key.clone(), copy(error)));
                let _ = answer.send(Ok(Found {
                    rows: keys.iter().filter_map(own).collect(),
                    failed: keys.iter().filter_map(own_failed).collect(),
                }));
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

fn look_up(database: &Database, connection: &mut Option<DbConnection>, asked: &[Asked]) -> Answer {
    let mut keys: Vec<&str> = asked.iter().flat_map(|asked| &asked.keys).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    // PostgreSQL can't even be asked for such a key.
    keys.retain(|key| !key.contains('\0'));
    let mut look_up =
        LookUp { database, may_be_old: connection.is_some(), connection, found: Found::default() };
    for keys in keys.chunks(KEYS) {
        look_up.ask(keys)?;
    }
    Ok(look_up.found)
}

/// A look-up under way.
struct LookUp<'a> {
    database: &'a Database,
    /// Left empty where it is broken.
    connection: &'a mut Option<DbConnection>,
    /// It is from an earlier look-up: the server may have been restarted since, or a column have another type, with which a
    /// prepared statement can't be used any more.
    may_be_old: bool,
    found: Found,
}

impl LookUp<'_> {
    /// Where a query fails, its halves are asked for, down to the keys that it is due to.
    fn ask(&mut self, keys: &[&str]) -> Result<(), DatabaseError> {
        let mut result = self.ask_once(keys);
        if result.is_err() && mem::replace(&mut self.may_be_old, false) {
            *self.connection = None;
            // To ask twice is as exact.
            result = self.ask_once(keys);
        }
        match (result, keys) {
            (Ok(mut rows), _) => self.found.rows.append(&mut rows),
            (Err(error @ DatabaseError::Query(_)), [key]) if self.found.failed.len() < FAILURES => {
                self.found.failed.push(((*key).to_owned(), error));
            }
            (Err(DatabaseError::Query(_)), [_, _, ..]) => {
                let (first, second) = keys.split_at(keys.len() / 2);
                self.ask(first)?;
                self.ask(second)?;
            }
            (Err(error), _) => return Err(error),
        }
        Ok(())
    }

    fn ask_once(&mut self, keys: &[&str]) -> Result<Vec<(Token, User)>, DatabaseError> {
        let Some(last) = keys.last().copied() else { return Ok(Vec::new()) };
        let mut keys = keys.to_vec();
        keys.resize(keys.len().max(LEAST_KEYS), last);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.connect()?,
        };
        let result = Token::get_many_with_user(&mut connection, &keys);
        let lost = connection.is_broken() || (result.is_err() && connection.ping().is_err());
        *self.connection = (!lost).then_some(connection);
        result
    }
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
