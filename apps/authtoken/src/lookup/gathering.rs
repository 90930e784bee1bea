//! A worker's look-ups on PostgreSQL, gathered: what its requests ask for in one turn of its loop is one question to the
//! [thread](super::batches) that queries, and one answer. What is asked for meanwhile is the next question.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::batches::{Found, SharedBatches, copy};
use super::entries::TokenAndUser;
use vitamin_framework::database::{Database, DatabaseError};

/// Turns of the worker's loop that a question waits for more, at most.
const TURNS: usize = 8;

type Answer = Result<Option<TokenAndUser>, DatabaseError>;

struct Waiting {
    key: String,
    answer: oneshot::Sender<Answer>,
}

/// What a worker gathers.
pub(super) struct Gathering {
    shared: Arc<SharedBatches>,
    own: Rc<RefCell<Own>>,
}

#[derive(Default)]
struct Own {
    waiting: Vec<Waiting>,
    /// Whether a task asks for them.
    asked_for: bool,
}

impl Gathering {
    pub(super) fn new(shared: Arc<SharedBatches>) -> Self {
        Self { shared, own: Rc::default() }
    }

    pub(super) async fn get(&self, database: &Database, key: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        {
            let mut own = self.own.borrow_mut();
            own.waiting.push(Waiting { key: key.to_owned(), answer });
            if !mem::replace(&mut own.asked_for, true) {
                let (shared, own) = (Arc::clone(&self.shared), Rc::clone(&self.own));
                actix_web::rt::spawn(ask(database.clone(), shared, own));
            }
        }
        let failed = |_| DatabaseError::Unavailable("the token look-up failed".to_owned());
        answered.await.map_err(failed)?
    }
}

/// Lets those who are ready to ask do it first, for as long as more come: a turn in which nobody comes takes a microsecond.
async fn gather(own: &RefCell<Own>) {
    let mut waiting = 0;
    for _ in 0..TURNS {
        yield_now().await;
        let now = own.borrow().waiting.len();
        if now == waiting {
            return;
        }
        waiting = now;
    }
}

/// Asks until nobody waits.
async fn ask(database: Database, shared: Arc<SharedBatches>, own: Rc<RefCell<Own>>) {
    loop {
        gather(&own).await;
        let mut waiting = {
            let mut own = own.borrow_mut();
            own.asked_for = !own.waiting.is_empty();
            mem::take(&mut own.waiting)
        };
        if waiting.is_empty() {
            return;
        }
        // Whoever went away needs no answer.
        waiting.retain(|waiting| !waiting.answer.is_closed());
        let mut keys: Vec<String> = waiting.iter().map(|waiting| waiting.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            continue;
        }
        // A server that is frozen neither answers nor ends its connections.
        let settings = database.settings();
        let limit = settings.statement_timeout + settings.timeout;
        let found = actix_web::rt::time::timeout(limit, shared.get_many(&database, keys)).await;
        let found = found.unwrap_or_else(|_| Err(DatabaseError::Unavailable("no answer in time".to_owned())));
        let found = found.map(|Found { rows, failed }| {
            let rows = rows
                .into_iter()
                .map(|(token, user)| (token.key.clone(), Ok((Rc::new(token), Rc::new(user)))));
            let failed = failed.into_iter().map(|(key, error)| (key, Err(error)));
            rows.chain(failed).collect::<HashMap<_, _>>()
        });
        for Waiting { key, answer } in waiting {
            let _ = answer.send(match found.as_ref().map(|found| found.get(&key)) {
                Ok(None) => Ok(None),
                Ok(Some(Ok(found))) => Ok(Some(found.clone())),
                Ok(Some(Err(error))) | Err(error) => Err(copy(error)),
            });
        }
    }
}
