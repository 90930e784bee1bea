//! `manage check [--deploy]` (`django/core/management/commands/check.py`).

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::{Command, CommandError};
use crate::checks::{CheckMessage, Level};
use crate::project::Project;
use crate::urls::UrlConf;

pub(super) struct Check;

#[derive(Args)]
struct CheckOptions {
    /// Check deployment settings.
    #[arg(long)]
    deploy: bool,
}

impl Command for Check {
    fn command(&self) -> clap::Command {
        CheckOptions::augment_args(
            clap::Command::new("check").about("Checks the entire project for potential problems."),
        )
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = CheckOptions::from_arg_matches(arguments)?;
        let messages = run_checks(project, options.deploy);
        fail_on_errors(&messages)?;
        if messages.is_empty() {
            writeln!(out, "System check identified no issues.")?;
        } else {
            writeln!(out, "{}", report(&messages))?;
        }
        Ok(())
    }
}

/// Runs the framework's checks and those of each app.
pub(super) fn run_checks(project: &Project, deploy: bool) -> Vec<CheckMessage> {
    let mut messages = framework_checks(project, deploy);
    let urls = UrlConf::new((project.urlpatterns)());
    messages.extend(urls.problems().map(|problem| CheckMessage::error("vitamin.E003", problem)));
    messages.extend(project.apps.iter().flat_map(|app| app.checks(deploy)));
    messages
}

/// Returns an error with all messages if any of them is an error.
pub(super) fn fail_on_errors(messages: &[CheckMessage]) -> Result<(), CommandError> {
    if messages.iter().any(|message| message.level == Level::Error) {
        return Err(CommandError::Verbatim(format!("SystemCheckError: {}", report(messages))));
    }
    Ok(())
}

fn report(messages: &[CheckMessage]) -> String {
    let mut text = String::from("System check identified some issues:\n");
    for (title, level) in [("ERRORS", Level::Error), ("WARNINGS", Level::Warning)] {
        let mut of_level = messages.iter().filter(|message| message.level == level).peekable();
        if of_level.peek().is_some() {
            text.push_str(&format!("\n{title}:\n"));
        }
        for message in of_level {
            text.push_str(&format!("{message}\n"));
        }
    }
    let count = messages.len();
    text.push_str(&format!("\nSystem check identified {count} issue{}.", if count == 1 { "" } else { "s" }));
    text
}

/// The value in `.env.example`. It is public, so it counts as unset.
const PLACEHOLDER: &str = "replace-me";

fn framework_checks(project: &Project, deploy: bool) -> Vec<CheckMessage> {
    let settings = &project.settings.http;
    let mut messages = Vec::new();
    let key = settings.secret_key.as_ref().filter(|key| key.as_bytes() != PLACEHOLDER.as_bytes());
    if !settings.debug {
        if key.is_none() {
            messages.push(
                CheckMessage::error("vitamin.E001", "SECRET_KEY is not set.").hint(
                    "Set SECRET_KEY in the environment or in .env: your Django project's own key, or a new one made by \
                     `openssl rand -base64 48`. For development set DEBUG=true instead.",
                ),
            );
        }
        if settings.allowed_hosts.is_empty() {
            messages.push(
                CheckMessage::error("vitamin.E002", "You must set ALLOWED_HOSTS if DEBUG is False.").hint(
                    "List the hosts that this site answers for, e.g. ALLOWED_HOSTS=example.com,www.example.com; to \
                     try it on this machine, ALLOWED_HOSTS=localhost,127.0.0.1.",
                ),
            );
        }
    }
    if deploy {
        if key.is_none_or(crate::conf::SecretKey::is_weak) {
            messages.push(CheckMessage::warning(
                "security.W009",
                "Your SECRET_KEY has less than 50 characters, less than 5 unique characters, or it's prefixed with \
                 'django-insecure-', indicating that it was generated automatically by Django. Please generate a long \
                 and random value, otherwise many of Django's security-critical features will be vulnerable to attack.",
            ));
        }
        if settings.debug {
            messages.push(CheckMessage::warning(
                "security.W018",
                "You should not have DEBUG set to True in deployment.",
            ));
        }
        if settings.allowed_hosts.is_empty() {
            messages.push(CheckMessage::warning(
                "security.W020",
                "ALLOWED_HOSTS must not be empty in deployment.",
            ));
        }
    }
    messages
}
