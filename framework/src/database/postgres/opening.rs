//! Opens the connections of the [pipeline](super::pipeline).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use actix_web::rt::time::timeout;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use futures_util::future::{Either, select};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::MARK;
use super::target::{self, POOLER, Refusal};
use crate::crypto::get_random_string;
use crate::database::statements::StatementCount;
use crate::database::{DatabaseSettings, DatabaseUrl};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Statements that only read.
    Reads,
    /// Statements that may write.
    Writes,
}

/// A connection.
pub(super) struct Opened {
    pub(super) connection: AsyncPgConnection,
    /// The number of its prepared statements.
    pub(super) statements: StatementCount,
    /// Whether the server has ended it.
    pub(super) is_closed: Arc<AtomicBool>,
}

/// Opens a connection.
pub(super) async fn open(settings: Arc<DatabaseSettings>, purpose: Purpose) -> Result<Opened, Refusal> {
    // Connecting, and a few statements.
    let opened = timeout(settings.timeout * 3, try_open(settings, purpose)).await;
    let opened =
        opened.unwrap_or_else(|_| Err(Refusal::Failed("the server did not answer in time".to_owned())));
    match &opened {
        Ok(_) => {}
        Err(Refusal::Unsupported(reason)) => {
            static LOG_ONCE: Once = Once::new();
            LOG_ONCE.call_once(|| {
                log::info!("Workers have no connections to PostgreSQL of their own: {reason}.")
            });
        }
        // The pool meets the same error, and reports it.
        Err(Refusal::Failed(reason)) => log::debug!("A connection of a worker failed: {reason}"),
    }
    opened
}

async fn try_open(settings: Arc<DatabaseSettings>, purpose: Purpose) -> Result<Opened, Refusal> {
    let mark = get_random_string(20);
    let config = {
        let (settings, mark) = (Arc::clone(&settings), mark.clone());
        actix_web::web::block(move || match &settings.url {
            DatabaseUrl::Postgres(url) => target::config(&settings, url, &mark, purpose),
            DatabaseUrl::Sqlite(_) => Err(Refusal::Unsupported("it is SQLite")),
        })
        .await
        .map_err(failed)??
    };
    let (client, mut connection) = config.connect(NoTls).await.map_err(failed)?;
    let query = format!("SELECT current_setting('{MARK}', true)");
    // Not prepared, since a pooler might pass the statement on to another session.
    let found = match select(Box::pin(client.simple_query(&query)), &mut connection).await {
        Either::Left((found, _)) => found.map_err(failed)?,
        Either::Right((ended, _)) => {
            let reason = ended.err().map_or_else(String::new, |error| error.to_string());
            return Err(Refusal::Failed(reason));
        }
    };
    let is_marked = found.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some(mark.as_str()),
        _ => false,
    });
    if !is_marked {
        return Err(POOLER);
    }
    let is_closed = Arc::new(AtomicBool::new(false));
    let closed = Arc::clone(&is_closed);
    // It ends with the client too.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            log::debug!("A connection of a worker ended: {error}");
        }
        closed.store(true, Ordering::Relaxed);
    });
    let mut connection = AsyncPgConnection::try_from(client).await.map_err(failed)?;
    let (statements, counter) = StatementCount::with_counter();
    connection.set_instrumentation(counter);
    Ok(Opened { connection, statements, is_closed })
}

fn failed(error: impl std::error::Error) -> Refusal {
    let source = error.source().map_or_else(String::new, |source| format!(": {source}"));
    Refusal::Failed(format!("{error}{source}"))
}
