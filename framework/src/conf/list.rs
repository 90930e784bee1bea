//! Lists in the forms in which Django projects write them: `a,b`, `a b`, `['a', 'b']`, `["a", "b"]`, `('a', 'b')`.

/// Returns the items between commas, or those of a Python list or tuple of strings. They are trimmed, quotes around an item
/// or the whole are removed, and empty items are dropped.
///
/// ```
/// use vitamin_framework::conf::list::items;
///
/// for text in ["a b, c", "'a b','c'", "['a b', \"c\"]", "('a b', 'c',)"] {
///     assert_eq!(items(text), ["a b", "c"]);
/// }
/// assert_eq!(items("(x=,y)"), ["(x=", "y)"], "brackets without quotes are part of a key");
/// ```
#[must_use]
pub fn items(text: &str) -> Vec<String> {
    split(text, |c| c == ',')
}

/// As [`items`], for items that contain neither spaces nor parentheses: spaces separate items too, and brackets around the
/// whole are removed.
///
/// ```
/// use vitamin_framework::conf::list::words;
///
/// for text in ["a b", "a, b", "['a', 'b']", "[a, b]", "(a,b)", "\"a,b\"", "a\nb"] {
///     assert_eq!(words(text), ["a", "b"]);
/// }
/// assert_eq!(words("[::1] [::2]"), ["[::1]", "[::2]"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let text = unquoted(text);
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    // `[::1]` is an address.
    let list = || text.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.contains(['[', ']', ':']));
    let text = if strings(text).is_some() { text } else { inner.or_else(list).unwrap_or(text) };
    split(text, |c| c == ',' || c.is_whitespace())
}

/// As [`items`], for regular expressions: a comma inside of brackets, braces or parentheses is part of an expression. In a
/// Python list they may be raw strings.
///
/// ```
/// use vitamin_framework::conf::list::patterns;
///
/// let expected = [r"^https://\w{1,3}\.example\.com$", "^/a"];
/// assert_eq!(patterns(r"^https://\w{1,3}\.example\.com$, ^/a"), expected);
/// assert_eq!(patterns(r#"[r"^https://\w{1,3}\.example\.com$", '^/a']"#), expected);
/// ```
#[must_use]
pub fn patterns(text: &str) -> Vec<String> {
    let text = unquoted(text);
    let split = || {
        let (mut depth, mut is_escaped) = (0_i32, false);
        let items = text.split(|c| {
            if std::mem::take(&mut is_escaped) {
                return false;
            }
            match c {
                '\\' => is_escaped = true,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        });
        items.map(unquoted).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    strings(text).unwrap_or_else(split)
}

/// Removes spaces, and a pair of quotes around the whole.
#[must_use]
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| inner.trim())
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn split(text: &str, is_separator: fn(char) -> bool) -> Vec<String> {
    let text = unquoted(text);
    strings(text).unwrap_or_else(|| {
        let items = text.split(is_separator).map(unquoted).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    })
}

/// The strings of a Python list or tuple. `None`: it is something else.
fn strings(text: &str) -> Option<Vec<String>> {
    let inner = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    let mut rest = inner('[', ']').or_else(|| inner('(', ')'))?.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let raw = rest.strip_prefix(['r', 'R']);
        let literal = raw.unwrap_or(rest);
        let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (item, after) = string(literal.strip_prefix(quote)?, quote, raw.is_some())?;
        if !item.trim().is_empty() {
            found.push(item.trim().to_owned());
        }
        rest = match after.trim_start() {
            "" => "",
            more => more.strip_prefix(',')?.trim_start(),
        };
    }
    Some(found)
}

/// A Python string after its opening quote, and the text after the closing one. A backslash stays, unless it escapes a quote
/// or a backslash in a string that is not raw.
fn string(text: &str, quote: char, is_raw: bool) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '\\' => {
                let escaped = chars.next()?;
                if is_raw || !matches!(escaped, '\\' | '\'' | '"') {
                    out.push('\\');
                }
                out.push(escaped);
            }
            c if c == quote => return Some((out, chars.as_str())),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_are_empty() {
        for text in ["", " , ", "[]", "()", "''", "\"\"", "['']", "[ ]", "[,]"] {
            assert!(words(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_list_may_be_quoted_as_a_whole() {
        for text in ["\"['a','b']\"", "'[\"a\", \"b\"]'", "'a,b'", "\"a b\""] {
            assert_eq!(words(text), ["a", "b"], "{text}");
        }
    }

    #[test]
    fn keys_are_kept_whole() {
        for key in ["(a*b)", "$(x)", "#a$b@c!", "[a]", "a\\b"] {
            assert_eq!(items(key), [key]);
            assert_eq!(items(&format!("{key}, {key}")), [key, key]);
        }
        assert_eq!(items(r"['it\'s', 'a, b']"), ["it's", "a, b"]);
    }

    #[test]
    fn expressions_are_kept_whole() {
        for (text, expected) in [
            (r"^a$", vec!["^a$"]),
            (r"(?:http|https)://a, [,]", vec!["(?:http|https)://a", "[,]"]),
            (r"a\(,b", vec![r"a\(", "b"]),
            (r"['^\w+\.a$', r'\'b', '\\d',]", vec![r"^\w+\.a$", r"\'b", r"\d"]),
            (r#""^a$""#, vec!["^a$"]),
            ("[a]", vec!["[a]"]),
            ("", vec![]),
        ] {
            assert_eq!(patterns(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_taken_apart_at_the_commas() {
        for (text, expected) in
            [("['a', b]", vec!["['a'", "b]"]), ("['a' 'b']", vec!["['a' 'b']"]), ("['a'", vec!["['a'"])]
        {
            assert_eq!(items(text), expected, "{text}");
        }
    }
}
