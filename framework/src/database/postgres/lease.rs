//! The use of a worker's connection by one read or write.

use std::any::TypeId;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::query_dsl::CompatibleType;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use futures_util::TryStreamExt as _;
use futures_util::future::{Either, select};

use super::heartbeat::{Frozen, Heartbeat, patience};
use super::opening::Purpose;
use super::pipeline::{self, Pipeline};
use crate::database::failures::is_transient;
use crate::database::named::OUTDATED_PLAN;
use crate::database::renamed_query::RenamedQuery;
use crate::database::{DatabaseSettings, Names};

/// A row of a pipelined statement.
type PipelinedRow = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

/// A connection for one read or write.
pub(crate) struct Lease {
    pipeline: Rc<Pipeline>,
    settings: Arc<DatabaseSettings>,
    heartbeat: Arc<Heartbeat>,
    purpose: Purpose,
    kind: TypeId,
}

impl Lease {
    pub(super) fn new(
        pipeline: Rc<Pipeline>,
        settings: &Arc<DatabaseSettings>,
        heartbeat: &Arc<Heartbeat>,
        (purpose, kind): (Purpose, TypeId),
    ) -> Self {
        pipeline.begin_use();
        Self { pipeline, settings: Arc::clone(settings), heartbeat: Arc::clone(heartbeat), purpose, kind }
    }

    /// Returns the database's table and column names.
    pub(crate) fn names(&self) -> &Names {
        &self.settings.names
    }

    /// Runs reads on this connection. `None` if they must be repeated on the pool, where all errors of the database are
    /// met again, but that the server does not answer.
    pub(crate) async fn run<T>(
        &self,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> Option<Result<T, QueryError>> {
        let (work, given_up) = (pin!(work), pin!(self.pipeline.given_up.notified()));
        let mut work = pin!(select(work, given_up));
        let (started, patience) = (Instant::now(), patience(&self.settings));
        let ended = loop {
            match self.heartbeat.wait_for(&self.settings, patience, work.as_mut()).await {
                Ok(Some(ended)) => break ended,
                // Each of its statements is stopped long before.
                Ok(None) if self.pipeline.answered_at.get().elapsed() >= patience => {}
                Ok(None) if started.elapsed() < self.settings.timeout => continue,
                Ok(None) => self.pause(),
                Err(frozen) => {
                    self.pipeline.is_frozen.set(true);
                    self.pipeline.give_up();
                    return Some(Err(frozen.into()));
                }
            }
            self.pipeline.give_up();
            return None;
        };
        match ended {
            Either::Left((Err(QueryError::DatabaseError(kind, information)), _)) => {
                self.look_at(&kind, information.message());
                if is_slow(information.message()) {
                    self.pause();
                    self.pipeline.give_up();
                }
                None
            }
            Either::Left((result, _)) => Some(result),
            Either::Right(_) if self.pipeline.is_frozen.get() => Some(Err(Frozen.into())),
            Either::Right(_) => None,
        }
    }

    /// Runs a statement that writes. `None` if the server refused it, so that it had no effect: it may be repeated on the
    /// pool, where the same error is met again.
    ///
    /// # Errors
    /// One that may be over soon, such as a lock. The statement may have had its effect if the connection was lost.
    pub(crate) async fn run_write<T>(
        &self,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> Option<Result<T, QueryError>> {
        match self.heartbeat.wait(&self.settings, work).await {
            Ok(Err(QueryError::DatabaseError(kind, information))) => {
                self.look_at(&kind, information.message());
                let is_slow = is_slow(information.message());
                if is_slow {
                    self.pause();
                }
                let is_refused = is_slow || information.message() == OUTDATED_PLAN;
                let error = QueryError::DatabaseError(kind, information);
                (is_transient(&error) && !is_refused).then_some(Err(error))
            }
            Ok(result) => Some(result),
            Err(frozen) => {
                self.pipeline.give_up();
                Some(Err(frozen.into()))
            }
        }
    }

    /// Runs a statement, and calls `each` with every row.
    pub(crate) async fn for_each<Q>(
        &self,
        query: Q,
        mut each: impl FnMut(&PipelinedRow) -> Result<(), QueryError>,
    ) -> Result<(), QueryError>
    where
        Q: Query + QueryFragment<Pg> + QueryId,
    {
        let query = RenamedQuery::new(query, self.settings.names.clone());
        let mut rows = (&mut &self.pipeline.connection).load(query).await?;
        while let Some(row) = rows.try_next().await? {
            each(&row)?;
        }
        self.pipeline.answered_at.set(Instant::now());
        Ok(())
    }

    /// Runs a statement, and returns all rows.
    pub(in crate::database) async fn load<U, S, Q>(&self, query: Q) -> Result<Vec<U>, QueryError>
    where
        Q: Query<SqlType: CompatibleType<U, Pg, SqlType = S>> + QueryFragment<Pg> + QueryId,
        U: FromSqlRow<S, Pg>,
    {
        let mut rows = Vec::new();
        let each = |row: &PipelinedRow| {
            rows.push(U::build_from_row(row).map_err(QueryError::DeserializationError)?);
            Ok(())
        };
        self.for_each(query, each).await?;
        Ok(rows)
    }

    fn look_at(&self, kind: &DatabaseErrorKind, message: &str) {
        self.pipeline.answered_at.set(Instant::now());
        let is_lost =
            matches!(kind, DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection)
                || message.starts_with("terminating connection")
                || message == OUTDATED_PLAN;
        if is_lost {
            self.pipeline.is_lost.set(true);
        }
    }

    fn pause(&self) {
        pipeline::pause(&self.settings, self.purpose, self.kind);
    }
}

/// Whether the server stopped a statement because of a limit of time.
fn is_slow(message: &str) -> bool {
    message.contains("statement timeout") || message.contains("lock timeout")
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pipeline.end_use();
    }
}
