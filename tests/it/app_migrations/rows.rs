//! Rows that come back from an insert or an update, and transactions.

use diesel::prelude::*;
use vitamin::database::{DatabaseError, update_returning};

use super::{Vote, VoteChanges, call, count_votes, create_user, env, project, vote, web_polls_vote};
use crate::support::*;

database_tests!(rows_come_back, a_transaction_is_rolled_back);

fn rows_come_back(database: &TestDatabase) {
    let project = project(database, &[]);
    call(&project, &["migrate"]).unwrap();
    let connection = &mut *project.database.get().unwrap();
    let joe = create_user(connection, &env(database, &[]), "joe");
    let made = vote(connection, joe).unwrap();
    let target = || web_polls_vote::table.find(made.id);
    let changes = VoteChanges { choice: Some("no") };
    let changed = update_returning!(connection, target(), &changes, Vote).unwrap();
    assert_eq!(changed, Vote { choice: "no".to_owned(), ..made });
    let unchanged = update_returning!(connection, target(), &VoteChanges::default(), Vote).unwrap();
    assert_eq!(unchanged, changed);
    for changes in [VoteChanges::default(), VoteChanges { choice: Some("no") }] {
        let missing = update_returning!(connection, web_polls_vote::table.find(99), &changes, Vote);
        assert_eq!(missing, Err(diesel::NotFound));
    }
}

fn a_transaction_is_rolled_back(database: &TestDatabase) {
    let project = project(database, &[]);
    call(&project, &["migrate"]).unwrap();
    let connection = &mut *project.database.get().unwrap();
    let joe = create_user(connection, &env(database, &[]), "joe");
    let failed = connection.atomic(|connection| {
        vote(connection, joe)?;
        Err::<(), _>(DatabaseError::Unavailable("why not".to_owned()))
    });
    assert!(failed.unwrap_err().to_string().contains("why not"));
    assert_eq!(count_votes(connection), 0);
    connection.atomic(|connection| vote(connection, joe).map(drop).map_err(DatabaseError::from)).unwrap();
    assert_eq!(count_votes(connection), 1);
}
