//! `manage shadow --to URL [address]`: compares this project with a live Django before it replaces some of its paths.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::check::{fail_on_errors, run_checks};
use crate::database::DatabaseUrl;
use crate::management::base::{Command, CommandError};
use crate::project::Project;
use crate::server::Address;
use crate::shadow;

pub(super) struct Shadow;

#[derive(Args)]
struct ShadowOptions {
    /// Django's origin: http://HOST:PORT or https://HOST, without a path.
    #[arg(long)]
    to: Origin,
    /// A copy of the database, on which requests that write are replayed.
    #[arg(long, value_name = "URL")]
    write_database: Option<DatabaseUrl>,
    /// Optional port number, or ipaddr:port, to listen on.
    #[arg(default_value = "127.0.0.1:8003")]
    addrport: Address,
}

/// `http://127.0.0.1:8001`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin(String);

impl std::str::FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: actix_web::http::Uri = text.parse().map_err(|_| "it is not a URL")?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        match (uri.scheme_str(), authority, uri.path(), uri.query()) {
            (Some("https"), ..) if !cfg!(feature = "shadow-tls") => {
                Err("this program was built without TLS; build it with `--features shadow-tls`")
            }
            (Some(scheme @ ("http" | "https")), Some(authority), "/" | "", None) => {
                Ok(Self(format!("{scheme}://{authority}")))
            }
            _ => Err("it must be http://HOST:PORT or https://HOST, without a path"),
        }
    }
}

impl Command for Shadow {
    fn command(&self) -> clap::Command {
        let about = "Forwards requests to Django, compares this project's responses to safe ones, and reports differences.";
        ShadowOptions::augment_args(clap::Command::new("shadow").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let ShadowOptions { to: Origin(origin), write_database, addrport } =
            ShadowOptions::from_arg_matches(arguments)?;
        if write_database.as_ref() == Some(&project.settings.database.url) {
            return Err(CommandError::new(
                "--write-database must be a copy: it names the project's own database.",
            ));
        }
        fail_on_errors(&run_checks(project, false))?;
        let mut listening = |address: SocketAddr| {
            writeln!(out, "Forwarding http://{address}/ to {origin}\nQuit with CONTROL-C for the report.")?;
            out.flush()
        };
        let report = shadow::run(project, addrport, &origin, write_database, &mut listening)?;
        if report.different() > 0 {
            return Err(CommandError::Verbatim(report.to_string()));
        }
        Ok(writeln!(out, "{report}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_and_no_password() {
        assert_eq!("http://127.0.0.1:8001/".parse(), Ok(Origin("http://127.0.0.1:8001".to_owned())));
        let https = "https://example.com".parse::<Origin>();
        assert_eq!(https.is_ok(), cfg!(feature = "shadow-tls"), "{https:?}");
        for bad in
            ["127.0.0.1:8001", "https://example.com/a", "http://a/b", "http://a:b@c", "http://a/?b", ""]
        {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
