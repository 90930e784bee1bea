//! `manage createsuperuser` (`django/contrib/auth/management/commands/createsuperuser.py`).

use std::io::{Write, stderr};
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};
use unicode_normalization::UnicodeNormalization;

use super::prompt::Prompt;
use crate::apps::auth::models::{User, normalize_username};
use crate::apps::auth::password_validation::{PasswordValidators, UserAttributes};
use crate::apps::auth::passwords::Passwords;
use crate::apps::auth::validators::validate_username;
use crate::framework::conf::Env;
use crate::framework::management::{Command, CommandError};
use crate::framework::project::Project;
use crate::framework::validators::is_valid_email;

pub(in crate::apps::auth) struct CreateSuperuser {
    pub(in crate::apps::auth) passwords: Passwords,
    pub(in crate::apps::auth) validators: PasswordValidators,
}

#[derive(Args)]
struct Options {
    /// Specifies the login for the superuser.
    #[arg(long)]
    username: Option<String>,
    /// Specifies the email for the superuser.
    #[arg(long)]
    email: Option<String>,
    /// Does not prompt. You must use --username and --email then, or DJANGO_SUPERUSER_USERNAME and
    /// DJANGO_SUPERUSER_EMAIL. Without DJANGO_SUPERUSER_PASSWORD the user can't log in until it is given a password.
    #[arg(long, alias = "no-input")]
    noinput: bool,
}

/// What a superuser is made of. The password is `None` for one that can't log in.
struct Answers {
    username: String,
    email: String,
    password: Option<String>,
}

impl Command for CreateSuperuser {
    fn command(&self) -> clap::Command {
        Options::augment_args(clap::Command::new("createsuperuser").about("Creates a superuser."))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = Options::from_arg_matches(arguments)?;
        let answers = if options.noinput {
            from_environment(project, options)?
        } else {
            let Some(prompt) = Prompt::new() else {
                writeln!(
                    out,
                    "Superuser creation skipped due to not running in a TTY. You can run `manage createsuperuser` in \
                     your project to create one manually."
                )?;
                return Ok(());
            };
            self.ask(project, options, &prompt)?
        };
        let encoded = self
            .passwords
            .make_password(answers.password.as_deref())
            .map_err(|error| CommandError::new(error.to_string()))?;
        User::create_superuser(&mut *project.database.get()?, &answers.username, &answers.email, &encoded)?;
        writeln!(out, "Superuser created successfully.")?;
        Ok(())
    }
}

fn from_environment(project: &Project, options: Options) -> Result<Answers, CommandError> {
    let required = |name: &str| CommandError::new(format!("You must use --{name} with --noinput."));
    let variable = |name: &str| project.env.raw(name).map(str::to_owned);
    let username = options.username.or_else(|| variable("DJANGO_SUPERUSER_USERNAME"));
    let username = username.ok_or_else(|| required("username"))?;
    if let Some(message) = username_error(project, &username)? {
        return Err(CommandError::new(message));
    }
    // An e-mail address may be left blank, but not left out; a blank option gives way to the environment.
    let email = match (options.email, variable("DJANGO_SUPERUSER_EMAIL")) {
        (Some(email), _) if !email.is_empty() => email,
        (_, Some(email)) | (Some(email), None) => email,
        (None, None) => return Err(required("email")),
    };
    if let Some(message) = email_error(&email) {
        return Err(CommandError::new(message));
    }
    Ok(Answers { username, email, password: variable("DJANGO_SUPERUSER_PASSWORD") })
}

impl CreateSuperuser {
    fn ask(&self, project: &Project, options: Options, prompt: &Prompt) -> Result<Answers, CommandError> {
        let username = ask_username(project, options.username, prompt)?;
        let email = match options.email {
            Some(email) => match email_error(&email) {
                Some(message) => return Err(CommandError::new(message)),
                None => email,
            },
            None => loop {
                let email = prompt.ask("Email address: ")?;
                match email_error(&email) {
                    Some(message) => writeln!(stderr(), "Error: {message}")?,
                    None => break email,
                }
            },
        };
        let password = self.ask_password(
            &UserAttributes { username: &username, email: &email, ..Default::default() },
            prompt,
        )?;
        Ok(Answers { username, email, password: Some(password) })
    }

    fn ask_password(&self, user: &UserAttributes<'_>, prompt: &Prompt) -> Result<String, CommandError> {
        loop {
            let password = prompt.ask_unseen("Password: ")?;
            if password != prompt.ask_unseen("Password (again): ")? {
                writeln!(stderr(), "Error: Your passwords didn't match.")?;
                continue;
            }
            if password.trim().is_empty() {
                writeln!(stderr(), "Error: Blank passwords aren't allowed.")?;
                continue;
            }
            if let Err(messages) = self.validators.validate_password(&password, user) {
                writeln!(stderr(), "{}", messages.join("\n"))?;
                let answer = prompt.ask("Bypass password validation and create user anyway? [y/N]: ")?;
                if !answer.eq_ignore_ascii_case("y") {
                    continue;
                }
            }
            return Ok(password);
        }
    }
}

fn ask_username(project: &Project, given: Option<String>, prompt: &Prompt) -> Result<String, CommandError> {
    if given.as_deref() == Some("") {
        return Err(CommandError::new("Username cannot be blank."));
    }
    let default = default_username(project)?;
    let question = match &default {
        Some(name) => format!("Username (leave blank to use '{name}'): "),
        None => "Username: ".to_owned(),
    };
    let mut username = given;
    loop {
        let name = match username.take() {
            Some(name) => name,
            None => match (prompt.ask(&question)?, &default) {
                (answer, Some(name)) if answer.is_empty() => name.clone(),
                (answer, _) if answer.is_empty() => {
                    writeln!(stderr(), "Error: This field cannot be blank.")?;
                    continue;
                }
                (answer, _) => answer,
            },
        };
        match username_error(project, &name)? {
            Some(message) => writeln!(stderr(), "{message}")?,
            None => return Ok(name),
        }
    }
}

/// What is wrong with a name, in Django's words and order.
fn username_error(project: &Project, username: &str) -> Result<Option<String>, CommandError> {
    // Normalized, as it would be stored: Django looks for the name as it was typed, and fails at the insertion.
    let stored = normalize_username(username);
    if User::get_by_natural_key(&mut *project.database.get()?, &stored)?.is_some() {
        return Ok(Some("Error: That username is already taken.".to_owned()));
    }
    if username.is_empty() {
        return Ok(Some("Username cannot be blank.".to_owned()));
    }
    let messages = validate_username(username);
    Ok((!messages.is_empty()).then(|| messages.join("; ")))
}

fn email_error(email: &str) -> Option<String> {
    if email.is_empty() {
        return None;
    }
    let mut messages = Vec::new();
    if !is_valid_email(email) {
        messages.push("Enter a valid email address.".to_owned());
    }
    let length = email.chars().count();
    if length > 254 {
        messages.push(format!("Ensure this value has at most 254 characters (it has {length})."));
    }
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// The name of whoever runs the program (Python's `getpass.getuser`, as far as the environment tells).
pub(super) fn system_username(env: &Env) -> Option<String> {
    ["LOGNAME", "USER", "LNAME", "USERNAME"].iter().find_map(|name| env.get(name)).map(str::to_owned)
}

/// The system's user, in plain letters, where no user has that name yet (`get_default_username`).
fn default_username(project: &Project) -> Result<Option<String>, CommandError> {
    let Some(name) = system_username(&project.env) else { return Ok(None) };
    let name: String =
        name.nfkd().filter(|c| c.is_ascii() && *c != ' ').map(|c| c.to_ascii_lowercase()).collect();
    Ok(username_error(project, &name)?.is_none().then_some(name))
}
