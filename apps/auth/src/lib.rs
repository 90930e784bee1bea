//! Users and their passwords (`django.contrib.auth`): the models, the hashers, `authenticate()`, and the commands
//! `createsuperuser` and `changepassword`.

mod alarm;
pub mod backends;
mod checks;
mod comparison;
pub mod content_types;
mod deletion;
mod diagnosis;
mod failure_time;
pub mod groups;
pub mod hashers;
mod hashes_in_use;
mod login_counts;
mod login_throttle;
mod management;
pub mod models;
mod new_user;
pub mod password_validation;
pub mod passwords;
pub mod permissions;
pub mod public_user;
#[expect(missing_docs, reason = "written by diesel; the models document the columns")]
pub mod schema;
pub mod session_data;
pub mod session_engine;
mod session_login;
mod session_update;
pub mod sessions;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod user_model;
pub mod validators;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

pub use self::backends::{AuthenticationError, RemoteUserBackend, authenticate};
pub use self::content_types::ContentType;
pub use self::groups::{Group, Permission};
use self::login_counts::LoginCounts;
pub use self::login_throttle::LoginThrottle;
pub use self::models::User;
use self::password_validation::{CLASSES, PasswordValidators, class_name};
use self::passwords::{PasswordSettings, Passwords};
pub use self::public_user::PublicUser;
pub use self::session_login::{login, logout};
pub use self::session_update::SessionUpdate;
use self::sessions::SessionSettings;
pub use self::user_model::UserModel;
use vitamin_framework::app::App;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::conf::list::words;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
pub use vitamin_framework::database::UserId;
use vitamin_framework::database::migrations::{AppMigrations, migrations};
use vitamin_framework::database::needs::NeededTable;
use vitamin_framework::database::{Database, DatabaseError, Names};
use vitamin_framework::deletion::UserRelation;
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings, Examination};
use vitamin_framework::management::Command;
use vitamin_framework::metrics::Snapshot;
use vitamin_framework::models::{Model as _, ModelMeta};

/// The app: the project's user model, hashers, validators and session settings.
pub struct Auth {
    passwords: Passwords,
    login_throttle: LoginThrottle,
    login_counts: Arc<LoginCounts>,
    validators: PasswordValidators,
    /// The names of the validators' classes.
    validator_names: Vec<&'static str>,
    sessions: SessionSettings,
    user_model: UserModel,
}

impl Auth {
    /// Creates the app with the environment's settings.
    ///
    /// A variable has an unusable value; the first one is named.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let validators = match env.raw("AUTH_PASSWORD_VALIDATORS") {
            // An empty list disables validation, which is Django's own default.
            Some(names) => PasswordValidators::from_setting(names)
                .map_err(|error| ImproperlyConfigured::new(error.to_string()))?,
            None => PasswordValidators::default(),
        };
        let validator_names = match env.raw("AUTH_PASSWORD_VALIDATORS") {
            Some(names) => words(names).iter().filter_map(|name| class_name(name)).collect(),
            None => CLASSES.to_vec(),
        };
        let user_model = UserModel::from_env(env)?;
        Ok(Self {
            passwords: Passwords::new(PasswordSettings::from_env(env)?),
            login_throttle: LoginThrottle::from_env(env)?,
            login_counts: Arc::default(),
            validators,
            validator_names,
            sessions: SessionSettings { user_key: user_model.key(), ..SessionSettings::from_env(env)? },
            user_model,
        })
    }

    /// Hashes and checks passwords.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }
}

impl App for Auth {
    fn label(&self) -> &'static str {
        "auth"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.passwords.clone()))
            .app_data(Data::new(self.validators.clone()))
            .app_data(Data::new(self.login_throttle.clone()))
            .app_data(Data::from(Arc::clone(&self.login_counts)))
            .app_data(Data::new(self.sessions.clone()))
            .app_data(Data::new(self.user_model.clone()));
    }

    fn ready(&self, database: &Database) {
        hashes_in_use::examine(database, &self.passwords);
    }

    fn metrics(&self, metrics: &mut Snapshot) {
        self.login_counts.collect(metrics);
        self.passwords.collect(metrics);
    }

    fn settings(&self) -> Vec<Setting> {
        [
            user_model::SETTINGS,
            sessions::SETTINGS,
            session_engine::SETTINGS,
            passwords::SETTINGS,
            login_throttle::SETTINGS,
            password_validation::SETTINGS,
            management::SETTINGS,
        ]
        .concat()
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![
            Box::new(management::ChangePassword {
                passwords: self.passwords.clone(),
                validators: self.validators.clone(),
                user_model: self.user_model.clone(),
            }),
            Box::new(management::CreateSuperuser {
                passwords: self.passwords.clone(),
                validators: self.validators.clone(),
                user_model: self.user_model.clone(),
            }),
        ]
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![
            migrations!("migrations/contenttypes").label("contenttypes"),
            migrations!("migrations/auth"),
            migrations!("migrations/sessions").label("sessions"),
        ]
    }

    fn names(&self, names: &mut Names) {
        self.user_model.names(names);
    }

    fn checks(&self, deploy: bool) -> Vec<CheckMessage> {
        let deployment = deploy.then(|| checks::deployment_checks(&self.login_throttle)).flatten();
        checks::checks(self.passwords.hashers()).into_iter().chain(deployment).collect()
    }

    fn left_to_django(&self) -> Option<&'static str> {
        self.user_model.left_to_django()
    }

    fn tables(&self) -> Vec<NeededTable> {
        diagnosis::tables(&self.user_model)
    }

    fn diagnose(&self, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        diagnosis::diagnose(&self.passwords, &self.sessions, &self.user_model, examination)
    }

    fn compare(&self, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
        comparison::compare(
            self.passwords.hashers(),
            &self.user_model,
            &self.validator_names,
            django,
            diagnosis,
        );
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![PublicUser::META]
    }

    fn related_to_user(&self) -> Vec<UserRelation> {
        deletion::related_to_user()
    }
}

#[cfg(test)]
mod tests {
    use vitamin_framework::conf::Fallback;

    use super::passwords::Rewriting;
    use super::*;

    /// Setting every default explicitly changes nothing, except that the operator has then decided about hashes.
    #[test]
    fn the_declared_defaults_are_the_real_ones() {
        let unset = Env::from_iter::<[(&str, &str); 0]>([]);
        let settings = Auth::from_env(&unset).unwrap().settings();
        let defaults = settings.into_iter().filter_map(|setting| match setting.default {
            Fallback::Value(value) => Some((setting.name, value)),
            Fallback::Unset | Fallback::Described(_) => None,
        });
        let [explicit, unset] = [defaults.collect(), unset].map(|env| {
            let auth = Auth::from_env(&env).unwrap();
            let passwords = PasswordSettings::from_env(&env).unwrap();
            let passwords = PasswordSettings { rewriting: Rewriting::All, ..passwords };
            format!("{passwords:?} {:?} {:?} {:?}", auth.login_throttle, auth.sessions, auth.user_model)
        });
        assert_eq!(explicit, unset);
    }
}
