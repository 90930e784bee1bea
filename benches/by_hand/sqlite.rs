//! SQLite: reads on the worker's own connection, in its loop; writes on one thread, which commits those that wait together.

use std::cell::RefCell;
use std::error::Error;
use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::SystemTime;

use actix_web::error::ErrorInternalServerError;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{Connection as _, OptionalExtension as _, QueryResult, RunQueryDsl as _, SqliteConnection};
use libsqlite3_sys as ffi;
use tokio::sync::oneshot;

use crate::rows::{Comment, Issue, Label, User, detail, page};
use crate::statements::{
    AllLabels, CommentsOfIssue, CountIssues, IsVisible, IssueOfUser, LabelsOfIssue, PageOfIssues,
    UserOfToken, statement,
};
use crate::values::Moment;
use crate::{Result, Store, Window};

/// Writes of one transaction.
const BATCH: usize = 64;

statement! {
    /// The slugs of a JSON array of issues. One parameter, so that one prepared statement serves any number of them.
    SlugsOfIssues { issues: Text => String } -> (BigInt, Text) {
        "SELECT il.issue_id, l.slug FROM tracker_issue_labels il JOIN tracker_label l ON l.id = il.label_id \
         WHERE il.issue_id IN (SELECT value FROM json_each(" issues ")) ORDER BY il.issue_id, l.name"
    }
}

statement! {
    AddComment<'a> {
        body: Text => &'a str,
        created: Text => String,
        author: Integer => i32,
        issue: BigInt => i64,
    } -> BigInt {
        "INSERT INTO tracker_comment (body, created, author_id, issue_id) VALUES (" body ", " created ", " author ", " issue
        ") RETURNING id"
    }
}

pub struct Sqlite {
    reader: RefCell<SqliteConnection>,
    writer: Sender<Write>,
}

struct Write {
    user: User,
    issue: i64,
    body: String,
    committed: oneshot::Sender<QueryResult<Comment>>,
}

impl Sqlite {
    /// Runs a read at once: it takes less time than a thread switch.
    fn read<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>) -> Result<T> {
        read(&mut self.reader.borrow_mut()).map_err(ErrorInternalServerError)
    }
}

impl Store for Sqlite {
    fn open(url: &str) -> std::result::Result<Self, Box<dyn Error>> {
        let reader = RefCell::new(connect(url)?);
        let connection = connect(url)?;
        let (writer, writes) = channel();
        thread::spawn(move || write_all(connection, &writes));
        Ok(Self { reader, writer })
    }

    async fn user(&self, key: &str) -> Result<Option<User>> {
        self.read(|connection| UserOfToken { key }.get_result(connection).optional())
    }

    async fn issues(&self, user: &User, window: Window, host: &str) -> Result<Vec<u8>> {
        let user = user.person.id;
        let (count, issues, slugs) = self.read(|connection| {
            let count = CountIssues { user }.get_result(connection)?;
            let rows = PageOfIssues { user, limit: window.limit, offset: window.offset };
            let issues: Vec<Issue> = rows.load(connection)?;
            let ids: Vec<i64> = issues.iter().map(|issue| issue.id).collect();
            let slugs = SlugsOfIssues { issues: serde_json::to_string(&ids).unwrap_or_default() };
            Ok((count, issues, slugs.load(connection)?))
        })?;
        Ok(page(host, window, count, &issues, &slugs)?)
    }

    async fn issue(&self, user: &User, id: i64) -> Result<Option<Vec<u8>>> {
        let user = user.person.id;
        let found = self.read(|connection| {
            let Some(issue) = IssueOfUser { user, id }.get_result(connection).optional()? else {
                return Ok(None);
            };
            let labels: Vec<Label> = LabelsOfIssue { issue: id }.load(connection)?;
            let comments: Vec<Comment> = CommentsOfIssue { issue: id }.load(connection)?;
            Ok(Some((issue, labels, comments)))
        })?;
        Ok(found.map(|(issue, labels, comments)| detail(&issue, &labels, &comments)).transpose()?)
    }

    async fn labels(&self) -> Result<Vec<Label>> {
        self.read(|connection| AllLabels {}.load(connection))
    }

    async fn comment(&self, user: User, issue: i64, body: String) -> Result<Option<Comment>> {
        let visible = IsVisible { user: user.person.id, id: issue };
        if self.read(|connection| visible.get_result::<i64>(connection).optional())?.is_none() {
            return Ok(None);
        }
        let (committed, wait) = oneshot::channel();
        self.writer.send(Write { user, issue, body, committed }).map_err(ErrorInternalServerError)?;
        let comment = wait.await.map_err(ErrorInternalServerError)?;
        Ok(Some(comment.map_err(ErrorInternalServerError)?))
    }
}

/// Each transaction takes all writes that wait. Each is answered after the commit.
fn write_all(mut connection: SqliteConnection, writes: &Receiver<Write>) {
    while let Ok(first) = writes.recv() {
        let mut batch = Vec::new();
        let committed = connection.immediate_transaction(|connection| {
            for Write { user, issue, body, committed } in
                [first].into_iter().chain(writes.try_iter().take(BATCH - 1))
            {
                // A statement that fails undoes itself only.
                batch.push((committed, add_comment(connection, user, issue, body)));
            }
            QueryResult::Ok(())
        });
        for (answer, comment) in batch {
            let failed = committed
                .as_ref()
                .err()
                .map(|error| diesel::result::Error::QueryBuilderError(error.to_string().into()));
            // The client may be gone.
            let _ = answer.send(failed.map_or(comment, Err));
        }
    }
}

fn add_comment(
    connection: &mut SqliteConnection,
    user: User,
    issue: i64,
    body: String,
) -> QueryResult<Comment> {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let created = Moment::new(i64::try_from(now.as_micros()).unwrap_or_default());
    let new = AddComment { body: &body, created: created.stored(), author: user.person.id, issue };
    let id = new.get_result(connection)?;
    Ok(Comment { id, author: user.person, body, created })
}

/// Opens a connection whose query planner is stable, as vitamin's are. Otherwise SQLite prepares a statement with a bound
/// `LIMIT` anew each time.
fn connect(url: &str) -> std::result::Result<SqliteConnection, Box<dyn Error>> {
    // SAFETY: the function has the type that SQLite asks for, and lives as long as the process.
    #[expect(unsafe_code, reason = "diesel does not give out SQLite's handle")]
    let code = unsafe { ffi::sqlite3_auto_extension(Some(configure)) };
    if code != ffi::SQLITE_OK {
        return Err(format!("SQLite can't be configured: error {code}").into());
    }
    let mut connection = SqliteConnection::establish(url)?;
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON")?;
    Ok(connection)
}

/// SQLite calls it for each connection that is opened.
#[expect(unsafe_code, reason = "diesel does not give out SQLite's handle")]
unsafe extern "C" fn configure(
    handle: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: the handle is open. The option takes an int, and a pointer that may be null.
    unsafe {
        ffi::sqlite3_db_config(handle, ffi::SQLITE_DBCONFIG_ENABLE_QPSG, 1 as c_int, ptr::null_mut::<c_int>())
    }
}
