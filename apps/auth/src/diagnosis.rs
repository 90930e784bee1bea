//! The checks of `manage doctor` on users, passwords and sessions.

mod user_model;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::hashers::{Hashers, Summary, is_legacy, summarize};
use super::models::User;
use super::passwords::Passwords;
use super::session_data::SessionData;
use super::session_engine::SessionEngine;
use super::sessions::SessionSettings;
use super::user_model::UserModel;
use crate::schema::{
    auth_group, auth_group_permissions, auth_permission, auth_user, auth_user_groups,
    auth_user_user_permissions, django_content_type, django_session,
};
use vitamin_framework::database::needs::NeededTable;
use vitamin_framework::database::{DatabaseError, DbConnection, Moment, OptionalMoment, UserId, now};
use vitamin_framework::diagnosis::{Examination, Severity};

/// Number of rows per query.
const BATCH: i64 = 2000;
/// Number of newest rows that are checked one by one.
const NEWEST: i64 = 20;

pub(super) fn tables(model: &UserModel) -> Vec<NeededTable> {
    let mut tables = vec![
        NeededTable::new(auth_user::table)
            .unique(&[&[auth_user::id::NAME], &[auth_user::username::NAME]])
            .may_be_null(&[
                auth_user::username::NAME,
                auth_user::email::NAME,
                auth_user::first_name::NAME,
                auth_user::last_name::NAME,
            ])
            .written_by("create users in Django, not here"),
        NeededTable::new(auth_group::table),
        NeededTable::new(auth_permission::table),
        NeededTable::new(auth_group_permissions::table),
        NeededTable::new(django_content_type::table),
        NeededTable::new(django_session::table).unique(&[&[django_session::session_key::NAME]]).written(),
    ];
    if model.has_permissions() {
        tables.push(NeededTable::new(auth_user_groups::table));
        tables.push(NeededTable::new(auth_user_user_permissions::table));
    }
    tables
}

pub(super) fn diagnose(
    passwords: &Passwords,
    settings: &SessionSettings,
    model: &UserModel,
    examination: &mut Examination<'_>,
) -> Result<(), DatabaseError> {
    user_model::diagnose(model, examination)?;
    if examination.can_read(auth_user::table) {
        check_users(examination)?;
        check_passwords(passwords, examination)?;
    }
    if examination.can_read(django_session::table) {
        check_sessions(settings, examination)?;
    }
    Ok(())
}

fn check_users(examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
    let newest = auth_user::table
        .order(auth_user::date_joined.desc())
        .limit(NEWEST)
        .select(User::as_select())
        .load::<User>(examination.connection);
    let last_login = auth_user::table
        .select(diesel::dsl::max(auth_user::last_login))
        .get_result::<OptionalMoment>(examination.connection);
    let (newest, last_login) = (readable(newest)?, readable(last_login)?);
    if newest.is_none() || last_login.is_none() {
        let table = examination.settings.database.names.table("auth_user");
        let message = format!("A row of {table} can't be read: a value does not have its column's type.");
        examination.diagnosis.add("Users", Severity::Problem, message);
    }
    let joined = newest.into_iter().flatten().map(|user| user.date_joined);
    check_times(joined.chain(last_login.and_then(Into::into)).max(), examination)
}

/// `None`: a value can't be read, such as PostgreSQL's `infinity` as a time. The error's message may contain the value.
fn readable<T>(result: QueryResult<T>) -> Result<Option<T>, DatabaseError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(diesel::result::Error::DeserializationError(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks that Django and this program use the same time zone. A time in SQLite has no zone, so only a time in the
/// future reveals a difference.
fn check_times(
    newest: Option<NaiveDateTime>,
    examination: &mut Examination<'_>,
) -> Result<(), DatabaseError> {
    const SECTION: &str = "Times";
    let soon = now(examination.connection)? + TimeDelta::minutes(5);
    let (database, diagnosis) = (&examination.settings.database, &mut *examination.diagnosis);
    let ahead = newest.filter(|newest| *newest > soon);
    if !database.url.is_sqlite() {
        if ahead.is_some() {
            let message = "A user's date_joined or last_login is in the future: a machine's clock is wrong.";
            diagnosis.add(SECTION, Severity::Warning, message);
        }
        return Ok(());
    }
    let zone = database.time_zone.name();
    match (database.time_zone.use_tz(), ahead) {
        (true, Some(_)) => {
            let message = "A user's date_joined or last_login is in the future. With USE_TZ = False Django writes local times of \
                           its TIME_ZONE, but they are read as UTC here: set both to Django's values.";
            diagnosis.add(SECTION, Severity::Warning, message);
            diagnosis.propose_setting("USE_TZ", "false");
            diagnosis.propose_setting("TIME_ZONE", "<the TIME_ZONE of Django's settings>");
        }
        (false, Some(_)) => {
            let message = format!(
                "A user's date_joined or last_login is in the future. Times are read in {zone} here (USE_TZ=false): Django's \
                 TIME_ZONE differs, or it has USE_TZ = True, its default, and writes UTC."
            );
            diagnosis.add(SECTION, Severity::Warning, message);
        }
        (false, None) => {
            let message = format!(
                "Times are read and written in {zone}, which is correct if Django has USE_TZ = False and this \
                 TIME_ZONE. The rows do not show it."
            );
            diagnosis.add(SECTION, Severity::Note, message);
        }
        (true, None) => {}
    }
    Ok(())
}

/// For each scheme and cost: the number of hashes, and how many of them the next login would rehash.
type HashCounts = BTreeMap<Result<Summary, &'static str>, (u64, u64)>;

/// HashCounts all stored hashes.
fn count_hashes(passwords: &Passwords, connection: &mut DbConnection) -> Result<HashCounts, DatabaseError> {
    let mut counts = HashCounts::new();
    let mut last: Option<UserId> = None;
    loop {
        let batch =
            auth_user::table.order(auth_user::id).limit(BATCH).select((auth_user::id, auth_user::password));
        let rows: Vec<(UserId, String)> = match last {
            None => batch.load(connection)?,
            Some(last) => batch.filter(auth_user::id.gt(last)).load(connection)?,
        };
        let Some((id, _)) = rows.last() else { return Ok(counts) };
        last = Some(*id);
        for (_, encoded) in &rows {
            let (all, rewritten) = counts.entry(summarize(encoded)).or_default();
            *all += 1;
            *rewritten += u64::from(passwords.rewrites(encoded));
        }
    }
}

/// Returns the hash that Django probably wrote last: that of the last login or of the newest user, whichever is later.
fn last_written_hash(connection: &mut DbConnection) -> Result<Option<String>, DatabaseError> {
    let usable = || auth_user::table.filter(auth_user::password.not_like("!%")).limit(1);
    let by_login: QueryResult<(OptionalMoment, String)> = usable()
        .filter(auth_user::last_login.is_not_null())
        .order(auth_user::last_login.desc())
        .select((auth_user::last_login, auth_user::password))
        .get_result(connection);
    let by_joining: QueryResult<(Moment, String)> = usable()
        .order(auth_user::date_joined.desc())
        .select((auth_user::date_joined, auth_user::password))
        .get_result(connection);
    let by_login = readable(by_login.optional())?.flatten().map(|(login, encoded)| (login.into(), encoded));
    let by_joining =
        readable(by_joining.optional())?.flatten().map(|(joined, encoded)| (Some(joined.into()), encoded));
    let last: Option<(Option<NaiveDateTime>, String)> =
        by_login.into_iter().chain(by_joining).max_by_key(|(moment, _)| *moment);
    Ok(last.map(|(_, encoded)| encoded))
}

fn check_passwords(passwords: &Passwords, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
    const SECTION: &str = "Passwords";
    let hashers = passwords.hashers();
    let preferred = hashers.preferred().algorithm();
    let counts = count_hashes(passwords, examination.connection)?;
    let last = last_written_hash(examination.connection)?;
    let diagnosis = &mut *examination.diagnosis;
    if counts.is_empty() {
        diagnosis.add(SECTION, Severity::Note, "There are no users yet.");
    }
    for name in hashers.unknown() {
        let message = format!(
            "PASSWORD_HASHERS names {name}, which is skipped: it is no hasher of Django's. Users whose hashes only that class \
             reads can't log in here."
        );
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    let legacy: Vec<&'static str> =
        counts.keys().flatten().map(|summary| summary.algorithm).filter(|name| is_legacy(name)).collect();
    let hashers_setting = |first: &'static str| hashers_setting(first, &legacy);
    for (summary, (all, rewritten)) in &counts {
        match summary {
            Err("unusable") => {
                diagnosis.add(
                    SECTION,
                    Severity::Fine,
                    format!("{all} unusable, as made by Django's set_unusable_password."),
                );
            }
            Err(words) => {
                let message =
                    format!("{all} of {words}: these users can't log in here until Django rehashes them.");
                diagnosis.add(SECTION, Severity::Problem, message);
            }
            Ok(summary) if !hashers.reads(summary.algorithm) => {
                let message = format!(
                    "{all} of {summary}, which PASSWORD_HASHERS omits: these users can't log in here."
                );
                diagnosis.add(SECTION, Severity::Problem, message);
                diagnosis.propose_setting("PASSWORD_HASHERS", hashers_setting(preferred));
            }
            Ok(summary) if *rewritten == 0 => {
                diagnosis.add(SECTION, Severity::Fine, format!("{all} of {summary}, which stay unchanged."));
            }
            Ok(summary) => {
                let message =
                    format!("{all} of {summary}; the next login here rehashes {rewritten} of them.");
                diagnosis.add(SECTION, Severity::Note, message);
            }
        }
    }
    // Django writes a legacy hash only if its settings prefer one, as those of tests do.
    let summary = |last: &String| summarize(last).ok().filter(|summary| !is_legacy(summary.algorithm));
    let Some((last, summary)) = last.and_then(|last| summary(&last).map(|summary| (last, summary))) else {
        return Ok(());
    };
    if hashers.must_update(&last) {
        let here = if summary.algorithm == preferred {
            "another cost is set here"
        } else {
            "another scheme is preferred here"
        };
        let consequence = if passwords.rewrites(&last) {
            "The two would replace each other's hashes at every login, and lock out users whose scheme Django lacks."
        } else {
            "Logins here leave such hashes as they are, but new passwords get the other one."
        };
        let message = format!(
            "The newest hash is of {summary}, so Django probably prefers that; {here} \
             (first of PASSWORD_HASHERS: {preferred}). {consequence} If Django's PASSWORD_HASHERS begins with yet another scheme, name that one."
        );
        diagnosis.add(SECTION, Severity::Problem, message);
        diagnosis.propose_setting("PASSWORD_HASHERS", hashers_setting(summary.algorithm));
        for (variable, value) in summary.costs {
            diagnosis.propose_setting(variable, value.to_string());
        }
    } else {
        diagnosis.add(
            SECTION,
            Severity::Fine,
            format!("Both sides prefer {summary}, as far as the rows show."),
        );
    }
    Ok(())
}

/// The value of `PASSWORD_HASHERS` with all schemes, this one first, and the legacy schemes that there are hashes of.
fn hashers_setting(first: &'static str, legacy: &[&'static str]) -> String {
    let others = Hashers::algorithms().chain(legacy.iter().copied()).filter(|name| *name != first);
    std::iter::once(first).chain(others).collect::<Vec<_>>().join(",")
}

fn check_sessions(
    settings: &SessionSettings,
    examination: &mut Examination<'_>,
) -> Result<(), DatabaseError> {
    const SECTION: &str = "Sessions";
    if matches!(settings.engine, SessionEngine::SignedCookies { .. }) {
        let message = "They are in cookies (SESSION_ENGINE), so there is none to check SECRET_KEY with. It must be Django's.";
        examination.diagnosis.add(SECTION, Severity::Note, message);
        return Ok(());
    }
    let newest: Vec<String> = django_session::table
        .order(django_session::expire_date.desc())
        .limit(NEWEST)
        .select(django_session::session_data)
        .load(examination.connection)?;
    let keys = examination.settings.http.signing_keys();
    let diagnosis = &mut *examination.diagnosis;
    if newest.is_empty() {
        let message = "There are none to check SECRET_KEY with. It must be Django's, and SESSION_ENGINE the database's.";
        diagnosis.add(SECTION, Severity::Note, message);
        return Ok(());
    }
    let read: Vec<SessionData> =
        newest.iter().filter_map(|data| SessionData::decode(data, &keys).ok()).collect();
    let backends: BTreeSet<&str> = read.iter().filter_map(SessionData::backend).collect();
    let unknown: Vec<&str> = backends
        .into_iter()
        .filter(|name| !settings.authentication_backends.iter().any(|known| known == name))
        .collect();
    if !unknown.is_empty() {
        let message = format!(
            "{} logs users in, but AUTHENTICATION_BACKENDS does not name it: their sessions are not accepted here.",
            unknown.join(", ")
        );
        diagnosis.add(SECTION, Severity::Warning, message);
        let all = settings.authentication_backends.iter().map(String::as_str).chain(unknown);
        diagnosis.propose_setting("AUTHENTICATION_BACKENDS", all.collect::<Vec<_>>().join(","));
    }
    if read.is_empty() {
        let message = format!(
            "None of the {} newest can be read: SECRET_KEY, and SECRET_KEY_FALLBACKS, must be Django's, and \
             SESSION_SERIALIZER its JSONSerializer. Sessions from Django are not accepted here.",
            newest.len()
        );
        diagnosis.add(SECTION, Severity::Problem, message);
        diagnosis.propose_setting("SECRET_KEY", "<the SECRET_KEY of Django's settings>");
    } else {
        diagnosis.add(SECTION, Severity::Fine, "SECRET_KEY is the one that signs Django's sessions.");
    }
    Ok(())
}
