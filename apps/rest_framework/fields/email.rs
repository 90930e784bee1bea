//! E-mail addresses as Django accepts them (`EmailValidator` and `DomainNameValidator` in django/core/validators.py).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether the text is an e-mail address: of at most 320 characters, with a domain of two labels or more, the
/// address of a host in brackets, or `localhost`.
pub(super) fn is_email(text: &str) -> bool {
    let Some((user, domain)) = text.rsplit_once('@') else { return false };
    text.chars().count() <= 320
        && (is_dot_atom(user) || is_quoted(user))
        && (domain == "localhost" || is_domain(domain) || is_literal(domain))
}

fn is_dot_atom(user: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-!#$%&'*+/=?^_`{}|~".contains(&byte);
    user.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(allowed))
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
            _ => false,
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

/// Whether the text is a part of a host's name.
pub(super) fn is_label(label: &str) -> bool {
    let length = label.chars().count();
    (1..=63).contains(&length)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_digit() || is_letter_or_hyphen(c))
}

/// Whether the text is the last part of a host's name.
pub(super) fn is_top_level(label: &str) -> bool {
    let length = label.chars().count();
    let punycode = label.get(..4).zip(label.get(4..)).is_some_and(|(prefix, rest)| {
        prefix.eq_ignore_ascii_case("xn--")
            && (1..=59).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let letters = (2..=63).contains(&length) && label.chars().all(is_letter_or_hyphen);
    (letters || punycode) && !label.starts_with('-') && !label.ends_with('-')
}

/// Django's range of letters includes everything of the first plane from U+00A1 on.
fn is_letter_or_hyphen(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '-' || ('\u{a1}'..='\u{ffff}').contains(&c)
}

fn is_literal(domain: &str) -> bool {
    let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    address.parse::<Ipv4Addr>().is_ok() || address.parse::<Ipv6Addr>().is_ok()
}
