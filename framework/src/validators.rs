//! Validators that several apps share (`django/core/validators.py`).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Django's `EmailValidator`: at most 320 characters, and a domain of two or more labels, a bracketed IP address, or
/// `localhost`.
#[must_use]
pub fn is_valid_email(address: &str) -> bool {
    let Some((user, domain)) = address.rsplit_once('@') else { return false };
    // RFC 3696, erratum 1690: 64 characters, the @, 255 characters.
    address.chars().count() <= 320
        && (is_dot_atom(user) || is_quoted(user))
        && (domain == "localhost" || is_domain(domain) || is_literal(domain))
}

fn is_dot_atom(user: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+/=?^_`{}|~".contains(c) || is_folded(c);
    user.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

/// The other letters that Python's `re.IGNORECASE` finds among the ASCII letters: dotted I, dotless i, long s and Kelvin.
const fn is_folded(c: char) -> bool {
    matches!(c, '\u{130}' | '\u{131}' | '\u{17f}' | '\u{212a}')
}

fn is_quoted(user: &str) -> bool {
    let Some(inner) = user.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let allowed = match c {
            '\\' => {
                matches!(chars.next(), Some('\u{1}'..='\u{9}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{7f}'))
            }
            '\u{1}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '!' | '#'..='[' | ']'..='\u{7f}' => {
                true
            }
            other => is_folded(other),
        };
        if !allowed {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    let Some((labels, top)) = domain.rsplit_once('.') else { return false };
    labels.split('.').all(is_label) && is_top_level(top)
}

/// Returns whether this is a label of a host name (`DomainNameValidator`).
#[must_use]
pub fn is_label(label: &str) -> bool {
    let length = label.chars().count();
    (1..=63).contains(&length)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_digit() || is_letter_or_hyphen(c))
}

/// Returns whether this is a valid top-level domain: letters, or punycode.
#[must_use]
pub fn is_top_level(label: &str) -> bool {
    let length = label.chars().count();
    let punycode = label.get(..4).zip(label.get(4..)).is_some_and(|(prefix, rest)| {
        prefix.eq_ignore_ascii_case("xn--")
            && (1..=59).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let letters = (2..=63).contains(&length) && label.chars().all(is_letter_or_hyphen);
    (letters || punycode) && !label.starts_with('-') && !label.ends_with('-')
}

/// Django counts all characters of the first plane from U+00A1 on as letters.
fn is_letter_or_hyphen(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '-' || ('\u{a1}'..='\u{ffff}').contains(&c)
}

fn is_literal(domain: &str) -> bool {
    let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    address.parse::<Ipv4Addr>().is_ok() || address.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_validated_like_in_django() {
        let valid = [
            "a@b.co",
            "pepe+x@sub.example.com",
            "a@localhost",
            r#""a\ b"@c.de"#,
            "\"a\u{1}b\"@c.de",
            "a@[127.0.0.1]",
            "a@[::1]",
            "a@exámple.com",
            "a@example.рф",
            "a@example.xn--p1ai",
            "a@1.2.de",
            "\u{130}\u{131}.\u{17f}\u{212a}@b.co",
            "\"\u{130}\"@b.co",
        ];
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
            "a@1.2.3.44",
            "a@b.c1",
            "a@b.d3e",
            "a@b.xn--",
            "\u{e9}@b.co",
        ];
        for address in invalid {
            assert!(!is_valid_email(address), "{address}");
        }
    }
}
