//! A diesel connection that translates table and column names in its statements ([`Names`]).
//!
//! It implements what `#[derive(MultiConnection)]` generates, with diesel's internals (`diesel::internal`): another
//! minor version of diesel may change them, and this would not compile.

#[cfg(feature = "postgres")]
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::{
    CacheSize, Connection, Instrumentation, LoadConnection, SimpleConnection, TransactionManager,
    TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::internal::derives::multiconnection::{ConnectionSealed, MultiConnectionHelper};
use diesel::migration::MigrationConnection;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::r2d2::R2D2Connection;
use diesel::sql_types::TypeMetadata;
use diesel::{ConnectionResult, QueryResult};

use super::late_transactions::LateTransaction;
use super::names::Names;
use super::on_commit::Callbacks;
use super::renamed_query::RenamedQuery;
use super::sqlite::file_id::FileId;
use super::statements::{StatementCount, Statements};
use super::user_id::{KeyType, set_reads_text};
use crate::models::signals::Signals;

/// A connection and its database's names. `batch_execute` sends its text unchanged.
pub struct RenamingConnection<C> {
    connection: C,
    names: Names,
    /// SQLite: the opened file, if it has a plain path.
    file: Option<FileId>,
    /// PostgreSQL: a table changed after a statement was prepared, so that statement now fails. Or prepared statements
    /// could not be dropped.
    outdated: bool,
    statements: StatementCount,
    signals: Signals,
    callbacks: Callbacks,
    late: LateTransaction,
    /// When it was last taken from the pool.
    #[cfg(feature = "postgres")]
    used_at: Instant,
}

/// PostgreSQL's message for such a statement.
pub(super) const OUTDATED_PLAN: &str = "cached plan must not change result type";

fn is_outdated(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, info) if info.message() == OUTDATED_PLAN)
}

impl<C: Connection> RenamingConnection<C> {
    pub(super) fn new(connection: C, names: Names) -> Self {
        Self::with_file(connection, names, None)
    }

    pub(super) fn with_file(mut connection: C, names: Names, file: Option<FileId>) -> Self {
        let statements = StatementCount::new(&mut connection);
        Self {
            connection,
            names,
            file,
            outdated: false,
            statements,
            signals: Signals::default(),
            callbacks: Callbacks::default(),
            late: LateTransaction::default(),
            #[cfg(feature = "postgres")]
            used_at: Instant::now(),
        }
    }

    /// Sends these signals with the writes of models.
    pub(super) fn with_signals(self, signals: &Signals) -> Self {
        Self { signals: signals.clone(), ..self }
    }
}

impl<C: Statements> RenamingConnection<C> {
    /// Keeps the number of prepared statements bounded. Called before each query.
    fn bound_statements(&mut self) {
        if self.statements.is_full() && self.connection.drop_statements().is_err() {
            self.outdated = true;
        }
    }
}

impl<C> RenamingConnection<C> {
    pub(super) const fn file(&self) -> Option<FileId> {
        self.file
    }

    /// The inner connection, for what begins no [late transaction](super::late_transactions).
    pub(super) const fn raw(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Returns the database's table and column names.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Whether an error ended the use of this connection.
    pub(super) fn has_failed(&self) -> bool {
        self.statements.has_failed()
    }

    pub(super) const fn signals(&self) -> &Signals {
        &self.signals
    }

    pub(super) const fn callbacks(&mut self) -> &mut Callbacks {
        &mut self.callbacks
    }

    /// The time since this was last called: since the connection was last taken from the pool.
    #[cfg(feature = "postgres")]
    pub(super) fn since_last_use(&mut self) -> Duration {
        std::mem::replace(&mut self.used_at, Instant::now()).elapsed()
    }

    pub(super) const fn late(&mut self) -> &mut LateTransaction {
        &mut self.late
    }
}

impl<C: Statements<Backend: Backend<QueryBuilder: Default>>> RenamingConnection<C> {
    /// Runs a statement that needs no transaction: it begins none.
    pub(crate) fn execute_alone<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<C::Backend> + QueryId,
    {
        self.bound_statements();
        let renamed = RenamedQuery::new(source, self.names.clone());
        let result = self.connection.execute_returning_count(&renamed);
        self.outdated |= result.as_ref().err().is_some_and(is_outdated);
        result
    }
}

impl<C: Connection> RenamingConnection<C> {
    /// Returns the inner connection, for backend-specific diesel. It only knows the names of `src/schema.rs`.
    ///
    /// # Errors
    /// The transaction of a [write](super::Database::write) can't begin.
    pub fn inner(&mut self) -> QueryResult<&mut C> {
        self.begin_late()?;
        Ok(&mut self.connection)
    }
}

impl<C> RenamingConnection<C>
where
    C: LoadConnection<Backend: Backend<QueryBuilder: Default>> + Statements,
{
    /// Runs a query that needs no transaction: it begins none.
    pub(crate) fn load_alone<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<CheckedRows<'conn, C::Cursor<'conn, 'query>>>
    where
        T: Query + QueryFragment<C::Backend> + QueryId + 'query,
        C::Backend: QueryMetadata<T::SqlType>,
    {
        self.bound_statements();
        match self.connection.load(RenamedQuery::new(source, self.names.clone())) {
            Ok(rows) => {
                let has_text_keys = self.names.key_type() == KeyType::Text;
                Ok(CheckedRows { rows, statements: &self.statements, has_text_keys })
            }
            Err(error) => {
                self.outdated |= is_outdated(&error);
                Err(error)
            }
        }
    }
}

impl<C: Connection> SimpleConnection for RenamingConnection<C> {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.begin_late()?;
        self.connection.batch_execute(query)
    }
}

impl<C> ConnectionSealed for RenamingConnection<C> {}

impl<C: Statements<Backend: Backend<QueryBuilder: Default>>> Connection for RenamingConnection<C> {
    type Backend = C::Backend;
    type TransactionManager = RenamingTransactions;

    fn establish(database_url: &str) -> ConnectionResult<Self> {
        C::establish(database_url).map(|connection| Self::new(connection, Names::default()))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Self::Backend> + QueryId,
    {
        self.begin_late()?;
        self.execute_alone(source)
    }

    fn transaction_state(
        &mut self,
    ) -> &mut <Self::TransactionManager as TransactionManager<Self>>::TransactionStateData {
        self.connection.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.connection.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.statements.set_instrumentation(&mut self.connection, instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.connection.set_prepared_statement_cache_size(size);
    }
}

impl<C> LoadConnection for RenamingConnection<C>
where
    C: LoadConnection<Backend: Backend<QueryBuilder: Default>> + Statements,
{
    type Cursor<'conn, 'query>
        = CheckedRows<'conn, C::Cursor<'conn, 'query>>
    where
        Self: 'conn;
    type Row<'conn, 'query>
        = C::Row<'conn, 'query>
    where
        Self: 'conn;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Self::Backend> + QueryId + 'query,
        Self::Backend: QueryMetadata<T::SqlType>,
    {
        self.begin_late()?;
        self.load_alone(source)
    }
}

/// The rows of a query. diesel tells its instrumentation of no error that occurs while rows are read.
pub struct CheckedRows<'conn, I> {
    rows: I,
    statements: &'conn StatementCount,
    has_text_keys: bool,
}

impl<I: Iterator<Item = QueryResult<R>>, R> Iterator for CheckedRows<'_, I> {
    type Item = QueryResult<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.rows.next();
        if let Some(Err(error)) = &next {
            self.statements.note(error);
        }
        // diesel reads the row's values before it takes the next one.
        set_reads_text(self.has_text_keys);
        next
    }
}

/// Delegates to the inner connection's transaction manager.
pub struct RenamingTransactions;

impl<C: Statements<Backend: Backend<QueryBuilder: Default>>> TransactionManager<RenamingConnection<C>>
    for RenamingTransactions
{
    type TransactionStateData = <C::TransactionManager as TransactionManager<C>>::TransactionStateData;

    fn begin_transaction(conn: &mut RenamingConnection<C>) -> QueryResult<()> {
        conn.begin_late()?;
        if conn.depth() == 0 {
            // Of a transaction that was ended in another way.
            conn.callbacks.rolled_back(0);
        }
        C::TransactionManager::begin_transaction(&mut conn.connection)
    }

    fn rollback_transaction(conn: &mut RenamingConnection<C>) -> QueryResult<()> {
        let result = C::TransactionManager::rollback_transaction(&mut conn.connection);
        let depth = conn.depth();
        conn.callbacks.rolled_back(depth);
        result
    }

    fn commit_transaction(conn: &mut RenamingConnection<C>) -> QueryResult<()> {
        let result = C::TransactionManager::commit_transaction(&mut conn.connection);
        let depth = conn.depth();
        match &result {
            Ok(()) => conn.callbacks.committed(depth),
            Err(_) => conn.callbacks.rolled_back(depth),
        }
        result
    }

    fn transaction_manager_status_mut(conn: &mut RenamingConnection<C>) -> &mut TransactionManagerStatus {
        C::TransactionManager::transaction_manager_status_mut(&mut conn.connection)
    }

    fn is_broken_transaction_manager(conn: &mut RenamingConnection<C>) -> bool {
        C::TransactionManager::is_broken_transaction_manager(&mut conn.connection)
    }
}

impl<C> R2D2Connection for RenamingConnection<C>
where
    C: R2D2Connection<Backend: Backend<QueryBuilder: Default>> + Statements,
{
    fn ping(&mut self) -> QueryResult<()> {
        self.connection.ping()
    }

    fn is_broken(&mut self) -> bool {
        self.outdated || self.has_failed() || self.connection.is_broken()
    }
}

impl<C> MigrationConnection for RenamingConnection<C>
where
    C: MigrationConnection<Backend: Backend<QueryBuilder: Default>> + Statements,
{
    fn setup(&mut self) -> QueryResult<usize> {
        self.begin_late()?;
        self.connection.setup()
    }
}

/// Required by `#[derive(MultiConnection)]` for each variant.
impl<C> MultiConnectionHelper for RenamingConnection<C>
where
    C: MultiConnectionHelper<Backend: Backend<QueryBuilder: Default>> + Statements,
{
    fn to_any<'a>(
        lookup: &mut <Self::Backend as TypeMetadata>::MetadataLookup,
    ) -> &mut (dyn std::any::Any + 'a) {
        C::to_any(lookup)
    }

    fn from_any(
        lookup: &mut dyn std::any::Any,
    ) -> Option<&mut <Self::Backend as TypeMetadata>::MetadataLookup> {
        C::from_any(lookup)
    }
}
