//! Puts values into translated messages. A translation may name them in another order, so it is read at run time.

use std::fmt::{Display, Write as _};

/// Replaces `{name}` by the value of that name (Python's `str.format`).
///
/// ```
/// use vitamin_framework::translation::format;
///
/// assert_eq!(format("At most {max}, not {n}.", &[("n", &"{max}"), ("max", &3)]), "At most 3, not {max}.");
/// ```
#[must_use]
pub fn format(message: &str, values: &[(&str, &dyn Display)]) -> String {
    replace(message, values, "{", |rest| rest.split_once('}'))
}

/// Replaces `%(name)s` and `%(name)d` by the value of that name, and `%%` by `%` (Python's operator `%`).
///
/// ```
/// use vitamin_framework::translation::percent_format;
///
/// assert_eq!(percent_format("%(n)d%% of %(all)s", &[("n", &5), ("all", &"9")]), "5% of 9");
/// ```
#[must_use]
pub fn percent_format(message: &str, values: &[(&str, &dyn Display)]) -> String {
    let whole = message.split("%%").map(|part| {
        replace(part, values, "%(", |rest| {
            let (name, rest) = rest.split_once(')')?;
            Some((name, rest.strip_prefix(['s', 'd'])?))
        })
    });
    whole.collect::<Vec<_>>().join("%")
}

/// `name` returns the name at the beginning of a text, and what follows the placeholder. A placeholder without a value stays.
fn replace<'a>(
    message: &'a str,
    values: &[(&str, &dyn Display)],
    open: &str,
    name: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once(open) {
        text.push_str(before);
        let value = name(after).and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after))
        });
        rest = match value {
            Some((value, after)) => {
                // Writing to a string does not fail.
                let _ = write!(text, "{value}");
                after
            }
            None => {
                text.push_str(open);
                after
            }
        };
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_placeholder_stays() {
        let values: &[(&str, &dyn Display)] = &[("n", &1)];
        for message in ["{", "{m}", "{n", "}", "a {} b"] {
            assert_eq!(format(message, values), message);
        }
        for message in ["%(n)", "%(m)s", "%n", "%(n"] {
            assert_eq!(percent_format(message, values), message);
        }
        assert_eq!(percent_format("%%(n)s %(n)s", values), "%(n)s 1");
    }
}
