//! Opens SQLite connections with settings that only the C interface has.
//!
//! diesel doesn't show a connection's handle, so the settings are made while SQLite opens the connection, by a function
//! that SQLite calls for each new one (`sqlite3_auto_extension`). It acts on the connections of [`establish`] only, and
//! keeps no handle.

mod regexp;

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use diesel::{Connection, ConnectionError, ConnectionResult, SqliteConnection};
use libsqlite3_sys as ffi;
use rustix::time::{ClockId, clock_gettime};

/// Whether a connection waits for locks and long statements, or gives up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::database) enum Patience {
    /// It waits this long for a lock, unless [`waiting_until`] says less, and runs statements to their end.
    Waits(Duration),
    /// It gives up at once if the database is locked, or if [`within`] says so.
    GivesUp,
}

/// The number of virtual machine steps (about 20 µs) between two looks at the clock.
const STEPS: c_int = 1000;

thread_local! {
    /// Set while this thread opens a connection.
    static OPENING: Cell<Option<Patience>> = const { Cell::new(None) };
    static CONFIGURED: Cell<bool> = const { Cell::new(false) };
    static LIMITED: Cell<Option<Limited>> = const { Cell::new(None) };
    static GAVE_UP: Cell<bool> = const { Cell::new(false) };
    /// When the wait for a lock began.
    static WAITING_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// When all waiting for locks ends.
    static WAITING_UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The longest time until a lock is asked for again. SQLite's own handler takes up to four times as long, and so finds a
/// lock that is given back for a short time less often.
const MAX_DELAY: Duration = Duration::from_millis(25);

/// How long a thread may be held up.
#[derive(Clone, Copy)]
pub(in crate::database) struct Limits {
    /// Processor time. Time in which another thread had the processor is nobody's fault.
    pub processor: Duration,
    /// Time by the clock: the disk may be slow.
    pub clock: Duration,
}

/// The limits in effect.
#[derive(Clone, Copy)]
struct Limited {
    limits: Limits,
    since: Instant,
    /// The thread's processor time at the first look at the clock. Most reads end before.
    processor_since: Option<Duration>,
}

impl Limited {
    fn is_over(&mut self) -> bool {
        let Some(processor_since) = self.processor_since else {
            self.processor_since = Some(processor_time());
            return self.limits.processor.is_zero();
        };
        let elapsed = self.since.elapsed();
        // Asked last, since it is a system call.
        elapsed >= self.limits.clock
            || elapsed >= self.limits.processor
                && processor_time().saturating_sub(processor_since) >= self.limits.processor
    }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The result code of the registration, once a process.
static REGISTERED: LazyLock<c_int> = LazyLock::new(|| {
    // SAFETY: the function has the type that SQLite asks for, and lives as long as the process.
    unsafe { ffi::sqlite3_auto_extension(Some(configure)) }
});

/// Opens a connection: diesel's `establish`, and
///
/// - the query planner is stable (`SQLITE_DBCONFIG_ENABLE_QPSG`). Otherwise SQLite prepares a statement with a bound
///   `LIMIT` anew each time, since its plan may depend on the value;
/// - the SQL function `vitamin_deferred_violations()` returns 1 if the transaction could not be committed because of a
///   foreign key, otherwise 0;
/// - the SQL functions of [`local_time`](super::local_time) and [`regexp`];
/// - with [`Patience::GivesUp`] it obeys [`within`].
///
/// # Errors
/// Those of diesel's `establish`.
pub(in crate::database) fn establish(url: &str, patience: Patience) -> ConnectionResult<SqliteConnection> {
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            OPENING.set(None);
        }
    }
    let unconfigured = |why: &str| ConnectionError::BadConnection(format!("SQLite can't be configured{why}"));
    if *REGISTERED != ffi::SQLITE_OK {
        return Err(unconfigured(&format!(": error {}", *REGISTERED)));
    }
    CONFIGURED.set(false);
    let ended = Ended;
    OPENING.set(Some(patience));
    let mut connection = SqliteConnection::establish(url)?;
    drop(ended);
    super::local_time::define(&mut connection).map_err(|error| unconfigured(&format!(": {error}")))?;
    if CONFIGURED.get() { Ok(connection) } else { Err(unconfigured("")) }
}

/// Runs `work`, and returns whether a [`Patience::GivesUp`] connection gave up a statement in it: the database was
/// locked, or `work` was beyond the limits. The statement's error may be anywhere, or nowhere, in the result.
pub(in crate::database) fn within<T>(limits: Limits, work: impl FnOnce() -> T) -> (T, bool) {
    struct Ended(Option<Limited>);
    impl Drop for Ended {
        fn drop(&mut self) {
            LIMITED.set(self.0);
        }
    }
    let before = GAVE_UP.replace(false);
    let limited = Limited { limits, since: Instant::now(), processor_since: None };
    let ended = Ended(LIMITED.replace(Some(limited)));
    let result = work();
    drop(ended);
    (result, GAVE_UP.replace(before))
}

/// Runs `work`, in which connections of this thread stop to wait for locks at this time.
pub(in crate::database) fn waiting_until<T>(until: Instant, work: impl FnOnce() -> T) -> T {
    struct Ended(Option<Instant>);
    impl Drop for Ended {
        fn drop(&mut self) {
            WAITING_UNTIL.set(self.0);
        }
    }
    let _ended = Ended(WAITING_UNTIL.replace(Some(until)));
    work()
}

/// SQLite calls it for each connection of the process while it opens it.
unsafe extern "C" fn configure(
    handle: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    let Some(patience) = OPENING.get() else { return ffi::SQLITE_OK };
    // SAFETY: the handle is open. The option takes an int, and a pointer that may be null. The handlers have the types that
    // SQLite asks for, and live as long as the process. Their pointers are null or only a number.
    let codes = unsafe {
        let planner = ffi::sqlite3_db_config(
            handle,
            ffi::SQLITE_DBCONFIG_ENABLE_QPSG,
            1 as c_int,
            ptr::null_mut::<c_int>(),
        );
        let function = define(handle, c"vitamin_deferred_violations", ffi::SQLITE_DBSTATUS_DEFERRED_FKS);
        #[cfg(test)]
        define(handle, c"vitamin_statement_bytes", ffi::SQLITE_DBSTATUS_STMT_USED);
        let regexp = regexp::define(handle, patience);
        let handler = match patience {
            Patience::Waits(limit) => {
                let limit = usize::try_from(limit.as_millis()).unwrap_or(usize::MAX);
                ffi::sqlite3_busy_handler(handle, Some(wait_for_lock), ptr::without_provenance_mut(limit))
            }
            Patience::GivesUp => {
                ffi::sqlite3_progress_handler(handle, STEPS, Some(is_over), ptr::null_mut());
                ffi::sqlite3_busy_handler(handle, Some(is_locked), ptr::null_mut())
            }
        };
        [planner, function, regexp, handler]
    };
    CONFIGURED.set(true);
    codes.into_iter().find(|code| *code != ffi::SQLITE_OK).unwrap_or(ffi::SQLITE_OK)
}

/// Notes that a statement was given up, so that it runs again on another connection.
fn give_up() {
    GAVE_UP.set(true);
}

/// Stops the statement if the result is not 0.
unsafe extern "C" fn is_over(_: *mut c_void) -> c_int {
    let Some(mut limited) = LIMITED.get() else { return 0 };
    let is_over = limited.is_over();
    LIMITED.set(Some(limited));
    if is_over {
        give_up();
    }
    is_over.into()
}

/// Waits a little, and returns 0 if it has waited long enough: `limit` is a number of milliseconds, `count` the number of
/// calls for this lock before.
unsafe extern "C" fn wait_for_lock(limit: *mut c_void, count: c_int) -> c_int {
    let now = Instant::now();
    let since = match (count, WAITING_SINCE.get()) {
        (1.., Some(since)) => since,
        _ => {
            WAITING_SINCE.set(Some(now));
            now
        }
    };
    let limit = Duration::from_millis(u64::try_from(limit.addr()).unwrap_or(u64::MAX));
    let until = since.checked_add(limit).into_iter().chain(WAITING_UNTIL.get()).min();
    let left = until.map_or(MAX_DELAY, |until| until.saturating_duration_since(now));
    if left.is_zero() {
        return 0;
    }
    // 1, 2, 4, 8, 16, 25 ms.
    let delay = Duration::from_millis(1 << count.clamp(0, 5)).min(MAX_DELAY);
    std::thread::sleep(delay.min(left));
    1
}

/// SQLite would wait for a lock if the result were not 0.
unsafe extern "C" fn is_locked(_: *mut c_void, _: c_int) -> c_int {
    give_up();
    0
}

/// Defines an SQL function without parameters that returns a value of `sqlite3_db_status`.
///
/// # Safety
/// The handle is open.
unsafe fn define(handle: *mut ffi::sqlite3, name: &CStr, value: c_int) -> c_int {
    // SAFETY: the caller's promise. The function has the type that SQLite asks for, and lives as long as the process. Its
    // pointer is only a number.
    unsafe {
        ffi::sqlite3_create_function_v2(
            handle,
            name.as_ptr(),
            0,
            ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY,
            ptr::without_provenance_mut(value.unsigned_abs() as usize),
            Some(status),
            None,
            None,
            None,
        )
    }
}

unsafe extern "C" fn status(context: *mut ffi::sqlite3_context, _: c_int, _: *mut *mut ffi::sqlite3_value) {
    let (mut current, mut highest) = (0, 0);
    // SAFETY: SQLite passes the context of a call on an open connection; both ints may be written to.
    unsafe {
        let value = ffi::sqlite3_user_data(context).addr() as c_int;
        let handle = ffi::sqlite3_context_db_handle(context);
        match ffi::sqlite3_db_status(handle, value, &raw mut current, &raw mut highest, 0) {
            ffi::SQLITE_OK => ffi::sqlite3_result_int(context, current),
            code => ffi::sqlite3_result_error_code(context, code),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::sql_types::Text;
    use diesel::{QueryableByName, RunQueryDsl, sql_query};

    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    /// Whether the plan of a statement depends on a bound value.
    fn plan_depends_on_value(mut connection: SqliteConnection) -> bool {
        connection.batch_execute("CREATE TABLE t (x TEXT COLLATE NOCASE); CREATE INDEX i ON t (x)").unwrap();
        let plan = sql_query("EXPLAIN QUERY PLAN SELECT x FROM t WHERE x LIKE ?").bind::<Text, _>("a%");
        plan.load::<Step>(&mut connection).unwrap().iter().any(|step| step.detail.contains("SEARCH"))
    }

    #[test]
    fn plans_do_not_depend_on_bound_values() {
        // Only the connections that are opened here.
        assert!(!plan_depends_on_value(establish(":memory:", Patience::Waits(Duration::ZERO)).unwrap()));
        assert!(plan_depends_on_value(SqliteConnection::establish(":memory:").unwrap()));
        assert!(!plan_depends_on_value(establish(":memory:", Patience::GivesUp).unwrap()));
    }

    #[test]
    fn waiting_for_a_lock_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let mut other = SqliteConnection::establish(&path).unwrap();
        other.batch_execute("CREATE TABLE t (x); BEGIN EXCLUSIVE").unwrap();
        let waits = |limit: u64, until: Option<u64>| {
            let limit = Patience::Waits(Duration::from_millis(limit));
            let (mut connection, since) = (establish(&path, limit).unwrap(), Instant::now());
            let mut write = || connection.batch_execute("INSERT INTO t VALUES (1)");
            let result = match until {
                Some(until) => waiting_until(since + Duration::from_millis(until), write),
                None => write(),
            };
            assert_eq!(result.unwrap_err().to_string(), "database is locked");
            since.elapsed().as_millis()
        };
        assert!((100..1000).contains(&waits(100, None)));
        assert!((100..1000).contains(&waits(60_000, Some(100))));
        assert!((100..1000).contains(&waits(100, Some(60_000))));
        assert!(waits(0, None) < 100);
        // It goes on as soon as the lock is free.
        std::thread::scope(|scope| {
            let path = &path;
            let written = scope.spawn(move || {
                let limit = Patience::Waits(Duration::from_secs(60));
                let (mut connection, since) = (establish(path, limit).unwrap(), Instant::now());
                connection.batch_execute("INSERT INTO t VALUES (1)").unwrap();
                since.elapsed()
            });
            std::thread::sleep(Duration::from_millis(200));
            other.batch_execute("COMMIT").unwrap();
            assert!(written.join().unwrap() < Duration::from_millis(1000));
        });
    }

    #[test]
    fn only_impatient_connections_give_up() {
        let count = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100000)
                     SELECT count(*) FROM c";
        let mut patient = establish(":memory:", Patience::Waits(Duration::ZERO)).unwrap();
        let mut impatient = establish(":memory:", Patience::GivesUp).unwrap();
        let mut run = |limits| {
            let patient = within(limits, || patient.batch_execute(count).is_ok());
            (patient, within(limits, || impatient.batch_execute(count).is_ok()))
        };
        let (none, long) = (Duration::ZERO, Duration::from_secs(60));
        let limits = |processor, clock| Limits { processor, clock };
        for limits in [limits(none, long), limits(long, none), limits(Duration::from_millis(1), long)] {
            assert_eq!(run(limits), ((true, false), (false, true)));
        }
        let unlimited = ((true, false), (true, false));
        assert_eq!(run(limits(long, long)), unlimited);
        assert_eq!(within(limits(none, none), || run(limits(long, long))), (unlimited, false));
        assert!(impatient.batch_execute(count).is_ok(), "there is no limit outside");
    }
}
