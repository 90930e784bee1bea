//! The body of a page (`get_paginated_response`), written around the rendered rows.

use std::io::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::Page;
use crate::json;
use crate::renderers::RenderError;

/// The body of a page: a JSON object, written field by field.
pub struct Body<'a> {
    out: &'a mut Vec<u8>,
    results: &'a [u8],
    is_empty: bool,
    error: Option<RenderError>,
}

impl<'a> Body<'a> {
    fn write(
        out: &'a mut Vec<u8>,
        results: &'a [u8],
        write: impl FnOnce(&mut Self),
    ) -> Result<(), RenderError> {
        out.push(b'{');
        let mut body = Self { out, results, is_empty: true, error: None };
        write(&mut body);
        let Self { out, error, .. } = body;
        out.push(b'}');
        error.map_or(Ok(()), Err)
    }

    /// Adds a field.
    pub fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.name(name);
        self.value(value);
        self
    }

    /// Adds a field with the list of the page's rows.
    pub fn results(&mut self, name: &str) -> &mut Self {
        self.name(name);
        self.out.extend_from_slice(self.results);
        self
    }

    /// Adds a field with an object.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Body<'_>)) -> &mut Self {
        self.name(name);
        if let Err(error) = Body::write(self.out, self.results, write) {
            self.error = Some(error);
        }
        self
    }

    fn name(&mut self, name: &str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.value(name);
        self.out.push(b':');
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        match json::to_bytes(value, None) {
            Ok(json) => self.out.extend_from_slice(&json),
            Err(error) => self.error = Some(RenderError(error.to_string())),
        }
    }
}

type Write = dyn Fn(&Page, &mut Body<'_>) + Send + Sync;

/// A body of one's own.
#[derive(Clone)]
pub struct PaginatedResponse(Arc<Write>);

impl PaginatedResponse {
    /// The function adds the body's fields.
    pub fn new(write: impl Fn(&Page, &mut Body<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// Writes the body.
    ///
    /// # Errors
    /// A value that JSON cannot represent.
    pub fn write(&self, page: &Page, results: &[u8], out: &mut Vec<u8>) -> Result<(), RenderError> {
        Body::write(out, results, |body| (self.0)(page, body))
    }
}

/// Writes `{"count":…,"next":…,"previous":…,"results":…}`, or the body of one's own.
pub(super) fn write_counted(
    own: Option<&PaginatedResponse>,
    page: &Page,
    results: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), RenderError> {
    if let Some(own) = own {
        return own.write(page, results, out);
    }
    // Writing to a Vec cannot fail.
    _ = write!(out, "{{\"count\":{},", page.count.unwrap_or(0));
    write_links(page, results, out)
}

/// Writes `{"next":…,"previous":…,"results":…}`, or the body of one's own.
pub(super) fn write_uncounted(
    own: Option<&PaginatedResponse>,
    page: &Page,
    results: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), RenderError> {
    if let Some(own) = own {
        return own.write(page, results, out);
    }
    out.push(b'{');
    write_links(page, results, out)
}

fn write_links(page: &Page, results: &[u8], out: &mut Vec<u8>) -> Result<(), RenderError> {
    for (name, link) in [("\"next\":", &page.next), (",\"previous\":", &page.previous)] {
        out.extend_from_slice(name.as_bytes());
        // A URL is ASCII, so that serde_json writes it as Python does.
        serde_json::to_writer(&mut *out, link).map_err(|error| RenderError(error.to_string()))?;
    }
    out.extend_from_slice(b",\"results\":");
    out.extend_from_slice(results);
    out.push(b'}');
    Ok(())
}
