//! Adds an element to a list in Rust source, with the rest of the source as it is. The source is read as tokens, so that
//! comments and strings never match.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Why a source is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EditError {
    /// It can't be read as Rust.
    NotRust,
    /// What it looks for is not there, or is there twice.
    NotFound,
}

/// A source file that can be edited.
pub(super) struct Source<'a> {
    text: &'a str,
    tokens: TokenStream,
}

impl<'a> Source<'a> {
    /// Reads the file's text.
    ///
    /// # Errors
    /// It is not Rust.
    pub(super) fn parse(text: &'a str) -> Result<Self, EditError> {
        // The tokens' positions would not count a byte order mark.
        let text_is_plain = !text.starts_with('\u{feff}');
        let tokens = text.parse().ok().filter(|_| text_is_plain).ok_or(EditError::NotRust)?;
        Ok(Self { text, tokens })
    }

    /// The only `name![…]` of the file, outside of other ones.
    ///
    /// # Errors
    /// There is none, or several.
    pub(super) fn list(&self, name: &str) -> Result<Group, EditError> {
        only_list(&self.tokens, name)
    }

    /// The only `name![…]` in the body of a function.
    ///
    /// # Errors
    /// There is none, or several.
    pub(super) fn list_in_function(&self, function: &str, name: &str) -> Result<Group, EditError> {
        only_list(&body(&self.tokens, function).ok_or(EditError::NotFound)?, name)
    }

    /// The braces of `use path::{…}`, if the file has them, for a path of these names.
    pub(super) fn imports(&self, path: &[&str]) -> Option<Group> {
        let wanted: TokenStream = format!("use {}::", path.join("::")).parse().ok()?;
        let wanted: Vec<String> = wanted.into_iter().map(|token| token.to_string()).collect();
        let tokens: Vec<TokenTree> = self.tokens.clone().into_iter().collect();
        let at = tokens
            .windows(wanted.len() + 1)
            .find(|window| window.iter().zip(&wanted).all(|(token, wanted)| token.to_string() == *wanted))?;
        match at.last()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.clone()),
            _ => None,
        }
    }

    /// The text with another element at the end of the list.
    ///
    /// # Errors
    /// It would not be Rust.
    pub(super) fn append(&self, list: &Group, element: &str) -> Result<String, EditError> {
        let close = list.span_close().byte_range().start;
        let line =
            self.text.get(..close).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let elements: Vec<TokenTree> = list.stream().into_iter().collect();
        let last = elements.last();
        let end = last.map_or_else(|| list.span_open().byte_range().end, |token| range(token).end);
        let has_comma = last.is_none_or(is_comma);
        let indent = self.text.get(line..close).filter(|indent| line >= end && indent.trim().is_empty());
        let Some(indent) = indent else {
            let separator = if last.is_none() {
                ""
            } else if has_comma {
                " "
            } else {
                ", "
            };
            return self.insert(&[(end, &format!("{separator}{element}"))]);
        };
        // A line of its own, before that of the closing bracket: a comment behind the last element stays there.
        let indent = match elements.first() {
            Some(first) => self.indent(range(first).start),
            None => format!("{indent}    "),
        };
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let comma = if has_comma { "" } else { "," };
        self.insert(&[(end, comma), (line, &format!("{indent}{element},{newline}"))])
    }

    /// The text with a name in the braces of an import, which are sorted as rustfmt does: types first.
    ///
    /// # Errors
    /// It would not be Rust.
    pub(super) fn import(&self, braces: &Group, name: &str) -> Result<String, EditError> {
        let rank = |name: &str| (name.starts_with(|letter: char| letter.is_lowercase()), name.to_owned());
        let names: Vec<TokenTree> =
            braces.stream().into_iter().filter(|token| matches!(token, TokenTree::Ident(_))).collect();
        let later = names.iter().find(|other| rank(&other.to_string()) > rank(name));
        match later {
            Some(later) => self.insert(&[(range(later).start, &format!("{name}, "))]),
            None => self.append(braces, name),
        }
    }

    /// The white space at the start of a position's line.
    fn indent(&self, position: usize) -> String {
        let before = self.text.get(..position).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.chars().take_while(|letter| letter.is_whitespace()).collect()
    }

    /// The text with these insertions, in the order of their positions.
    fn insert(&self, insertions: &[(usize, &str)]) -> Result<String, EditError> {
        let mut edited = String::with_capacity(self.text.len() + 100);
        let mut from = 0;
        for (position, text) in insertions {
            edited.push_str(self.text.get(from..*position).ok_or(EditError::NotFound)?);
            edited.push_str(text);
            from = *position;
        }
        edited.push_str(self.text.get(from..).ok_or(EditError::NotFound)?);
        edited.parse::<TokenStream>().map_err(|_| EditError::NotRust)?;
        Ok(edited)
    }
}

/// Whether these tokens stand anywhere in the group: `polls::Polls`.
pub(super) fn contains(group: &Group, path: &str) -> bool {
    let Ok(wanted) = path.parse::<TokenStream>() else { return false };
    let wanted: Vec<String> = wanted.into_iter().map(|token| token.to_string()).collect();
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_here = tokens
        .windows(wanted.len())
        .any(|window| window.iter().zip(&wanted).all(|(token, wanted)| token.to_string() == *wanted));
    is_here || tokens.iter().any(|token| matches!(token, TokenTree::Group(inner) if contains(inner, path)))
}

fn range(token: &TokenTree) -> Range<usize> {
    token.span().byte_range()
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

fn only_list(tokens: &TokenStream, name: &str) -> Result<Group, EditError> {
    let mut found = Vec::new();
    lists(tokens, name, &mut found);
    match <[Group; 1]>::try_from(found) {
        Ok([only]) => Ok(only),
        Err(_) => Err(EditError::NotFound),
    }
}

/// Every `name![…]`, but not those inside of others.
fn lists(tokens: &TokenStream, name: &str, found: &mut Vec<Group>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| index.checked_sub(back).and_then(|index| tokens.get(index));
        let is_macro = matches!(before(1), Some(TokenTree::Punct(bang)) if bang.as_char() == '!')
            && matches!(before(2), Some(TokenTree::Ident(ident)) if ident == name);
        if is_macro && group.delimiter() == Delimiter::Bracket {
            found.push(group.clone());
        } else {
            lists(&group.stream(), name, found);
        }
    }
}

/// The body of the first function of this name.
fn body(tokens: &TokenStream, function: &str) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_ident = |token: &TokenTree, name: &str| matches!(token, TokenTree::Ident(ident) if ident == name);
    let is_function = |pair: &[TokenTree]| matches!(pair, [keyword, name] if is_ident(keyword, "fn") && is_ident(name, function));
    let at = tokens.windows(2).position(is_function)?;
    tokens.iter().skip(at).find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
