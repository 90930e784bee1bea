//! Which renderer answers and which parser reads: `DefaultContentNegotiation` of
//! `rest_framework/negotiation.py`.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::mediatypes::parameters::parse_header_parameters;
use super::mediatypes::{MediaType, latin1, media_type_matches};
use super::python::{int, is_space};
use super::renderers::Renderer;

/// Bytes of an Accept header that are looked at; a longer one is cut at a comma.
const MAX_ACCEPT_HEADER_LENGTH: usize = 8192;
/// Media ranges of an Accept header that are looked at.
const MAX_ACCEPT_TOKENS: usize = 64;
/// Bytes of one media type; a longer range is skipped, a longer Content-Type is unsupported.
const MAX_MEDIA_TYPE_LENGTH: usize = 256;

/// What negotiation has to know of a renderer.
pub trait Offer {
    /// The media type that the renderer makes, e.g. `application/json`.
    fn media_type(&self) -> &str;
    /// Its name in `?format=` and in URL suffixes, e.g. `json`; empty if it has none.
    fn format(&self) -> &str;
}

impl Offer for (&str, &str) {
    fn media_type(&self) -> &str {
        self.0
    }

    fn format(&self) -> &str {
        self.1
    }
}

impl Offer for Arc<dyn Renderer> {
    fn media_type(&self) -> &str {
        (**self).media_type()
    }

    fn format(&self) -> &str {
        (**self).format()
    }
}

impl<T: Offer + ?Sized> Offer for &T {
    fn media_type(&self) -> &str {
        (**self).media_type()
    }

    fn format(&self) -> &str {
        (**self).format()
    }
}

/// The outcome of [`select_renderer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// Index of the renderer in the list.
    pub renderer: usize,
    /// The media type with the client's parameters (`application/json; indent=4`), for the renderer to read.
    pub media_type: Cow<'a, str>,
}

/// Why no renderer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegotiationError {
    /// 406: none makes what the Accept header wants.
    NotAcceptable,
    /// 404: the URL's suffix or `?format=` is nobody's format.
    NotFound,
}

/// Chooses the renderer for a request.
///
/// - `accept`: the values of the request's Accept headers, raw, in their order. No header is `*/*`; an empty
///   one accepts nothing.
/// - `format_suffix`: the format in the URL's path; it wins over `format_param`, the last `?format=`. Empty
///   ones are ignored.
///
/// Ranges are tried from the most to the least specific, whatever their `q`; of equally specific ones the
/// earlier renderer wins, then the earlier range (Python's order there is that of a set, so it differs
/// between runs). A range that makes Python raise matches nothing but a renderer of `*/*`.
///
/// # Errors
/// [`NegotiationError`].
pub fn select_renderer<'a, O: Offer>(
    renderers: &'a [O],
    accept: impl IntoIterator<Item = &'a [u8]>,
    format_suffix: Option<&str>,
    format_param: Option<&str>,
) -> Result<Accepted<'a>, NegotiationError> {
    let format = [format_suffix, format_param].into_iter().flatten().find(|format| !format.is_empty());
    let chosen = |(_, offer): &(usize, &'a O)| format.is_none_or(|format| offer.format() == format);
    if format.is_some() && !renderers.iter().enumerate().any(|pair| chosen(&pair)) {
        return Err(NegotiationError::NotFound);
    }
    let offers = || renderers.iter().enumerate().filter(chosen);

    let mut values = accept.into_iter();
    let header = match (values.next(), values.next()) {
        (None, _) => Cow::Borrowed(&b"*/*"[..]),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            // WSGI servers join repeated headers so.
            let all = [first, second].into_iter().chain(values);
            Cow::Owned(all.collect::<Vec<_>>().join(&b','))
        }
    };
    match header {
        Cow::Borrowed(header) => negotiate(offers, header),
        Cow::Owned(header) => negotiate(offers, &header).map(|(renderer, media_type)| {
            let media_type = Cow::Owned(media_type.into_owned());
            (renderer, media_type)
        }),
    }
    .map(|(renderer, media_type)| Accepted { renderer, media_type })
    .ok_or(NegotiationError::NotAcceptable)
}

/// Whether a request without a format gets the first renderer, and its media type as it stands: what most programs send,
/// no Accept header or `*/*`, where [`select_renderer`] would find nothing else.
pub fn takes_the_first<'a, O: Offer>(renderers: &[O], accept: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut values = accept.into_iter();
    let anything = match (values.next(), values.next()) {
        (None, _) => true,
        (Some(only), None) => only == b"*/*",
        (Some(_), Some(_)) => false,
    };
    anything
        && renderers.first().is_some_and(|first| memchr2(b'*', b';', first.media_type().as_bytes()).is_none())
}

/// The parser among `parsers` (media types, in order of preference) that reads a body of the raw Content-Type
/// `content_type`; None is 415. Without a Content-Type only a parser of `*/*` matches.
pub fn select_parser<'p>(
    parsers: impl IntoIterator<Item = &'p str>,
    content_type: Option<&[u8]>,
) -> Option<usize> {
    let content_type = content_type.unwrap_or_default();
    if content_type.len() > MAX_MEDIA_TYPE_LENGTH {
        return None;
    }
    let content_type = latin1(content_type);
    parsers.into_iter().position(|parser| media_type_matches(parser, &content_type))
}

/// Spaces a level that JSON is indented with, 1 to 8, as the accepted media type's `indent` says; None is
/// compact. After `JSONRenderer.get_indent` in `rest_framework/renderers.py`.
pub fn json_indent(accepted_media_type: &str) -> Option<usize> {
    memchr(b';', accepted_media_type.as_bytes())?;
    let header = parse_header_parameters(accepted_media_type).ok()?;
    let indent = int(header.get("indent")?)?.clamp(0, 8);
    usize::try_from(indent).ok().filter(|indent| *indent != 0)
}

/// The renderer's index and the accepted media type.
fn negotiate<'o, 'h, O, I>(offers: impl Fn() -> I, header: &'h [u8]) -> Option<(usize, Cow<'h, str>)>
where
    O: Offer + 'o,
    I: Iterator<Item = (usize, &'o O)>,
    'o: 'h,
{
    let header = match header.get(..MAX_ACCEPT_HEADER_LENGTH) {
        Some(head) if header.len() > MAX_ACCEPT_HEADER_LENGTH => {
            // Cut at a comma, so that half a range is not taken for a whole one.
            let comma = head.iter().rposition(|byte| *byte == b',');
            comma.and_then(|at| head.get(..=at)).unwrap_or_default()
        }
        _ => header,
    };
    let mut tokens = header
        .split(|byte| *byte == b',')
        .map(trim)
        .filter(|token| !token.is_empty() && token.len() <= MAX_MEDIA_TYPE_LENGTH)
        .take(MAX_ACCEPT_TOKENS)
        .map(latin1);
    let (first, second) = (tokens.next()?, tokens.next());
    match second {
        // The usual case, without a list.
        None => select(offers, &[MediaType::parse(&first)]).map(|found| found.media_type_of(&[first])),
        Some(second) => {
            let tokens: Vec<Cow<'h, str>> = [first, second].into_iter().chain(tokens).collect();
            let ranges: Vec<_> = tokens.iter().map(|token| MediaType::parse(token)).collect();
            select(offers, &ranges).map(|found| found.media_type_of(&tokens))
        }
    }
}

/// A renderer and the range that it satisfies.
enum Found<'o> {
    /// The client's own text is the accepted media type: the range's index.
    Range(usize, usize),
    /// The renderer's is more specific.
    Renderer(usize, Cow<'o, str>),
}

impl<'o> Found<'o> {
    fn media_type_of<'h>(self, tokens: &[Cow<'h, str>]) -> (usize, Cow<'h, str>)
    where
        'o: 'h,
    {
        match self {
            Self::Range(renderer, range) => (renderer, tokens.get(range).cloned().unwrap_or_default()),
            Self::Renderer(renderer, media_type) => (renderer, media_type),
        }
    }
}

fn select<'o, O, I>(offers: impl Fn() -> I, ranges: &[MediaType<'_>]) -> Option<Found<'o>>
where
    O: Offer + 'o,
    I: Iterator<Item = (usize, &'o O)>,
{
    let mut best: Option<(u8, &MediaType<'_>, Found<'o>)> = None;
    for (index, offer) in offers() {
        let ours = MediaType::parse(offer.media_type());
        for (at, range) in ranges.iter().enumerate() {
            let precedence = range.precedence();
            if best.as_ref().is_none_or(|(highest, ..)| precedence > *highest) && ours.matches(range) {
                let found = if ours.precedence() <= precedence {
                    Found::Range(index, at)
                } else {
                    Found::Renderer(index, Cow::Borrowed(offer.media_type()))
                };
                best = Some((precedence, range, found));
            }
        }
    }
    Some(match best? {
        (_, range, Found::Renderer(index, media_type)) if !range.params().is_empty() => {
            let mut full = media_type.into_owned();
            for (name, value) in range.params() {
                full.extend([";", name, "=", value]);
            }
            Found::Renderer(index, Cow::Owned(full))
        }
        (.., found) => found,
    })
}

/// Python's `str.strip()` of a header's bytes.
fn trim(mut token: &[u8]) -> &[u8] {
    let space = |byte: &u8| is_space(char::from(*byte));
    while let [first, rest @ ..] = token
        && space(first)
    {
        token = rest;
    }
    while let [rest @ .., last] = token
        && space(last)
    {
        token = rest;
    }
    token
}

#[cfg(test)]
mod tests;
