//! `SearchFilter`: `?search=some words "and a phrase"`.

use crate::data::QueryDict;
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::python;
use vitamin_framework::translation::gettext;

/// How a search field is compared with a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchLookup {
    /// `icontains`: contains the term, ignoring case.
    Contains,
    /// `^`, `istartswith`: starts with the term, ignoring case.
    StartsWith,
    /// `=`, `iexact`: equals the term, ignoring case.
    Equals,
    /// `@`, `search`: full-text search. PostgreSQL only.
    FullText,
    /// `$`, `iregex`: matches the regular expression, ignoring case.
    Regex,
}

impl SearchLookup {
    /// Splits a search field, such as `^name`, into the lookup and the name.
    #[must_use]
    pub fn of(field: &str) -> (Self, &str) {
        let prefixes =
            [('^', Self::StartsWith), ('=', Self::Equals), ('@', Self::FullText), ('$', Self::Regex)];
        prefixes
            .into_iter()
            .find_map(|(prefix, lookup)| Some((lookup, field.strip_prefix(prefix)?)))
            .unwrap_or((Self::Contains, field))
    }

    /// Django's name of the lookup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contains => "icontains",
            Self::StartsWith => "istartswith",
            Self::Equals => "iexact",
            Self::FullText => "search",
            Self::Regex => "iregex",
        }
    }
}

/// Returns the terms of the query parameter `param` (`SEARCH_PARAM`). A row must match each of them in at least one field.
/// No terms: no filter. A term can be empty.
///
/// Django REST framework calls this for a view without search fields too.
///
/// # Errors
/// 400: the text contains a NUL.
pub fn search_terms(query: &QueryDict, param: &str) -> Result<Vec<String>, APIException> {
    let text = query.get(param).and_then(|value| value.as_str()).unwrap_or_default();
    if text.contains('\0') {
        let detail = Detail::list(gettext("Null characters are not allowed."), "null_characters_not_allowed");
        return Err(APIException::validation_error(detail));
    }
    let mut terms = Vec::new();
    for term in smart_split(text) {
        let term = term.trim_matches(',');
        match quoted(term) {
            Some((quote, inner)) => {
                terms.push(inner.replace(&format!("\\{quote}"), quote).replace("\\\\", "\\"));
            }
            None => {
                let parts = term.split(',').filter(|part| !part.is_empty());
                terms.extend(parts.map(|part| python::strip(part).to_owned()));
            }
        }
    }
    Ok(terms)
}

/// The quote and the text between the first and the last character, if both are the same quote. They can be one character.
fn quoted(term: &str) -> Option<(&'static str, &str)> {
    let quote = ["\"", "'"].into_iter().find(|quote| term.starts_with(quote) && term.ends_with(quote))?;
    Some((quote, term.get(1..term.len() - 1).unwrap_or_default()))
}

/// Splits text at white space outside of quotes (`smart_split` in django/utils/text.py). An unclosed quote is an ordinary
/// character.
fn smart_split(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start_matches(python::is_space);
    while !rest.is_empty() {
        let length = quoted_length(rest).unwrap_or_else(|| rest.find(python::is_space).unwrap_or(rest.len()));
        let (term, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        terms.push(term);
        rest = after.trim_start_matches(python::is_space);
    }
    terms
}

/// The length of the longest start of the text that is plain characters and closed quotes. `None` if no quote is closed.
fn quoted_length(text: &str) -> Option<usize> {
    let plain =
        |text: &str| text.find(|c| python::is_space(c) || c == '"' || c == '\'').unwrap_or(text.len());
    let mut length = None;
    let mut at = plain(text);
    while let Some(quote) = text.get(at..).and_then(quote_length) {
        at += quote;
        at += text.get(at..).map_or(0, plain);
        length = Some(at);
    }
    length
}

/// The length of the quoted phrase at the start of the text. A backslash escapes any character but a line feed.
fn quote_length(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, c)| c).filter(|c| matches!(c, '"' | '\''))?;
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some(at + 1);
        }
        if c == '\\' && chars.next().is_none_or(|(_, escaped)| escaped == '\n') {
            return None;
        }
    }
    None
}
