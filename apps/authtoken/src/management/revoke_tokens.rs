//! `manage revoke_tokens USERNAME… | --all`: revokes users' tokens. Django REST framework has no such command.

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};
use diesel::prelude::*;

use crate::models::Token;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::audit::{Entry, Event};
use vitamin_framework::database::{DatabaseError, DbConnection, UserId};
use vitamin_framework::management::{Command, CommandError};
use vitamin_framework::project::Project;

pub(in super::super) struct RevokeTokens;

/// Users whose names are read at a time, for the audit stream.
const BATCH: usize = 100;

#[derive(Args)]
struct RevokeTokensOptions {
    /// The users whose tokens are revoked.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    usernames: Vec<String>,
    /// Revoke the tokens of all users.
    #[arg(long)]
    all: bool,
}

impl Command for RevokeTokens {
    fn command(&self) -> clap::Command {
        let about = "Revokes the tokens of users. They are refused from the next request on.";
        RevokeTokensOptions::augment_args(clap::Command::new("revoke_tokens").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let RevokeTokensOptions { usernames, all } = RevokeTokensOptions::from_arg_matches(arguments)?;
        let connection = &mut *project.database.get()?;
        if all {
            return revoke_all(project, connection, out);
        }
        let users = find_users(connection, &usernames)?;
        // All or none.
        let revoked = connection.transaction(|connection| {
            let revoke = |user: &User| Token::delete_of_user(connection, user.id);
            users.iter().map(revoke).collect::<Result<Vec<bool>, DatabaseError>>()
        })?;
        for (User { id, username, .. }, is_revoked) in users.iter().zip(revoked) {
            if is_revoked {
                project.audit.record(&Entry::new(Event::TokenRevoked).user(*id, username));
                writeln!(out, "Revoked the token of user {username}")?;
            } else {
                writeln!(out, "User {username} has no token")?;
            }
        }
        Ok(())
    }
}

/// Finds the users before anything is revoked: a misspelt name must not leave half of the work done.
fn find_users(connection: &mut DbConnection, usernames: &[String]) -> Result<Vec<User>, CommandError> {
    let mut users: Vec<User> = Vec::new();
    for username in usernames {
        let user = User::get_by_natural_key(connection, username)?.ok_or_else(|| {
            CommandError::new(format!("Cannot revoke the token: user {username} does not exist"))
        })?;
        if users.iter().all(|known| known.id != user.id) {
            users.push(user);
        }
    }
    Ok(users)
}

fn revoke_all(
    project: &Project,
    connection: &mut DbConnection,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let owners = Token::delete_all(connection)?;
    if project.audit.is_on() {
        for ids in owners.chunks(BATCH) {
            // PostgreSQL has no arrays of keys whose type is not known.
            let none = auth_user::table.select((auth_user::id, auth_user::username)).into_boxed();
            let users = ids.iter().fold(none, |users, id| users.or_filter(auth_user::id.eq(*id)));
            let users: Vec<(UserId, String)> = users.load(connection)?;
            for (id, username) in users {
                project.audit.record(&Entry::new(Event::TokenRevoked).user(id, &username));
            }
        }
    }
    match owners.len() {
        1 => writeln!(out, "Revoked 1 token")?,
        count => writeln!(out, "Revoked {count} tokens")?,
    }
    Ok(())
}
