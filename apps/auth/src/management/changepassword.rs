//! `manage changepassword [username]` (`django/contrib/auth/management/commands/changepassword.py`).

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};
use zeroize::Zeroizing;

use super::prompt::Prompt;
use crate::models::User;
use crate::password_validation::PasswordValidators;
use crate::passwords::Passwords;
use crate::user_model::UserModel;
use vitamin_framework::audit::Entry;
use vitamin_framework::management::{Command, CommandError, with_database_option};
use vitamin_framework::project::Project;

const MAX_TRIES: usize = 3;

pub(crate) struct ChangePassword {
    pub(crate) passwords: Passwords,
    pub(crate) validators: PasswordValidators,
    pub(crate) user_model: UserModel,
}

#[derive(Args)]
struct ChangePasswordOptions {
    /// Username to change password for; by default, it's the current username.
    username: Option<String>,
}

impl Command for ChangePassword {
    fn command(&self) -> clap::Command {
        let command = clap::Command::new("changepassword").about("Changes a user's password.");
        with_database_option(ChangePasswordOptions::augment_args(command))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = ChangePasswordOptions::from_arg_matches(arguments)?;
        let given = options.username.filter(|username| !username.is_empty());
        let username = given.or_else(|| super::createsuperuser::system_username(&project.env));
        let username = username.unwrap_or_default();
        let mut connection = project.database.get()?;
        let user = User::get_by_natural_key(&mut connection, &username)?
            .ok_or_else(|| CommandError::new(format!("user '{username}' does not exist")))?;
        // Typing may take minutes; free the connection meanwhile.
        drop(connection);
        writeln!(out, "Changing password for user '{}'", user.username)?;
        out.flush()?;
        let prompt = Prompt::or_input()?;
        let password = self.ask(&user, &prompt, out)?;
        let encoded = self
            .passwords
            .make_password(Some(&password))
            .map_err(|error| CommandError::new(error.to_string()))?;
        for event in user.set_password(&mut *project.database.get()?, &project.apps, &encoded)? {
            project.audit.record(&Entry::new(event).user(user.id, &user.username));
        }
        writeln!(out, "Password changed successfully for user '{}'", user.username)?;
        Ok(())
    }
}

impl ChangePassword {
    fn ask(
        &self,
        user: &User,
        prompt: &Prompt,
        out: &mut dyn Write,
    ) -> Result<Zeroizing<String>, CommandError> {
        let attributes = self.user_model.attributes(user);
        let ask_hidden = |question| match prompt.ask_hidden(question) {
            Ok(password) if !password.is_empty() => Ok(password),
            _ => Err(CommandError::new("aborted")),
        };
        for _ in 0..MAX_TRIES {
            let (first, second) = (ask_hidden("Password: ")?, ask_hidden("Password (again): ")?);
            if first != second {
                writeln!(out, "Passwords do not match. Please try again.")?;
                out.flush()?;
                continue;
            }
            match self.validators.validate_password(&first, &attributes) {
                Ok(()) => return Ok(first),
                Err(messages) => writeln!(std::io::stderr(), "{}", messages.join("\n"))?,
            }
        }
        Err(CommandError::new(format!(
            "Aborting password change for user '{}' after {MAX_TRIES} attempts",
            user.username
        )))
    }
}
