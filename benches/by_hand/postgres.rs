//! PostgreSQL: connections on the worker's runtime. Statements are sent without waiting for the answers to earlier ones.

use std::cell::Cell;
use std::error::Error;

use actix_web::error::ErrorInternalServerError;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tokio::sync::OnceCell;

use crate::rows::{Comment, Issue, Label, Slug, User, detail, page};
use crate::statements::{
    AllLabels, CommentsOfIssue, CountIssues, IsVisible, IssueOfUser, LabelsOfIssue, PageOfIssues,
    UserOfToken, statement,
};
use crate::values::{Moment, sql};
use crate::{Result, Store, Window};

/// The connections that commit. Commits on one connection wait for each other's sync; of several, PostgreSQL syncs together.
const WRITERS: usize = 4;

statement! {
    /// The slugs of issues.
    SlugsOfIssues { issues: Array<BigInt> => Vec<i64> } -> (BigInt, Text) {
        "SELECT il.issue_id, l.slug FROM tracker_issue_labels il JOIN tracker_label l ON l.id = il.label_id \
         WHERE il.issue_id = ANY(" issues ") ORDER BY il.issue_id, l.name"
    }
}

statement! {
    AddComment { body: Text => String, author: Integer => i32, issue: BigInt => i64 } -> (BigInt, Text, sql::Moment) {
        "INSERT INTO tracker_comment (body, created, author_id, issue_id) VALUES (" body ", now(), " author ", " issue
        ") RETURNING id, body, created"
    }
}

pub struct Postgres {
    url: String,
    reader: OnceCell<AsyncPgConnection>,
    writers: [OnceCell<AsyncPgConnection>; WRITERS],
    /// The writer of the next comment.
    turn: Cell<usize>,
}

impl Postgres {
    async fn opened<'a>(&self, connection: &'a OnceCell<AsyncPgConnection>) -> Result<&'a AsyncPgConnection> {
        let open = || AsyncPgConnection::establish(&self.url);
        connection.get_or_try_init(open).await.map_err(ErrorInternalServerError)
    }

    async fn reader(&self) -> Result<&AsyncPgConnection> {
        self.opened(&self.reader).await
    }
}

/// The statement's error, as a response.
fn read<T>(result: QueryResult<T>) -> Result<T> {
    result.map_err(ErrorInternalServerError)
}

impl Store for Postgres {
    fn open(url: &str) -> std::result::Result<Self, Box<dyn Error>> {
        Ok(Self {
            url: url.to_owned(),
            reader: OnceCell::new(),
            writers: Default::default(),
            turn: Cell::default(),
        })
    }

    async fn user(&self, key: &str) -> Result<Option<User>> {
        read(UserOfToken { key }.get_result(&mut self.reader().await?).await.optional())
    }

    async fn issues(&self, user: &User, window: Window, host: &str) -> Result<Vec<u8>> {
        let (user, connection) = (user.person.id, self.reader().await?);
        let (mut counting, mut reading) = (connection, connection);
        let count = CountIssues { user }.get_result(&mut counting);
        let rows = async {
            let rows = PageOfIssues { user, limit: window.limit, offset: window.offset };
            let issues: Vec<Issue> = rows.load(&mut reading).await?;
            let slugs = SlugsOfIssues { issues: issues.iter().map(|issue| issue.id).collect() };
            let slugs: Vec<Slug> = slugs.load(&mut reading).await?;
            QueryResult::Ok((issues, slugs))
        };
        let (count, rows) = tokio::join!(count, rows);
        let (issues, slugs) = read(rows)?;
        Ok(page(host, window, read(count)?, &issues, &slugs)?)
    }

    async fn issue(&self, user: &User, id: i64) -> Result<Option<Vec<u8>>> {
        let (user, connection) = (user.person.id, self.reader().await?);
        let (mut first, mut second, mut third) = (connection, connection, connection);
        let (issue, labels, comments) = tokio::join!(
            IssueOfUser { user, id }.get_result(&mut first),
            LabelsOfIssue { issue: id }.load(&mut second),
            CommentsOfIssue { issue: id }.load(&mut third),
        );
        let (labels, comments): (Vec<Label>, Vec<Comment>) = (read(labels)?, read(comments)?);
        Ok(read(issue.optional())?.map(|issue| detail(&issue, &labels, &comments)).transpose()?)
    }

    async fn labels(&self) -> Result<Vec<Label>> {
        read(AllLabels {}.load(&mut self.reader().await?).await)
    }

    async fn comment(&self, user: User, issue: i64, body: String) -> Result<Option<Comment>> {
        let visible = IsVisible { user: user.person.id, id: issue };
        let found = visible.get_result::<i64>(&mut self.reader().await?).await;
        if read(found.optional())?.is_none() {
            return Ok(None);
        }
        let turn = self.turn.replace((self.turn.get() + 1) % WRITERS);
        let Some(writer) = self.writers.get(turn) else { return Ok(None) };
        let new = AddComment { body, author: user.person.id, issue };
        let (id, body, created): (i64, String, Moment) =
            read(new.get_result(&mut self.opened(writer).await?).await)?;
        Ok(Some(Comment { id, author: user.person, body, created }))
    }
}
