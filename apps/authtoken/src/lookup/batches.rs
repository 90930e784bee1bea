//! Token lookups on PostgreSQL: one query at a time answers all requests that arrived before it started.
//!
//! Lookups are exact: a query sees everything committed before it starts, and a request is only answered by a query
//! that started after it arrived. This needs no trigger, and costs at most one extra round trip.
//!
//! Waking another thread is slow, so a worker's [requests](super::gathering) reach this thread together and get their
//! replies together.

use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use diesel::r2d2::R2D2Connection;
use diesel::result::Error as QueryError;
use tokio::sync::oneshot;

use crate::token_model::TokenModel;
use vitamin_auth::models::User;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};

/// Maximum number of keys in one query.
pub(super) const MAX_KEYS: usize = 1_000;
/// Maximum number of keys that may fail individually in one lookup. Beyond it, the keys are not the cause, and all
/// requests get the error.
const MAX_FAILED_KEYS: usize = 64;

/// The tokens that exist among the requested keys, each with its key and its user.
pub(super) struct BatchResult<M> {
    pub(super) rows: Vec<(String, M, User)>,
    /// Keys that the server rejects, or whose row can't be read. They must not affect other requests.
    pub(super) failed: Vec<(String, DatabaseError)>,
}

type BatchReply<M> = Result<BatchResult<M>, DatabaseError>;

struct BatchRequest<M> {
    keys: Vec<String>,
    reply: oneshot::Sender<BatchReply<M>>,
}

/// The queue and its thread. The thread starts with the first lookup and ends when the queue's last owner is dropped.
/// Each worker has at most one request in the queue.
pub(crate) struct SharedBatches<M>(Mutex<Option<Sender<BatchRequest<M>>>>);

impl<M> Default for SharedBatches<M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M: TokenModel> SharedBatches<M> {
    /// Finds the tokens of `keys`, which must be distinct.
    pub(super) async fn find_many(&self, database: &Database, keys: Vec<String>) -> BatchReply<M> {
        let (reply, receiver) = oneshot::channel();
        let unavailable = |reason: &str| DatabaseError::Unavailable(reason.to_owned());
        {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = match queue.take() {
                Some(sender) => sender,
                None => start_thread(database.clone())?,
            };
            let sent = queue.insert(sender).send(BatchRequest { keys, reply });
            sent.map_err(|_| unavailable("the token lookup thread has ended"))?;
        }
        receiver.await.map_err(|_| unavailable("the token lookup failed"))?
    }
}

fn start_thread<M: TokenModel>(database: Database) -> Result<Sender<BatchRequest<M>>, DatabaseError> {
    let (sender, receiver) = channel();
    let thread = move || serve_requests(&database, &receiver);
    let started = thread::Builder::new().name("token-lookup".to_owned()).spawn(thread);
    started.map(|_| sender).map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

fn serve_requests<M: TokenModel>(database: &Database, receiver: &Receiver<BatchRequest<M>>) {
    let mut connection = None;
    while let Ok(first) = receiver.recv() {
        let mut requests: Vec<BatchRequest<M>> = std::iter::once(first).chain(receiver.try_iter()).collect();
        let looked_up =
            catch_unwind(AssertUnwindSafe(|| query_requests(database, &mut connection, &requests)));
        let found = looked_up.unwrap_or_else(|_| {
            log::error!("A token lookup panicked.");
            connection = None;
            Err(DatabaseError::Unavailable("the token lookup failed".to_owned()))
        });
        if found.is_err() && connection.is_none() {
            // Requests that arrived while no connection was available would wait as long for the same error.
            requests.extend(receiver.try_iter());
        }
        send_replies(requests, found);
    }
}

fn send_replies<M: TokenModel>(mut requests: Vec<BatchRequest<M>>, found: BatchReply<M>) {
    // The last request gets the whole result without a copy; mostly it is the only one.
    let last = requests.pop();
    match &found {
        Ok(found) if !requests.is_empty() => {
            let rows: HashMap<&str, _> = found.rows.iter().map(|row| (row.0.as_str(), row)).collect();
            let failed: HashMap<&str, _> =
                found.failed.iter().map(|(key, error)| (key.as_str(), error)).collect();
            for BatchRequest { keys, reply } in requests {
                let own = |key: &String| rows.get(key.as_str()).copied().cloned();
                let own_failed =
                    |key: &String| failed.get(key.as_str()).map(|error| (key.clone(), copy_error(error)));
                let _ = reply.send(Ok(BatchResult {
                    rows: keys.iter().filter_map(own).collect(),
                    failed: keys.iter().filter_map(own_failed).collect(),
                }));
            }
        }
        Ok(_) => {}
        Err(error) => {
            for BatchRequest { reply, .. } in requests {
                let _ = reply.send(Err(copy_error(error)));
            }
        }
    }
    if let Some(last) = last {
        let _ = last.reply.send(found);
    }
}

fn query_requests<M: TokenModel>(
    database: &Database,
    connection: &mut Option<DbConnection>,
    requests: &[BatchRequest<M>],
) -> BatchReply<M> {
    let mut keys: Vec<&str> = requests.iter().flat_map(|request| &request.keys).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    // PostgreSQL accepts no text with a NUL.
    keys.retain(|key| !key.contains('\0'));
    let mut query = BatchQuery {
        database,
        may_be_stale: connection.is_some(),
        connection,
        found: BatchResult { rows: Vec::new(), failed: Vec::new() },
    };
    for keys in keys.chunks(MAX_KEYS) {
        query.run(keys)?;
    }
    Ok(query.found)
}

/// A running query over a batch of keys.
struct BatchQuery<'a, M> {
    database: &'a Database,
    /// `None` after the connection broke.
    connection: &'a mut Option<DbConnection>,
    /// The connection is from an earlier lookup. Since then the server may have restarted, or a column's type may have
    /// changed, which invalidates prepared statements.
    may_be_stale: bool,
    found: BatchResult<M>,
}

impl<M: TokenModel> BatchQuery<'_, M> {
    /// Queries `keys`. If the query fails, queries each half, down to the keys that cause the failure.
    fn run(&mut self, keys: &[&str]) -> Result<(), DatabaseError> {
        let mut result = self.run_once(keys);
        if result.is_err() && mem::replace(&mut self.may_be_stale, false) {
            *self.connection = None;
            // Repeating the query is just as exact.
            result = self.run_once(keys);
        }
        match (result, keys) {
            (Ok(mut rows), _) => self.found.rows.append(&mut rows),
            (Err(error @ DatabaseError::Query(_)), [key]) if self.found.failed.len() < MAX_FAILED_KEYS => {
                self.found.failed.push(((*key).to_owned(), error));
            }
            (Err(DatabaseError::Query(_)), [_, _, ..]) => {
                let (first, second) = keys.split_at(keys.len() / 2);
                self.run(first)?;
                self.run(second)?;
            }
            (Err(error), _) => return Err(error),
        }
        Ok(())
    }

    fn run_once(&mut self, keys: &[&str]) -> Result<Vec<(String, M, User)>, DatabaseError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.connect()?,
        };
        let result = M::find_many(&mut connection, keys);
        let lost = connection.is_broken() || (result.is_err() && connection.ping().is_err());
        *self.connection = (!lost).then_some(connection);
        result
    }
}

/// Copies an error; diesel's errors can't be cloned.
pub(super) fn copy_error(error: &DatabaseError) -> DatabaseError {
    match error {
        DatabaseError::Unavailable(reason) => DatabaseError::Unavailable(reason.clone()),
        DatabaseError::Query(error) => {
            DatabaseError::Query(QueryError::QueryBuilderError(error.to_string().into()))
        }
        DatabaseError::Receiver(error) => DatabaseError::Receiver(error.to_string().into()),
    }
}
