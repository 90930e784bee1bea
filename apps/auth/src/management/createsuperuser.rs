//! `manage createsuperuser` (`django/contrib/auth/management/commands/createsuperuser.py`).

use std::io::{Write, stderr};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::prompt::Prompt;
use crate::models::User;
use crate::password_validation::{PasswordValidators, UserAttributes};
use crate::passwords::Passwords;
use crate::user_model::UserModel;
use crate::validators::{too_long, validate_username};
use vitamin_framework::conf::{Env, Setting};
use vitamin_framework::database::DatabaseError;
use vitamin_framework::management::{Command, CommandError, verbosity, with_database_option};
use vitamin_framework::project::Project;
use vitamin_framework::translation::{capfirst, gettext};
use vitamin_framework::validators::is_valid_email;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("DJANGO_SUPERUSER_USERNAME", "The name of the user."),
    Setting::new("DJANGO_SUPERUSER_EMAIL", "The e-mail address of the user."),
    Setting::new(
        "DJANGO_SUPERUSER_PASSWORD",
        "The password of the user. Unset: the user cannot log in with a password.",
    )
    .secret(),
];

pub(crate) struct CreateSuperuser {
    pub(crate) passwords: Passwords,
    pub(crate) validators: PasswordValidators,
    pub(crate) user_model: UserModel,
}

/// The options' ids in clap; `--username` is `--` and the model's USERNAME_FIELD.
const LOGIN: &str = "the login";
const EMAIL: &str = "the address";
const NOINPUT: &str = "noinput";

struct CreateSuperuserOptions {
    username: Option<String>,
    email: Option<String>,
}

/// The data of a new superuser. Without a `password` it can't log in. If the e-mail address is the login, it is the
/// `username`.
struct SuperuserData {
    username: String,
    email: String,
    password: Option<Zeroizing<String>>,
}

impl Command for CreateSuperuser {
    fn command(&self) -> clap::Command {
        let field = self.user_model.username_field();
        let login = |name: &str| Arg::new(LOGIN).long(name.to_owned()).value_name(name.to_uppercase());
        let mut command = clap::Command::new("createsuperuser")
            .about("Creates a superuser.")
            .arg(login(field).help("Specifies the login for the superuser."));
        if self.asks_for_email() {
            let email = Arg::new(EMAIL).long("email").value_name("EMAIL");
            command = command.arg(email.help("Specifies the email for the superuser."));
        }
        let both = |prefix: &str, name: &str| {
            if self.asks_for_email() { format!("{name} and {prefix}") } else { name.to_owned() }
        };
        let help = format!(
            "Does not prompt. You must set {} or {}. Without DJANGO_SUPERUSER_PASSWORD the user can't log in until it \
             is given a password.",
            both("--email", &format!("--{field}")),
            both("DJANGO_SUPERUSER_EMAIL", &format!("DJANGO_SUPERUSER_{}", field.to_uppercase())),
        );
        let noinput = Arg::new(NOINPUT).long("noinput").alias("no-input").action(ArgAction::SetTrue);
        with_database_option(command.arg(noinput.help(help)))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        if self.user_model.lacks_superusers() {
            return Err(CommandError::new(
                "Your user model has neither is_superuser nor is_staff (AUTH_USER_COLUMNS): create the user in Django.",
            ));
        }
        let text = |name| arguments.try_get_one::<String>(name).ok().flatten().cloned();
        let options = CreateSuperuserOptions { username: text(LOGIN), email: text(EMAIL) };
        let data = if arguments.get_flag(NOINPUT) {
            self.read_environment(project, options)?
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
            .make_password(data.password.as_ref().map(|password| password.as_str()))
            .map_err(|error| CommandError::new(error.to_string()))?;
        let SuperuserData { username, email, .. } = data;
        let connection = &mut *project.database.get()?;
        User::create_superuser(connection, &self.user_model, &username, &email, &encoded)
            .map_err(insertion_error)?;
        if verbosity(arguments) > 0 {
            writeln!(out, "Superuser created successfully.")?;
        }
        Ok(())
    }
}

impl CreateSuperuser {
    fn read_environment(
        &self,
        project: &Project,
        options: CreateSuperuserOptions,
    ) -> Result<SuperuserData, CommandError> {
        let required = |name: &str| CommandError::new(format!("You must use --{name} with --noinput."));
        // The name of the first one depends on the user model.
        let variable = |name: &str| project.env.variable(name).map(str::to_owned);
        let field = self.user_model.username_field();
        let username = options.username.or_else(|| match field {
            "username" => variable("DJANGO_SUPERUSER_USERNAME"),
            field => variable(&format!("DJANGO_SUPERUSER_{}", field.to_uppercase())),
        });
        let username = username.ok_or_else(|| required(field))?;
        if let Some(message) = self.username_error(project, &username)? {
            return Err(CommandError::new(message));
        }
        let password = variable("DJANGO_SUPERUSER_PASSWORD").map(Zeroizing::new);
        if !self.asks_for_email() {
            return Ok(SuperuserData { username, email: String::new(), password });
        }
        // The e-mail address may be blank but not missing; a blank option falls back to the environment.
        let email = match (options.email, variable("DJANGO_SUPERUSER_EMAIL")) {
            (Some(email), _) if !email.is_empty() => email,
            (_, Some(email)) | (Some(email), None) => email,
            (None, None) => return Err(required("email")),
        };
        if let Some(message) = email_error(&email) {
            return Err(CommandError::new(message));
        }
        Ok(SuperuserData { username, email, password })
    }

    fn ask(
        &self,
        project: &Project,
        options: CreateSuperuserOptions,
        prompt: &Prompt,
    ) -> Result<SuperuserData, CommandError> {
        let username = self.ask_username(project, options.username, prompt)?;
        let email = match options.email {
            _ if !self.asks_for_email() => String::new(),
            Some(email) => match email_error(&email) {
                Some(message) => return Err(CommandError::new(message)),
                None => email,
            },
            None => loop {
                let email = prompt.ask(&format!("{}: ", capfirst(gettext("email address"))))?;
                match email_error(&email) {
                    Some(message) => writeln!(stderr(), "Error: {message}")?,
                    None => break email,
                }
            },
        };
        let password = self.ask_password(&self.user_model.login_attributes(&username, &email), prompt)?;
        Ok(SuperuserData { username, email, password: Some(password) })
    }

    fn ask_password(
        &self,
        user: &UserAttributes<'_>,
        prompt: &Prompt,
    ) -> Result<Zeroizing<String>, CommandError> {
        loop {
            let password = prompt.ask_hidden("Password: ")?;
            if password != prompt.ask_hidden("Password (again): ")? {
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

    fn ask_username(
        &self,
        project: &Project,
        given: Option<String>,
        prompt: &Prompt,
    ) -> Result<String, CommandError> {
        if given.as_deref() == Some("") {
            return Err(CommandError::new(format!("{} cannot be blank.", self.title())));
        }
        let default = self.default_username(project)?;
        let question = match &default {
            Some(name) => format!("{} (leave blank to use '{name}'): ", self.title()),
            None => format!("{}: ", self.title()),
        };
        let mut username = given;
        loop {
            let name = match username.take() {
                Some(name) => name,
                None => {
                    let answer = prompt.ask(&question)?;
                    let name = default.clone().filter(|_| answer.is_empty()).unwrap_or(answer);
                    let message = match name.as_str() {
                        "" => Some(gettext("This field cannot be blank.").to_owned()),
                        name => self.syntax_error(name),
                    };
                    if let Some(message) = message {
                        writeln!(stderr(), "Error: {message}")?;
                        continue;
                    }
                    name
                }
            };
            match self.username_error(project, &name)? {
                Some(message) => writeln!(stderr(), "{message}")?,
                None => return Ok(name),
            }
        }
    }

    /// Checks a login, with Django's messages in Django's order.
    fn username_error(&self, project: &Project, username: &str) -> Result<Option<String>, CommandError> {
        let connection = &mut *project.database.get()?;
        let mut is_taken =
            |login: &str| User::get_by_natural_key(connection, login).map(|user| user.is_some());
        let taken = || format!("Error: That {} is already taken.", self.user_model.verbose_name());
        if is_taken(username)? {
            return Ok(Some(taken()));
        }
        if username.is_empty() {
            return Ok(Some(format!("{} cannot be blank.", self.title())));
        }
        if let Some(message) = self.syntax_error(username) {
            return Ok(Some(message));
        }
        // Also check the normalized login. Django does not, and fails at the insertion.
        Ok(is_taken(&self.user_model.normalize(username))?.then(taken))
    }

    /// Runs the login field's own validators.
    fn syntax_error(&self, username: &str) -> Option<String> {
        match self.user_model.username_field() {
            "username" => {
                Some(validate_username(username).join("; ")).filter(|messages| !messages.is_empty())
            }
            "email" => email_error(username),
            // Only Django knows the rules of a custom field.
            _ => None,
        }
    }

    /// The system user's name in ASCII, if no user has it yet (`get_default_username`). For a custom model the form of
    /// a login is unknown.
    fn default_username(&self, project: &Project) -> Result<Option<String>, CommandError> {
        if self.user_model.left_to_django().is_some() {
            return Ok(None);
        }
        let Some(name) = system_username(&project.env) else { return Ok(None) };
        let name: String =
            name.nfkd().filter(|c| c.is_ascii() && *c != ' ').map(|c| c.to_ascii_lowercase()).collect();
        Ok(self.username_error(project, &name)?.is_none().then_some(name))
    }

    /// Whether the e-mail address is a field of its own.
    fn asks_for_email(&self) -> bool {
        self.user_model.has_email() && !self.user_model.is_email()
    }

    /// The login field's name, capitalized.
    fn title(&self) -> String {
        capfirst(&self.user_model.verbose_name())
    }
}

/// A custom table may require more columns than are set here.
fn insertion_error(error: DatabaseError) -> CommandError {
    match error {
        DatabaseError::Query(QueryError::DatabaseError(DatabaseErrorKind::NotNullViolation, info)) => {
            CommandError::new(format!(
                "{}. The database has no default for a column of your user model: create the user in Django, which has one.",
                info.message()
            ))
        }
        error => error.into(),
    }
}

fn email_error(email: &str) -> Option<String> {
    if email.is_empty() {
        return None;
    }
    let mut messages = Vec::new();
    if !is_valid_email(email) {
        messages.push(gettext("Enter a valid email address.").to_owned());
    }
    let length = email.chars().count();
    if length > 254 {
        messages.push(too_long(254, length));
    }
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// The name of the user who runs the program (Python's `getpass.getuser`, using only the environment).
pub(super) fn system_username(env: &Env) -> Option<String> {
    ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .iter()
        .find_map(|name| env.variable(name).filter(|name| !name.is_empty()))
        .map(str::to_owned)
}
