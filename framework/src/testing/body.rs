//! The bodies of requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The characters that a form escapes, as browsers do; a space becomes `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');
/// Separates the parts of a multipart body.
const BOUNDARY: &str = "vitamin-testing-7MA4YWxkTrZu0gW";

/// A request's body with its content type.
///
/// A [`serde_json::Value`] is sent as JSON, pairs of name and value as a form, a `&str` as a form that is encoded already,
/// [`Multipart`] as such, and `()` as no body.
///
/// ```
/// use vitamin_framework::testing::Body;
///
/// assert_eq!(Body::from([("name", "Ann & Bob")]), Body::from("name=Ann+%26+Bob"));
/// assert_eq!(Body::from(serde_json::json!({"a": 1})), Body::json(r#"{"a":1}"#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// `None` for no body.
    pub(super) content: Option<(String, Vec<u8>)>,
}

impl Body {
    /// Any body.
    pub fn new(content_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self { content: Some((content_type.into(), bytes.as_ref().to_owned())) }
    }

    /// JSON as text, which need not be valid.
    pub fn json(text: impl AsRef<[u8]>) -> Self {
        Self::new("application/json", text)
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self { content: None }
    }
}

impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Self::json(value.to_string())
    }
}

impl From<&Value> for Body {
    fn from(value: &Value) -> Self {
        Self::json(value.to_string())
    }
}

impl From<&str> for Body {
    fn from(form: &str) -> Self {
        Self::new("application/x-www-form-urlencoded", form)
    }
}

impl From<&String> for Body {
    fn from(form: &String) -> Self {
        form.as_str().into()
    }
}

impl From<&[(&str, &str)]> for Body {
    fn from(pairs: &[(&str, &str)]) -> Self {
        let encode = |text: &str| utf8_percent_encode(text, FORM).to_string().replace(' ', "+");
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&").as_str().into()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Body {
    fn from(pairs: [(&str, &str); N]) -> Self {
        pairs.as_slice().into()
    }
}

/// A `multipart/form-data` body of fields and files.
#[derive(Clone, Debug, Default)]
pub struct Multipart {
    parts: Vec<u8>,
}

impl Multipart {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{}\"", quote(name)), None, value.as_bytes())
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, content_type: &str, content: impl AsRef<[u8]>) -> Self {
        let disposition = format!("name=\"{}\"; filename=\"{}\"", quote(name), quote(file_name));
        self.part(&disposition, Some(content_type), content.as_ref())
    }

    fn part(mut self, disposition: &str, content_type: Option<&str>, content: &[u8]) -> Self {
        let content_type =
            content_type.map_or_else(String::new, |value| format!("Content-Type: {value}\r\n"));
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n{content_type}\r\n");
        self.parts.extend([head.as_bytes(), content, b"\r\n"].concat());
        self
    }
}

impl From<Multipart> for Body {
    fn from(multipart: Multipart) -> Self {
        let end = format!("--{BOUNDARY}--\r\n");
        let bytes = [multipart.parts.as_slice(), end.as_bytes()].concat();
        Self::new(format!("multipart/form-data; boundary={BOUNDARY}"), bytes)
    }
}

/// Escapes as browsers do.
fn quote(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
