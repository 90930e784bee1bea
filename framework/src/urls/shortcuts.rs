//! Views that are found without actix-web's router. It tries its resources one after the other, each by a regular
//! expression of every path, so a view would cost more the later it stands in the URLconf.
//!
//! A plain path is one hash lookup. Of the routes with parameters only those are tried whose text around the parameters
//! fits. A route with one parameter of a usual kind needs no regular expression.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use foldhash::fast::RandomState;
use futures_util::future::LocalBoxFuture;

/// A view's response future.
pub type EndpointFuture = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

/// A view that can be called without actix-web's router: it uses nothing that a resource adds to a request.
pub type Endpoint = Rc<dyn Fn(ServiceRequest) -> EndpointFuture>;

/// One worker's endpoints.
#[derive(Default)]
pub struct Shortcuts {
    plain: HashMap<String, Shortcut, RandomState>,
    /// All other routes, in the order in which they match.
    others: Vec<Candidate>,
}

/// An endpoint, and the position of its pattern in the URLconf.
pub(crate) struct Shortcut {
    pub(crate) position: usize,
    pub(crate) endpoint: Endpoint,
}

/// A route that is not a plain path of an endpoint.
struct Candidate {
    definition: ResourceDef,
    /// The text before the first parameter.
    start: String,
    /// The texts between parameters.
    between: Vec<String>,
    /// The text after the last parameter.
    end: String,
    /// The route's only parameter, if it is one that needs no regular expression.
    parameter: Option<Parameter>,
    /// `None` if the view needs the router.
    shortcut: Option<Shortcut>,
}

/// A parameter that is one or more letters of a set.
struct Parameter {
    name: String,
    has_letter: fn(&u8) -> bool,
}

impl Parameter {
    /// A parameter by its text in braces: `pk:[0-9]+`.
    fn new(text: &str) -> Option<Self> {
        let (name, pattern) = text.split_once(':').unwrap_or((text, "[^/]+"));
        let has_letter: fn(&u8) -> bool = match pattern {
            "[^/]+" => |letter| *letter != b'/',
            "[^/.]+" => |letter| !matches!(letter, b'/' | b'.'),
            "[0-9]+" => u8::is_ascii_digit,
            "[-a-zA-Z0-9_]+" => |letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), has_letter })
    }

    fn matches(&self, text: &str) -> bool {
        !text.is_empty() && text.as_bytes().iter().all(self.has_letter)
    }
}

/// Splits at the first parameter: the text before it, what is in its braces, and the text after it.
fn split_parameter(route: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = route.split_once('{')?;
    let mut depth = 1;
    let end = rest.find(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        depth == 0
    })?;
    Some((before, rest.get(..end)?, rest.get(end + 1..)?))
}

impl Candidate {
    fn new(route: &str, shortcut: Option<Shortcut>) -> Self {
        let (mut texts, mut parameters, mut rest) = (Vec::new(), Vec::new(), route);
        while let Some((before, parameter, after)) = split_parameter(rest) {
            texts.push(before.to_owned());
            parameters.push(parameter);
            rest = after;
        }
        // A tail, `{tail}*`, matches anything.
        let is_tail = rest.ends_with('*');
        let end = if is_tail { String::new() } else { rest.to_owned() };
        let parameter = match parameters.as_slice() {
            [parameter] if !is_tail => Parameter::new(parameter),
            _ => None,
        };
        let mut texts = texts.into_iter();
        // Without a parameter, `end` is the whole path.
        let start = texts.next().unwrap_or_default();
        let (between, definition) = (texts.collect(), ResourceDef::new(route));
        Self { definition, start, between, end, parameter, shortcut }
    }

    /// Returns the part of the path that belongs to the parameters. `None` if the path does not match for certain.
    fn variable<'p>(&self, path: &'p str) -> Option<&'p str> {
        let variable = path.strip_prefix(self.start.as_str())?.strip_suffix(self.end.as_str())?;
        let may_match = match &self.parameter {
            Some(parameter) => parameter.matches(variable),
            None => self.between.iter().all(|text| variable.contains(text.as_str())),
        };
        may_match.then_some(variable)
    }

    /// Sets the parameters of the request's path, if it matches.
    fn capture(&self, variable: String, req: &mut ServiceRequest) -> bool {
        let Some(parameter) = &self.parameter else {
            return self.definition.capture_match_info(req.match_info_mut());
        };
        // A path's length fits: http limits it.
        let length = u16::try_from(req.uri().path().len()).unwrap_or(u16::MAX);
        req.match_info_mut().add_static(parameter.name.clone(), variable);
        req.match_info_mut().skip(length);
        true
    }
}

impl Shortcuts {
    /// Adds the plain path of an endpoint. No route before it matches the path.
    pub(super) fn add_plain(&mut self, path: String, position: usize, endpoint: Endpoint) {
        self.plain.insert(path, Shortcut { position, endpoint });
    }

    /// Adds another route. The first one that matches counts.
    pub(super) fn add(&mut self, route: &str, position: usize, endpoint: Option<Endpoint>) {
        let shortcut = endpoint.map(|endpoint| Shortcut { position, endpoint });
        self.others.push(Candidate::new(route, shortcut));
    }

    /// Returns the endpoint of the request's path, and sets the parameters of the path. `None` if the router must find
    /// it. Paths with escapes go through the router, which decodes them.
    pub(crate) fn find(&self, req: &mut ServiceRequest) -> Option<&Shortcut> {
        let path = req.uri().path();
        if let Some(shortcut) = self.plain.get(path) {
            return Some(shortcut);
        }
        if self.others.is_empty() || path != req.match_info().unprocessed() || path.contains('%') {
            return None;
        }
        let mut candidates = self.others.iter();
        loop {
            let path = req.uri().path();
            let (found, variable) = candidates.find_map(|found| Some((found, found.variable(path)?)))?;
            match &found.shortcut {
                None if found.parameter.is_some() || found.definition.is_match(path) => return None,
                Some(shortcut) => {
                    let variable = variable.to_owned();
                    if found.capture(variable, req) {
                        return Some(shortcut);
                    }
                }
                None => {}
            }
        }
    }
}
