//! Collects one worker's lookups on PostgreSQL. The lookups of one turn of its event loop become one query on the worker's
//! own connection, or one request to the [query thread](super::batches), with one reply. Lookups that arrive meanwhile form
//! the next.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::batches::{BatchResult, MAX_KEYS, SharedBatches, copy_error};
use super::entries::TokenAndUser;
use crate::token_model::TokenModel;
use vitamin_framework::database::{Database, DatabaseError};

/// Maximum number of event loop turns that a request waits for more lookups.
const MAX_TURNS: usize = 8;

type TokenResult<M> = Result<Option<TokenAndUser<M>>, DatabaseError>;

struct WaitingRequest<M> {
    key: String,
    reply: oneshot::Sender<TokenResult<M>>,
}

/// A worker's queue of lookups.
pub(super) struct WorkerQueue<M: TokenModel> {
    shared: Arc<SharedBatches<M>>,
    state: Rc<RefCell<QueueState<M>>>,
}

struct QueueState<M> {
    waiting: Vec<WaitingRequest<M>>,
    /// Whether a task serves the waiting lookups.
    has_task: bool,
}

impl<M: TokenModel> WorkerQueue<M> {
    pub(super) fn new(shared: Arc<SharedBatches<M>>) -> Self {
        let state = QueueState { waiting: Vec::new(), has_task: false };
        Self { shared, state: Rc::new(RefCell::new(state)) }
    }

    pub(super) async fn find(&self, database: &Database, key: &str) -> TokenResult<M> {
        let (reply, receiver) = oneshot::channel();
        {
            let mut state = self.state.borrow_mut();
            state.waiting.push(WaitingRequest { key: key.to_owned(), reply });
            if !mem::replace(&mut state.has_task, true) {
                let (shared, state) = (Arc::clone(&self.shared), Rc::clone(&self.state));
                actix_web::rt::spawn(serve_waiting(database.clone(), shared, state));
            }
        }
        let failed = |_| DatabaseError::Unavailable("the token lookup failed".to_owned());
        receiver.await.map_err(failed)?
    }
}

/// Lets other ready tasks enqueue their lookups, as long as more arrive. A turn without new lookups takes a
/// microsecond.
async fn wait_for_more<M>(state: &RefCell<QueueState<M>>) {
    let mut waiting = 0;
    for _ in 0..MAX_TURNS {
        yield_now().await;
        let now = state.borrow().waiting.len();
        if now == waiting {
            return;
        }
        waiting = now;
    }
}

/// Serves the queue until it is empty.
async fn serve_waiting<M: TokenModel>(
    database: Database,
    shared: Arc<SharedBatches<M>>,
    state: Rc<RefCell<QueueState<M>>>,
) {
    loop {
        wait_for_more(&state).await;
        let mut waiting = {
            let mut state = state.borrow_mut();
            state.has_task = !state.waiting.is_empty();
            mem::take(&mut state.waiting)
        };
        if waiting.is_empty() {
            return;
        }
        // Drop lookups whose client has disconnected.
        waiting.retain(|waiting| !waiting.reply.is_closed());
        let mut keys: Vec<String> = waiting.iter().map(|waiting| waiting.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            continue;
        }
        let found = match find_pipelined(&database, &keys).await {
            Some(found) => found,
            None => find_shared(&database, &shared, keys).await,
        };
        let found = found.map(|BatchResult { rows, failed }| {
            let rows = rows.into_iter().map(|(key, token, user)| (key, Ok((Rc::new(token), Rc::new(user)))));
            let failed = failed.into_iter().map(|(key, error)| (key, Err(error)));
            rows.chain(failed).collect::<HashMap<_, _>>()
        });
        for WaitingRequest { key, reply } in waiting {
            let _ = reply.send(match found.as_ref().map(|found| found.get(&key)) {
                Ok(None) => Ok(None),
                Ok(Some(Ok(found))) => Ok(Some(found.clone())),
                Ok(Some(Err(error))) | Err(error) => Err(copy_error(error)),
            });
        }
    }
}

/// Queries on the worker's own connection. `None` if the shared query thread must be asked: one key must not fail others.
async fn find_pipelined<M: TokenModel>(
    database: &Database,
    keys: &[String],
) -> Option<Result<BatchResult<M>, DatabaseError>> {
    // PostgreSQL accepts no text with a NUL.
    if keys.len() > MAX_KEYS || keys.iter().any(|key| key.contains('\0')) {
        return None;
    }
    match M::find_many_pipelined(database, keys).await? {
        Ok(rows) => Some(Ok(BatchResult { rows, failed: Vec::new() })),
        Err(error @ DatabaseError::Unavailable(_)) => Some(Err(error)),
        Err(_) => None,
    }
}

async fn find_shared<M: TokenModel>(
    database: &Database,
    shared: &SharedBatches<M>,
    keys: Vec<String>,
) -> Result<BatchResult<M>, DatabaseError> {
    // The one connection may be frozen, while the server answers others.
    let settings = database.settings();
    let limit = settings.statement_timeout + settings.timeout;
    match actix_web::rt::time::timeout(limit, database.wait(shared.find_many(database, keys))).await {
        Ok(found) => found?,
        Err(_) => Err(DatabaseError::Unavailable("the database did not answer in time".to_owned())),
    }
}
