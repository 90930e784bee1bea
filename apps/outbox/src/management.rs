//! `manage outbox [--prune DAYS]`.

use std::io::Write;
use std::sync::Arc;

use chrono::TimeDelta;
use clap::{ArgMatches, Args, FromArgMatches};
use diesel::ExpressionMethods as _;
use vitamin_framework::database::now;
use vitamin_framework::management::{Command, CommandError};
use vitamin_framework::models::{Model as _, Models};
use vitamin_framework::project::Project;

use crate::models::Event;
use crate::schema::vitamin_outbox_event as columns;

pub(crate) struct OutboxCommand;

#[derive(Args)]
struct OutboxOptions {
    /// Delete the events that were replayed so many days ago.
    #[arg(long, value_name = "DAYS")]
    prune: Option<u16>,
}

impl Command for OutboxCommand {
    fn command(&self) -> clap::Command {
        OutboxOptions::augment_args(
            clap::Command::new("outbox").about("Shows how many events wait for Django's replay_outbox."),
        )
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let OutboxOptions { prune } = OutboxOptions::from_arg_matches(arguments)?;
        let connection = &mut *project.database.get()?;
        let waiting = Event::objects().filter(columns::replayed.is_null());
        match waiting.first(connection)? {
            None => writeln!(out, "No event waits.")?,
            Some(oldest) => {
                let count = waiting.count(connection)?;
                writeln!(out, "Waiting: {count}. The oldest was written at {}.", oldest.created)?;
            }
        }
        if let Some(days) = prune {
            let before = now(connection)? - TimeDelta::days(days.into());
            let old = Event::objects().filter(columns::replayed.lt(before));
            let count = old.count(connection)?;
            old.delete(connection, Models(&[])).map_err(|error| CommandError::new(error.to_string()))?;
            writeln!(out, "Deleted {count} replayed before {before}.")?;
        }
        Ok(())
    }
}
