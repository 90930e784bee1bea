//! Splits SQL into tokens, as far as renaming and reading migrations need it.

/// A token of a statement. The tokens' source texts, put together, are the statement.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    /// A name in backticks (SQLite) or double quotes; quotes inside are still doubled.
    Identifier { quote: char, name: &'a str },
    /// `-- to the end of the line`, or `/* … */`.
    Comment(&'a str),
    /// A string literal, or a text between dollar signs (PostgreSQL).
    Literal(&'a str),
    /// Anything else: a character, or a run of characters.
    Other(&'a str),
}

impl<'a> Piece<'a> {
    pub(super) const fn name(self) -> Option<&'a str> {
        match self {
            Self::Identifier { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The text, without an identifier's quotes.
    pub(super) const fn text(self) -> &'a str {
        match self {
            Self::Identifier { name, .. } => name,
            Self::Comment(text) | Self::Literal(text) | Self::Other(text) => text,
        }
    }

    /// The length in the source.
    const fn len(self) -> usize {
        match self {
            Self::Identifier { quote, name } => name.len() + 2 * quote.len_utf8(),
            Self::Comment(text) | Self::Literal(text) | Self::Other(text) => text.len(),
        }
    }

    /// The first keyword or quoted name of the token, if it has any.
    pub(super) fn first_word(self) -> Option<&'a str> {
        match self {
            Self::Identifier { name, .. } => Some(name),
            Self::Comment(_) | Self::Literal(_) => None,
            Self::Other(text) => text.split_whitespace().next(),
        }
    }
}

/// Splits a statement into tokens. An unterminated quote is one token.
pub(super) fn pieces(sql: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let piece = match first {
            '`' | '"' | '\'' => match closing(rest, first) {
                Some(end) if first == '\'' => Piece::Literal(rest.get(..=end)?),
                Some(end) => Piece::Identifier { quote: first, name: rest.get(1..end)? },
                None => Piece::Other(rest),
            },
            '-' if rest.starts_with("--") => {
                Piece::Comment(rest.get(..rest.find('\n').unwrap_or(rest.len()))?)
            }
            '/' if rest.starts_with("/*") => {
                Piece::Comment(rest.get(..rest.find("*/").map_or(rest.len(), |end| end + 2))?)
            }
            '$' => match dollar_quoted(rest) {
                Some(text) => Piece::Literal(text),
                None => Piece::Other("$"),
            },
            '.' | '-' | '/' | ';' => Piece::Other(rest.get(..1)?),
            _ => Piece::Other(
                rest.get(..rest.find(['`', '"', '\'', '.', '-', '/', ';', '$']).unwrap_or(rest.len()))?,
            ),
        };
        rest = rest.get(piece.len()..)?;
        Some(piece)
    })
}

/// Returns the position of the closing quote: the first one that is not doubled.
fn closing(quoted: &str, quote: char) -> Option<usize> {
    let mut quotes = quoted.match_indices(quote).skip(1).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.peek() != Some(&(at + 1)) {
            return Some(at);
        }
        quotes.next();
    }
    None
}

/// Returns the text from `$$` to `$$`, or from `$tag$` to `$tag$`, with its ends. `$1` is a parameter.
fn dollar_quoted(sql: &str) -> Option<&str> {
    let end = sql.get(1..)?.find('$')? + 2;
    let quote = sql.get(..end)?;
    let tag = quote.trim_matches('$');
    if tag.starts_with(|c: char| c.is_numeric()) || !tag.chars().all(is_word) {
        return None;
    }
    let close = sql.get(end..)?.find(quote)?;
    sql.get(..end + close + quote.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Splits a script into its statements, each with its semicolon.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let (mut all, mut start, mut at) = (Vec::new(), 0, 0);
    for piece in pieces(sql) {
        at += piece.len();
        if matches!(piece, Piece::Other(";")) {
            all.extend(sql.get(start..at));
            start = at;
        }
    }
    all.extend(sql.get(start..).filter(|rest| !rest.is_empty()));
    all
}

/// A keyword, number or name of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) is_quoted: bool,
}

impl Word<'_> {
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.is_quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The words of a statement, without comments, literals and punctuation.
pub(super) fn words(statement: &str) -> Vec<Word<'_>> {
    let mut all = Vec::new();
    for piece in pieces(statement) {
        match piece {
            Piece::Identifier { name, .. } => all.push(Word { text: name, is_quoted: true }),
            Piece::Comment(_) | Piece::Literal(_) => {}
            Piece::Other(text) => {
                let words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
                all.extend(words.map(|text| Word { text, is_quoted: false }));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(piece: Piece<'_>) -> String {
        match piece {
            Piece::Identifier { quote, name } => format!("{quote}{name}{quote}"),
            other => other.text().to_owned(),
        }
    }

    #[test]
    fn comments_literals_and_function_bodies_end_no_statement() {
        let sql = "-- Django's; text\nSELECT 'a;b', $1; /* ; */ DO $x$ BEGIN; END $x$; DO $$ ; $$;SELECT ';";
        let found: Vec<&str> = statements(sql);
        assert_eq!(
            found,
            [
                "-- Django's; text\nSELECT 'a;b', $1;",
                " /* ; */ DO $x$ BEGIN; END $x$;",
                " DO $$ ; $$;",
                "SELECT ';"
            ]
        );
    }

    #[test]
    fn words_are_keywords_and_names() {
        let found = words("CREATE TABLE /* x */ \"a b\" (id integer DEFAULT 'text') -- end");
        let texts: Vec<&str> = found.iter().map(|word| word.text).collect();
        assert_eq!(texts, ["CREATE", "TABLE", "a b", "id", "integer", "DEFAULT"]);
        assert!(found.iter().all(|word| word.is_quoted == (word.text == "a b")));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(sql in "[ -~é\n]*") {
            prop_assert_eq!(pieces(&sql).map(source).collect::<String>(), sql.as_str());
            prop_assert_eq!(statements(&sql).concat(), sql.as_str());
        }
    }
}
