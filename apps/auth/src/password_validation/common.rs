//! `CommonPasswordValidator` and its list.

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use zeroize::Zeroizing;

use super::{PasswordValidator, UserAttributes};
use vitamin_framework::translation::gettext;

/// 19,640 common passwords in lower case, one per line: Royce Williams' list
/// (<https://gist.github.com/roycewilliams/226886fd01572964e1431ac8afc999ce>). The file is the one that Django
/// distributes as `django/contrib/auth/common-passwords.txt.gz` under the BSD-3-Clause licence.
static COMPRESSED: &[u8] = include_bytes!("../common-passwords.txt.gz");

#[expect(
    clippy::expect_used,
    reason = "the file is part of the program; without it the rule would silently be off"
)]
static LINES: LazyLock<String> = LazyLock::new(|| {
    let mut lines = String::new();
    GzDecoder::new(COMPRESSED).read_to_string(&mut lines).expect("the list of common passwords is readable");
    lines
});

pub(super) static PASSWORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| LINES.lines().map(strip).collect());

/// Rejects passwords on Django's list of common passwords, in any case.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommonPasswordValidator;

impl PasswordValidator for CommonPasswordValidator {
    fn validate(&self, password: &str, _user: &UserAttributes<'_>) -> Result<(), String> {
        if PASSWORDS.contains(strip(&Zeroizing::new(password.to_lowercase()))) {
            return Err(gettext("This password is too common.").to_owned());
        }
        Ok(())
    }

    fn get_help_text(&self) -> String {
        gettext("Your password can’t be a commonly used password.").to_owned()
    }
}

/// Python's `str.strip`, which also treats the four ASCII separators as white space.
fn strip(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter))
}
