//! `manage spectacular` (`drf_spectacular/management/commands/spectacular.py`): writes the OpenAPI document.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use serde_json::Value;

use super::{SchemaGenerator, validate_schema, yaml};
use crate::json;
use crate::settings::APISettings;
use vitamin_framework::management::{Command, CommandError};
use vitamin_framework::project::Project;
use vitamin_framework::urls::UrlConf;

/// The command, with the settings of the project's views.
pub(crate) struct Spectacular {
    pub(crate) settings: APISettings,
}

#[derive(Args)]
struct SpectacularOptions {
    /// The format of the document.
    #[arg(long, value_enum, default_value_t = Format::Openapi)]
    format: Format,
    /// Writes the document to this file instead of standard output.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Fails if there are warnings.
    #[arg(long)]
    fail_on_warn: bool,
    /// Checks the document's structure, and fails if it is not valid.
    #[arg(long)]
    validate: bool,
    /// The version of the API, which the document's version shows.
    #[arg(long)]
    api_version: Option<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// YAML.
    Openapi,
    /// Indented JSON.
    OpenapiJson,
}

impl Command for Spectacular {
    fn command(&self) -> clap::Command {
        let about = "Writes the OpenAPI document of the project's views.";
        SpectacularOptions::augment_args(clap::Command::new("spectacular").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = SpectacularOptions::from_arg_matches(arguments)?;
        let urlconf = UrlConf::new((project.urlpatterns)());
        let generated = SchemaGenerator::new(&self.settings)
            .session_cookie_name(&project.settings.http.session_cookie_name)
            .is_postgres(project.database.is_postgres())
            .api_version(options.api_version.as_deref())
            .get_schema(&urlconf);
        for warning in &generated.warnings {
            // If standard error is closed, nothing can be reported.
            _ = writeln!(io::stderr(), "Warning: {warning}");
        }
        if options.fail_on_warn && !generated.warnings.is_empty() {
            return Err(CommandError::new("Failing as requested due to warnings"));
        }
        if options.validate {
            let errors = validate_schema(&generated.document);
            if !errors.is_empty() {
                return Err(CommandError::new(format!("the document is not valid:\n{}", errors.join("\n"))));
            }
        }
        let text = rendered(&generated.document, options.format)?;
        match options.file {
            Some(file) => {
                let failed = |error| CommandError::new(format!("{}: {error}", file.display()));
                std::fs::write(&file, text).map_err(failed)
            }
            None => {
                out.write_all(&text)?;
                // As Django, which ends its output with a line end.
                if !text.ends_with(b"\n") {
                    out.write_all(b"\n")?;
                }
                Ok(())
            }
        }
    }
}

fn rendered(document: &Value, format: Format) -> Result<Vec<u8>, CommandError> {
    match format {
        Format::Openapi => Ok(yaml::to_string(document).into_bytes()),
        Format::OpenapiJson => json::to_bytes(document, Some(4))
            .map(|bytes| bytes.to_vec())
            .map_err(|error| CommandError::new(error.to_string())),
    }
}
