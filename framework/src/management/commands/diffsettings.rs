//! `manage diffsettings` (`django/core/management/commands/diffsettings.py`): the settings and where each value comes
//! from.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

use crate::conf::{Fallback, SettingValue};
use crate::management::base::{Command, CommandError};
use crate::project::Project;

pub(super) struct DiffSettings;

#[derive(Args)]
struct DiffSettingsOptions {
    /// Display all settings, regardless of their value.
    #[arg(long)]
    all: bool,
    /// Selects the output format: one line per setting, or the default (-) and the value (+).
    #[arg(long, value_enum, default_value_t = Format::Hash)]
    output: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Hash,
    Unified,
}

impl Command for DiffSettings {
    fn command(&self) -> clap::Command {
        let about = "Displays the settings that differ from their defaults, and where each comes from.";
        DiffSettingsOptions::augment_args(clap::Command::new("diffsettings").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = DiffSettingsOptions::from_arg_matches(arguments)?;
        for value in project.declared.values(&project.env) {
            if value.differs || options.all {
                write!(out, "{}", lines(&value, options.output))?;
            }
        }
        Ok(())
    }
}

fn lines(value: &SettingValue<'_>, format: Format) -> String {
    let name = value.setting.name;
    let shown = printable(value.shown.as_deref().unwrap_or_default());
    let from = value.source.map_or("default".to_owned(), |source| format!("from {source}"));
    let line = format!("{}  # {from}", format!("{name} = {shown}").trim_end());
    match format {
        Format::Hash => format!("{line}\n"),
        Format::Unified if !value.differs => format!("  {line}\n"),
        Format::Unified => match value.setting.default {
            Fallback::Unset => format!("+ {line}\n"),
            Fallback::Value(default) => format!("- {name} = {default}\n+ {line}\n"),
            Fallback::Described(default) => format!("- {name} = ({default})\n+ {line}\n"),
        },
    }
}

/// Escapes line ends and other control characters, so that each setting stays on its line.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut printable, character| {
        if character.is_control() {
            let _ = write!(printable, "{}", character.escape_default());
        } else {
            printable.push(character);
        }
        printable
    })
}
