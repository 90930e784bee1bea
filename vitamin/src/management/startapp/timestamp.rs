//! The time in the name of an app's first migration.

use chrono::{NaiveDateTime, TimeDelta, Utc};

use crate::project::Project;

/// diesel's command names migrations like this.
const FORMAT: &str = "%Y-%m-%d-%H%M%S";

/// The time now, or after the project's last migration if that is later: migrations run in the order of their names, and
/// the app's table refers to a table of an installed app.
pub(super) fn next(project: &Project) -> String {
    let names = project.apps.migrations().iter().map(|(_, migration)| migration.name);
    after(names, Utc::now().naive_utc())
}

fn after<'a>(names: impl Iterator<Item = &'a str>, now: NaiveDateTime) -> String {
    let time = |name: &str| NaiveDateTime::parse_from_str(name.split('_').next()?, FORMAT).ok();
    let last = names.filter_map(time).max();
    let after_last = last.and_then(|last| last.checked_add_signed(TimeDelta::seconds(1)));
    after_last.map_or(now, |time| time.max(now)).format(FORMAT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_comes_after_those_before_it() {
        let now = NaiveDateTime::parse_from_str("2026-05-06-070809", FORMAT).unwrap();
        assert_eq!(after(["2026-01-01-000000_auth_initial"].into_iter(), now), "2026-05-06-070809");
        let names = ["2026-11-23-000259_auth_initial", "2026-05-01-000000_other"];
        assert_eq!(after(names.into_iter(), now), "2026-11-23-000300");
        assert_eq!(after([].into_iter(), now), "2026-05-06-070809");
    }
}
