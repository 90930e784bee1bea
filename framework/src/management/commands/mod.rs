//! The commands of the framework itself (`django/core/management/commands`).

mod adoption;
mod check;
mod collectmigrations;
mod diffsettings;
mod doctor;
mod migrate;
mod runserver;
mod shadow;
mod showmigrations;

use super::base::Command;

/// The commands, in the order of `manage help`.
pub(super) fn all() -> Vec<Box<dyn Command>> {
    vec![
        Box::new(check::Check),
        Box::new(collectmigrations::CollectMigrations),
        Box::new(diffsettings::DiffSettings),
        Box::new(doctor::Doctor),
        Box::new(migrate::Migrate),
        Box::new(runserver::RunServer),
        Box::new(shadow::Shadow),
        Box::new(showmigrations::ShowMigrations),
    ]
}
