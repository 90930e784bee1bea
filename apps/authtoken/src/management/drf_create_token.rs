//! `manage drf_create_token [-r] username` (`rest_framework/authtoken/management/commands/drf_create_token.py`).

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::models::Token;
use crate::settings::TokenSettings;
use vitamin_auth::models::User;
use vitamin_framework::audit::{Entry, Event};
use vitamin_framework::management::{Command, CommandError};
use vitamin_framework::project::Project;

pub(in super::super) struct DrfCreateToken {
    pub(in super::super) settings: TokenSettings,
}

#[derive(Args)]
struct DrfCreateTokenOptions {
    /// The user to create the token for.
    username: String,
    /// Reset existing User token and create a new one.
    #[arg(short, long = "reset")]
    reset_token: bool,
}

impl Command for DrfCreateToken {
    fn command(&self) -> clap::Command {
        DrfCreateTokenOptions::augment_args(
            clap::Command::new("drf_create_token").about("Creates a token for a given user."),
        )
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let DrfCreateTokenOptions { username, reset_token } =
            DrfCreateTokenOptions::from_arg_matches(arguments)?;
        let mut connection = project.database.get()?;
        let user = User::get_by_natural_key(&mut connection, &username)?.ok_or_else(|| {
            CommandError::new(format!("Cannot create the Token: user {username} does not exist"))
        })?;
        let is_revoked = reset_token && Token::delete_of_user(&mut connection, user.id)?;
        let (token, event) = Token::get_or_create(&mut connection, &self.settings, user.id)?;
        if let Some(event) = if is_revoked { Some(Event::TokenRotated) } else { event } {
            project.audit.record(&Entry::new(event).user(user.id, &user.username));
        }
        writeln!(out, "Generated token {} for user {username}", token.key)?;
        Ok(())
    }
}
