//! Looks at the password hashes of the database when the server starts.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use super::hashers::{Summary, summarize};
use super::models::User;
use super::passwords::Passwords;
use vitamin_framework::database::{Database, DatabaseError};

/// The users that are looked at. Each kind of hash in use is among the newest, and the query is quick on any table.
const USERS: i64 = 100;

/// How long to wait for a database that is away, before the next try.
const RETRY: Duration = Duration::from_secs(2);

/// Tells the hashing threads which kinds of hashes there are, and the log which of them stay as they are although Django's rule
/// would rehash them. On a thread of its own, because the server starts without the database too.
pub(super) fn examine(database: &Database, passwords: &Passwords) {
    let (database, passwords) = (database.clone(), passwords.clone());
    let started = thread::Builder::new().name("hashes".to_owned()).spawn(move || work(&database, &passwords));
    if let Err(error) = started {
        log::warn!("The password hashes in use are not examined: {error}");
    }
}

fn work(database: &Database, passwords: &Passwords) {
    let newest = || -> Result<_, DatabaseError> { User::newest_passwords(&mut *database.get()?, USERS) };
    let hashes = loop {
        match newest() {
            Ok(hashes) => break hashes,
            Err(DatabaseError::Unavailable(_)) => thread::sleep(RETRY),
            // The table is missing, for example. Requests report it.
            Err(error) => return log::debug!("The password hashes in use are unknown: {error}"),
        }
    };
    let samples = one_of_each_kind(hashes);
    if let Some(notice) = notice(passwords, &samples) {
        log::warn!("{notice}");
    }
    passwords.expect(samples.into_values().collect());
}

fn one_of_each_kind(hashes: Vec<String>) -> BTreeMap<Summary, String> {
    hashes.into_iter().filter_map(|encoded| Some((summarize(&encoded).ok()?, encoded))).collect()
}

/// Names the kinds that would be rehashed, if the operator had chosen the hashers.
fn notice(passwords: &Passwords, samples: &BTreeMap<Summary, String>) -> Option<String> {
    let is_kept = |encoded: &str| passwords.hashers().must_update(encoded) && !passwords.rewrites(encoded);
    let kept: Vec<String> =
        samples.iter().filter(|(_, encoded)| is_kept(encoded)).map(|(kind, _)| kind.to_string()).collect();
    (!kept.is_empty()).then(|| {
        format!(
            "PASSWORD_HASHERS is not set, and users have passwords of {}. These are checked, and never rehashed. Set \
             PASSWORD_HASHERS as in your Django project (manage doctor prints it), or to the hashers that you prefer.",
            kept.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::PasswordSettings;
    use vitamin_framework::conf::Env;

    fn notice_with(settings: &[(&str, &str)], hashes: &[&str]) -> Option<String> {
        let env: Env = settings.iter().copied().collect();
        let passwords = Passwords::new(PasswordSettings::from_env(&env).unwrap());
        notice(&passwords, &one_of_each_kind(hashes.iter().map(|&hash| hash.to_owned()).collect()))
    }

    #[test]
    fn the_log_names_the_hashes_that_are_kept_and_only_those() {
        let django =
            "pbkdf2_sha256$1000000$Ab3dEf6hIj9lMn2pQr5tUv$AV+N4g+9iDMfT8mqj+9b6wBq5ObNqYj9TfMBpA+AX0c=";
        let own = "bcrypt_sha256$$2b$12$aaaaaaaaaaaaaaaaaaaaaeBg966WMS.bnZu93YmrbslBlRKCmgTa6";
        let notice = notice_with(&[], &[own, django, django, "!unusable", "md5$x$y", ""]).unwrap();
        assert!(notice.contains("passwords of pbkdf2_sha256 (PBKDF2_ITERATIONS=1000000). "), "{notice}");
        assert_eq!(notice_with(&[], &[own, own, "!"]), None);
        assert_eq!(notice_with(&[("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")], &[own, django]), None);
        // Another cost is as much another program's choice.
        assert!(notice_with(&[], &[&own.replace("$12$", "$13$")]).is_some());
        assert_eq!(notice_with(&[("BCRYPT_ROUNDS", "13")], &[own]), None);
    }
}
