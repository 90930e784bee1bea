//! Validators that several apps share (`django/core/validators.py`).

use std::net::IpAddr;

/// Whether this is an e-mail address in Django's eyes (`EmailValidator`).
#[must_use]
pub fn is_valid_email(address: &str) -> bool {
    let Some((user, domain)) = address.rsplit_once('@') else { return false };
    // RFC 3696, erratum 1690: 64 characters, the @, 255 characters.
    address.chars().count() <= 320 && is_user(user) && (domain == "localhost" || is_domain(domain))
}

fn is_user(user: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(c);
    if let Some(quoted) = user.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return is_quoted_string(quoted);
    }
    user.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_quoted_string(content: &str) -> bool {
    let mut characters = content.chars();
    while let Some(c) = characters.next() {
        let valid = match c {
            '\\' => characters.next().is_some_and(|c| c.is_ascii() && !['\0', '\n', '\r'].contains(&c)),
            _ => c.is_ascii() && !['\0', '\t', '\n', '\r', ' ', '"'].contains(&c),
        };
        if !valid {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return literal.parse::<IpAddr>().is_ok();
    }
    let label = |label: &str, shortest: usize| {
        (shortest..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((names, top)) = domain.rsplit_once('.') else { return false };
    names.split('.').all(|name| label(name, 1)) && label(top, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_judged_as_django_judges_them() {
        let valid =
            ["a@b.co", "pepe+x@sub.example.com", "a@localhost", r#""a\ b"@c.de"#, "a@[127.0.0.1]", "a@[::1]"];
        for address in valid {
            assert!(is_valid_email(address), "{address}");
        }
        let invalid = [
            "",
            "a",
            "@b.co",
            "a@b",
            "a b@c.de",
            r#""a b"@c.de"#,
            "a@-b.co",
            "a@b-.co",
            "a@b.c",
            ".a@b.co",
            "a@b.co-",
            "a@[x]",
            "a@b.-c",
        ];
        for address in invalid {
            assert!(!is_valid_email(address), "{address}");
        }
    }
}
