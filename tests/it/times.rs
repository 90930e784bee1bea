//! `TIME_ZONE` and `USE_TZ`: the times written to rows, and when a session expires.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use vitamin::auth::schema::{auth_user, django_session};
use vitamin::auth::session_data::{SessionData, session_auth_hash};
use vitamin::authtoken::schema::authtoken_token;

use crate::support::*;

database_tests!(
    without_use_tz_sqlite_has_local_times,
    a_session_expires_in_the_same_time_zone,
    the_doctor_reports_times_in_the_future,
    an_invalid_time_locks_nobody_out,
);

diesel::table! {
    django_migrations (id) {
        id -> BigInt,
        applied -> Timestamp,
    }
}

/// Asia/Kolkata's offset; it has no summer time.
const AHEAD: TimeDelta = TimeDelta::minutes(330);

fn local(manage: ManageCommand) -> ManageCommand {
    manage.env("TIME_ZONE", "Asia/Kolkata").env("USE_TZ", "false")
}

/// The current time as the database stores it.
fn clock(database: &TestDatabase) -> NaiveDateTime {
    Utc::now().naive_utc() + if database.is_sqlite() { AHEAD } else { TimeDelta::zero() }
}

fn without_use_tz_sqlite_has_local_times(database: &TestDatabase) {
    local(database.manage(&["migrate"])).run().expect_success();
    let options = ["createsuperuser", "--noinput", "--username", "joe", "--email", ""];
    local(database.manage(&options)).env("DJANGO_SUPERUSER_PASSWORD", "aaaa").run().expect_success();
    let server = local(database.runserver()).serve();
    assert_eq!(server.anonymous().post("/", "user=joe&password=aaaa").status, 200);
    let connection = &mut *database.connection();
    let mut times: Vec<NaiveDateTime> =
        django_migrations::table.select(django_migrations::applied).load(connection).unwrap();
    assert!(times.len() > 10);
    times.push(auth_user::table.select(auth_user::date_joined).get_result(connection).unwrap());
    times.push(authtoken_token::table.select(authtoken_token::created).get_result(connection).unwrap());
    for time in times {
        let age = (clock(database) - time).num_seconds();
        assert!((0..60).contains(&age), "{time}");
    }
}

fn a_session_expires_in_the_same_time_zone(database: &TestDatabase) {
    database.migrate().create_user("joe", "aaaa");
    let joe = database.user("joe").unwrap();
    let mut session = SessionData::default();
    let hash = session_auth_hash(&joe.password, SECRET_KEY.as_bytes());
    session.log_in(joe.id, "django.contrib.auth.backends.ModelBackend", &hash);
    diesel::insert_into(django_session::table)
        .values((
            django_session::session_key.eq("the-session-of-joe"),
            django_session::session_data.eq(session.encode(&[SECRET_KEY.as_bytes()]).unwrap()),
            django_session::expire_date.eq(clock(database)),
        ))
        .execute(&mut *database.connection())
        .unwrap();
    let server = local(database.runserver()).serve();
    for (seconds, status) in [(60, 403), (-60, 401)] {
        diesel::update(django_session::table)
            .set(django_session::expire_date.eq(clock(database) + TimeDelta::seconds(seconds)))
            .execute(&mut *database.connection())
            .unwrap();
        let request =
            server.anonymous().request("POST", "/").header("cookie", "sessionid=the-session-of-joe");
        // A logged-in request lacks a CSRF token; an anonymous one lacks a password.
        assert_eq!(request.body("application/json", "{}").send().status, status, "{seconds}");
    }
}

fn the_doctor_reports_times_in_the_future(database: &TestDatabase) {
    database.migrate().create_user("joe", "aaaa");
    let run_doctor = |manage: ManageCommand| manage.run().expect_success();
    let note = "Times are read and written in Asia/Kolkata";
    assert_eq!(run_doctor(local(database.manage(&["doctor"]))).contains(note), database.is_sqlite());
    diesel::update(auth_user::table)
        .set(auth_user::last_login.eq(Some(Utc::now().naive_utc() + AHEAD)))
        .execute(&mut *database.connection())
        .unwrap();
    let report = run_doctor(database.manage(&["doctor"]));
    assert!(
        report.contains("A user's date_joined or last_login is in the future")
            && report.contains(" 1 warning."),
        "{report}"
    );
    assert_eq!(report.contains("USE_TZ=false\nTIME_ZONE="), database.is_sqlite(), "{report}");
    // On PostgreSQL no setting can cause this.
    let report = run_doctor(local(database.manage(&["doctor"])));
    assert_eq!(report.contains(" 0 warnings."), database.is_sqlite(), "{report}");
}

/// SQLite stores any text as a time, and Django reads it as None.
fn an_invalid_time_locks_nobody_out(database: &TestDatabase) {
    if !database.is_sqlite() {
        return;
    }
    database.migrate().create_user("joe", "aaaa");
    let server = database.serve();
    let key = server.anonymous().post("/", "user=joe&password=aaaa").key();
    for time in ["'2024-01-01'", "''", "'soon'", "1704067200"] {
        let update = format!(
            "UPDATE auth_user SET last_login = {time}, date_joined = {time}; UPDATE authtoken_token SET created = {time}"
        );
        database.connection().batch_execute(&update).unwrap();
        assert_eq!(server.token(&key).get("/auth/").status, 200, "{time}");
        assert_eq!(server.anonymous().post("/", "user=joe&password=aaaa").key(), key, "{time}");
        assert_eq!(database.user("joe").unwrap().last_login, None, "{time}");
    }
}
