//! `manage demo`: serves the tutorial on a temporary database.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::settings;
use vitamin::auth::passwords::{PasswordSettings, Passwords};
use vitamin::auth::{User, UserModel};
use vitamin::authtoken::{Token, TokenSettings};
use vitamin::conf::Env;
use vitamin::crypto::get_random_string;
use vitamin::management::{Command, CommandError};
use vitamin::project::Project;
use vitamin::server::{self, Address};

/// The tutorial's user.
const USERNAME: &str = "Pepe";
/// Its password. Safe only on a loopback address.
const PASSWORD: &str = "aaaa";

/// The command.
pub struct Demo;

#[derive(Args)]
struct Options {
    /// Optional port number, or ipaddr:port of a loopback address.
    #[arg(default_value = "127.0.0.1:8000")]
    addrport: Address,
}

impl Command for Demo {
    fn command(&self) -> clap::Command {
        let about = "Serves the tutorial on a temporary database, and prints requests to try.";
        Options::augment_args(clap::Command::new("demo").about(about))
    }

    fn handle(
        &self,
        _project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let Options { addrport } = Options::from_arg_matches(arguments)?;
        if !addrport.0.ip().is_loopback() {
            return Err(CommandError::new(format!(
                "{addrport} is not a loopback address, and the demo's password is known to everybody."
            )));
        }
        // Deleted when this function returns, after Ctrl-C.
        let folder = tempfile::Builder::new().prefix("vitamin-demo-").tempdir()?;
        let project = Arc::new(settings::project(&environment(folder.path(), addrport.0))?);
        let token = prepare(&project)?;
        let mut listening = |address: SocketAddr| introduce(out, address, &token);
        server::run(&project, &project.settings.server, &mut listening)?;
        writeln!(out, "\nThe demo is over; its database is gone.")?;
        Ok(())
    }
}

/// An environment without the real one's variables, so that the demo cannot touch a real database.
fn environment(folder: &Path, address: SocketAddr) -> Env {
    let database = folder.join("demo.sqlite3").to_string_lossy().into_owned();
    Env::from_iter([
        ("DATABASE_URL", database),
        ("SECRET_KEY", get_random_string(50)),
        ("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]".to_owned()),
        ("ADDRESS", address.to_string()),
    ])
}

/// Migrates, creates the superuser and its token, and returns the token's key.
fn prepare(project: &Project) -> Result<String, CommandError> {
    let mut connection = project.database.creating_file().get()?;
    project.apps.migrations().apply_all(&mut connection)?;
    let passwords = Passwords::new(PasswordSettings::from_env(&project.env)?);
    let encoded =
        passwords.make_password(Some(PASSWORD)).map_err(|error| CommandError::new(error.to_string()))?;
    User::create_superuser(&mut connection, &UserModel::default(), USERNAME, "", &encoded)?;
    let user = User::get_by_natural_key(&mut connection, USERNAME)?
        .ok_or_else(|| CommandError::new("The demo's user is not there."))?;
    Ok(Token::get_or_create(&mut connection, &TokenSettings::default(), user.id)?.0.key)
}

fn introduce(out: &mut dyn Write, address: SocketAddr, token: &str) -> io::Result<()> {
    writeln!(
        out,
        r#"The tutorial is served at http://{address}/ with the user {USERNAME}, password {PASSWORD}.
Try this in another terminal; below each line stands the answer to expect.

curl http://{address}/
{{"detail":"GET Response"}}

curl http://{address}/auth/
{{"detail":"Authentication credentials were not provided."}}

curl -X POST -d "user={USERNAME}&password={PASSWORD}" http://{address}/
{{"detail":"POST answer","token":"{token}"}}

curl http://{address}/auth/ -H 'Authorization: Token {token}'
{{"detail":"I suppose you are authenticated"}}

Ctrl-C ends the demo and leaves nothing behind.
"#
    )?;
    out.flush()
}
