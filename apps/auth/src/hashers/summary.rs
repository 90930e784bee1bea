//! Summarizes a stored hash's scheme and cost without revealing the hash (`safe_summary` of
//! `django/contrib/auth/hashers.py`).

use std::fmt;

use super::legacy::LEGACY;
use super::{PasswordHasher as _, UNUSABLE_PASSWORD_PREFIX, parse_cost};

/// A scheme and its cost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Summary {
    /// The scheme's name in `PASSWORD_HASHERS`.
    pub algorithm: &'static str,
    /// The settings that create such hashes, with their values: `PBKDF2_ITERATIONS`, 1000000.
    pub costs: Vec<(&'static str, u32)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm)?;
        if self.costs.is_empty() {
            return Ok(());
        }
        let costs: Vec<String> = self.costs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, " ({})", costs.join(" "))
    }
}

/// Returns the scheme and cost of a stored hash.
///
/// A description, if there is none: an unusable password, a scheme that only Django had, or anything else.
pub fn summarize(encoded: &str) -> Result<Summary, &'static str> {
    const OLD: [&str; 2] = ["crypt", "bcrypt_sha512"];
    if encoded.starts_with(UNUSABLE_PASSWORD_PREFIX) {
        return Err("unusable");
    }
    let parts: Vec<&str> = encoded.split('$').collect();
    if let Some(old) = OLD.iter().find(|old| parts.len() > 1 && parts.first() == Some(old)) {
        return Err(old);
    }
    let legacy = LEGACY.iter().find(|(.., hasher)| hasher.is_readable(encoded));
    if let Some((algorithm, ..)) = legacy {
        return Ok(Summary { algorithm, costs: Vec::new() });
    }
    current(&parts).ok_or("no known scheme")
}

fn current(parts: &[&str]) -> Option<Summary> {
    let cost = |index: usize| parts.get(index).and_then(|part| parse_cost(part));
    let algorithm =
        super::costs::SCHEMES.iter().map(|(name, ..)| *name).find(|name| parts.first() == Some(name))?;
    let costs = match algorithm {
        "pbkdf2_sha256" | "pbkdf2_sha1" => vec![("PBKDF2_ITERATIONS", cost(1)?)],
        "bcrypt_sha256" | "bcrypt" => vec![("BCRYPT_ROUNDS", parts.get(3)?.parse().ok()?)],
        "scrypt" => vec![
            ("SCRYPT_WORK_FACTOR", cost(1)?),
            ("SCRYPT_BLOCK_SIZE", cost(3)?),
            ("SCRYPT_PARALLELISM", cost(4)?),
        ],
        _ => {
            let mut parameters = parts.get(3)?.split(',');
            let mut next = |prefix| parse_cost(parameters.next()?.strip_prefix(prefix)?);
            let (memory, time, lanes) = (next("m=")?, next("t=")?, next("p=")?);
            vec![("ARGON2_MEMORY_COST", memory), ("ARGON2_TIME_COST", time), ("ARGON2_PARALLELISM", lanes)]
        }
    };
    Some(Summary { algorithm, costs })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hashes were made by Django 5.2, with the hash itself cut.
    #[test]
    fn a_summary_reveals_only_scheme_and_cost() {
        for (encoded, words) in [
            ("pbkdf2_sha256$1200000$salt$c2Vj", "pbkdf2_sha256 (PBKDF2_ITERATIONS=1200000)"),
            ("bcrypt_sha256$$2b$12$saltandhash", "bcrypt_sha256 (BCRYPT_ROUNDS=12)"),
            (
                "argon2$argon2id$v=19$m=102400,t=2,p=8$salt$hash",
                "argon2 (ARGON2_MEMORY_COST=102400 ARGON2_TIME_COST=2 ARGON2_PARALLELISM=8)",
            ),
            (
                "scrypt$16384$salt$8$5$hash",
                "scrypt (SCRYPT_WORK_FACTOR=16384 SCRYPT_BLOCK_SIZE=8 SCRYPT_PARALLELISM=5)",
            ),
        ] {
            assert_eq!(summarize(encoded).unwrap().to_string(), words);
        }
        assert_eq!(summarize("!abc"), Err("unusable"));
        assert_eq!(summarize("crypt$$hash"), Err("crypt"));
        for (start, words) in [("", "unsalted_md5"), ("md5$$", "unsalted_md5"), ("md5$salt$", "md5")] {
            let encoded = format!("{start}5f4dcc3b5aa765d61d8327deb882cf99");
            assert_eq!(summarize(&encoded).unwrap().to_string(), words);
        }
        for secret in ["md5$salt$s3cret", "s3crets3crets3crets3crets3cretab", "pbkdf2_sha256$s3cret$x$y", ""]
        {
            assert_eq!(summarize(secret), Err("no known scheme"));
        }
    }
}
