//! Selects the renderer and the parser of a request: `DefaultContentNegotiation` of `rest_framework/negotiation.py`.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::mediatypes::parameters::parse_header_parameters;
use super::mediatypes::{MediaType, latin1, media_type_matches};
use super::python::{int, is_space};

/// The most bytes of an Accept header that are read. A longer header is cut at a comma.
const MAX_ACCEPT_HEADER_LENGTH: usize = 8192;
/// The most media ranges of an Accept header that are read.
const MAX_ACCEPT_TOKENS: usize = 64;
/// The most bytes of one media type. A longer range is skipped, a longer Content-Type is unsupported.
const MAX_MEDIA_TYPE_LENGTH: usize = 256;

/// A renderer that negotiation can select.
pub trait Offer {
    /// The renderer's media type, e.g. `application/json`.
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
pub struct SelectedRenderer<'a> {
    /// Index of the renderer in the list.
    pub renderer: usize,
    /// The media type with the client's parameters (`application/json; indent=4`), for the renderer.
    pub media_type: Cow<'a, str>,
}

/// Why no renderer was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegotiationError {
    /// 406: no renderer satisfies the Accept header.
    NotAcceptable,
    /// 404: no renderer has the format of the URL's suffix or of `?format=`.
    NotFound,
}

/// Selects the renderer for a request.
///
/// - `accept`: the raw values of the request's Accept headers, in order. No header means `*/*`. An empty header accepts
///   nothing.
/// - `format_suffix`: the format in the URL's path. It overrides `format_param`, the last `?format=`. Empty formats are
///   ignored.
///
/// More specific ranges are tried first, regardless of `q`. Among equally specific ranges the earlier renderer wins,
/// then the earlier range. (Python iterates over a set there, so its order differs between runs.) A range on which
/// Python raises matches only a renderer of `*/*`.
///
/// # Errors
/// [`NegotiationError`].
pub fn select_renderer<'a, O: Offer>(
    renderers: &'a [O],
    accept: impl IntoIterator<Item = &'a [u8]>,
    format_suffix: Option<&str>,
    format_param: Option<&str>,
) -> Result<SelectedRenderer<'a>, NegotiationError> {
    let format = [format_suffix, format_param].into_iter().flatten().find(|format| !format.is_empty());
    let has_format = |(_, offer): &(usize, &'a O)| format.is_none_or(|format| offer.format() == format);
    if format.is_some() && !renderers.iter().enumerate().any(|pair| has_format(&pair)) {
        return Err(NegotiationError::NotFound);
    }
    let offers = || renderers.iter().enumerate().filter(has_format);

    let mut values = accept.into_iter();
    let header = match (values.next(), values.next()) {
        (None, _) => Cow::Borrowed(&b"*/*"[..]),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            // As WSGI servers join repeated headers.
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
    .map(|(renderer, media_type)| SelectedRenderer { renderer, media_type })
    .ok_or(NegotiationError::NotAcceptable)
}

/// Whether a request without a format accepts any renderer. True if there is no Accept header or only `*/*`, as in most
/// requests. [`select_renderer`] then selects the first renderer, if it [`has_plain_media_type`].
pub fn accepts_all<'a>(accept: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut values = accept.into_iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(only), None) => only == b"*/*",
        (Some(_), Some(_)) => false,
    }
}

/// Whether a renderer is selected by its own media type, if any is accepted: it has neither wildcards nor parameters.
pub fn has_plain_media_type(renderer: &impl Offer) -> bool {
    memchr2(b'*', b';', renderer.media_type().as_bytes()).is_none()
}

/// The index of the first of `parsers` (media types) that reads a body of this raw Content-Type. `None` means 415.
/// Without a Content-Type only a parser of `*/*` matches.
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

/// The indentation of JSON in spaces, 1 to 8, from the accepted media type's `indent`. `None` is compact. Follows
/// `JSONRenderer.get_indent` in `rest_framework/renderers.py`.
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
            // Cut at a comma, so that a truncated range is not read as a whole one.
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
        // The usual case: no allocation.
        None => select(offers, &[MediaType::parse(&first)]).map(|best| best.into_accepted(&[first])),
        Some(second) => {
            let tokens: Vec<Cow<'h, str>> = [first, second].into_iter().chain(tokens).collect();
            let ranges: Vec<_> = tokens.iter().map(|token| MediaType::parse(token)).collect();
            select(offers, &ranges).map(|best| best.into_accepted(&tokens))
        }
    }
}

/// A renderer's index, and the source of the accepted media type.
enum RendererMatch<'o> {
    /// The client's range, by its index.
    Range(usize, usize),
    /// The renderer's media type, which is more specific than the range.
    Renderer(usize, Cow<'o, str>),
}

impl<'o> RendererMatch<'o> {
    /// The renderer's index and the accepted media type.
    fn into_accepted<'h>(self, tokens: &[Cow<'h, str>]) -> (usize, Cow<'h, str>)
    where
        'o: 'h,
    {
        match self {
            Self::Range(renderer, range) => (renderer, tokens.get(range).cloned().unwrap_or_default()),
            Self::Renderer(renderer, media_type) => (renderer, media_type),
        }
    }
}

fn select<'o, O, I>(offers: impl Fn() -> I, ranges: &[MediaType<'_>]) -> Option<RendererMatch<'o>>
where
    O: Offer + 'o,
    I: Iterator<Item = (usize, &'o O)>,
{
    let mut best: Option<(u8, &MediaType<'_>, RendererMatch<'o>)> = None;
    for (index, offer) in offers() {
        let offered = MediaType::parse(offer.media_type());
        for (range_index, range) in ranges.iter().enumerate() {
            let precedence = range.precedence();
            if best.as_ref().is_none_or(|(highest, ..)| precedence > *highest) && offered.matches(range) {
                let candidate = if offered.precedence() <= precedence {
                    RendererMatch::Range(index, range_index)
                } else {
                    RendererMatch::Renderer(index, Cow::Borrowed(offer.media_type()))
                };
                best = Some((precedence, range, candidate));
            }
        }
    }
    Some(match best? {
        (_, range, RendererMatch::Renderer(index, media_type)) if !range.params().is_empty() => {
            let mut full = media_type.into_owned();
            for (name, value) in range.params() {
                full.extend([";", name, "=", value]);
            }
            RendererMatch::Renderer(index, Cow::Owned(full))
        }
        (.., candidate) => candidate,
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
