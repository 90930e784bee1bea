//! `manage collectmigrations`: copies the migrations of all installed apps into the project, for diesel's command
//! (named after `django/contrib/staticfiles/management/commands/collectstatic.py`).

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::database::migrations::copies::{Difference, FOLDER};
use crate::management::base::{Command, CommandError, verbosity};
use crate::project::Project;

pub(super) struct CollectMigrations;

#[derive(Args)]
struct CollectMigrationsOptions {
    /// The folder to write to.
    #[arg(long, default_value = FOLDER)]
    dir: PathBuf,
    /// Do everything except modify the filesystem.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Exit with a non-zero status if a copy is missing or differs, and don't write any.
    #[arg(long)]
    check: bool,
}

impl Command for CollectMigrations {
    fn command(&self) -> clap::Command {
        let about = "Copies the migrations of all installed apps into one folder, for diesel's own command.";
        CollectMigrationsOptions::augment_args(clap::Command::new("collectmigrations").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = CollectMigrationsOptions::from_arg_matches(arguments)?;
        let mut nobody = io::sink();
        let out: &mut dyn Write = if verbosity(arguments) > 0 { out } else { &mut nobody };
        let failed = |error: io::Error| CommandError::new(format!("{}: {error}", options.dir.display()));
        let comparison = project.apps.migrations().compare_copies(&options.dir, true).map_err(failed)?;
        let writes = !options.dry_run && !options.check;
        let mut written = 0;
        for copy in &comparison.stale {
            let verb = match copy.difference {
                Difference::Missing => "Copying",
                Difference::Differs => "Updating",
                Difference::Unknown => {
                    writeln!(out, "Leaving {}: no installed app has it", copy.path.display())?;
                    continue;
                }
            };
            if writes {
                copy.write().map_err(failed)?;
            }
            written += 1;
            let pretend = if writes { "" } else { "Pretending: " };
            writeln!(out, "{pretend}{verb} {}", copy.path.display())?;
        }
        let (dir, unmodified) = (options.dir.display(), comparison.unmodified);
        let plural = if written == 1 { "" } else { "s" };
        if options.check && written > 0 {
            let differ = if written == 1 { "is missing or differs" } else { "are missing or differ" };
            return Err(CommandError::new(format!(
                "{written} migration{plural} in '{dir}' {differ}. Run `manage collectmigrations`."
            )));
        }
        let done = if writes { "copied" } else { "to copy" };
        writeln!(out, "{written} migration{plural} {done} to '{dir}', {unmodified} unmodified.")?;
        Ok(())
    }
}
