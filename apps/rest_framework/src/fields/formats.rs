//! The formats of dates and times: `format` and `input_formats` (rest_framework/utils/humanize_datetime.py).

use std::borrow::Cow;

const ISO: &str = "iso-8601";

/// The format of a field's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO 8601 (`"iso-8601"`), the default.
    Iso8601,
    /// No format (Python's `None`): the value as the renderer writes it. Times are not converted to the project's time
    /// zone.
    Native,
    /// A format of Python's `strftime`, such as `%d.%m.%Y`.
    Pattern(Cow<'static, str>),
}

impl Format {
    /// The text of Django REST framework's setting. `None`: Python's `None`.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Iso8601 => Some(ISO),
            Self::Native => None,
            Self::Pattern(format) => Some(format),
        }
    }
}

impl From<&'static str> for Format {
    fn from(format: &'static str) -> Self {
        if is_iso(format) { Self::Iso8601 } else { Self::Pattern(format.into()) }
    }
}

impl From<String> for Format {
    fn from(format: String) -> Self {
        if is_iso(&format) { Self::Iso8601 } else { Self::Pattern(format.into()) }
    }
}

impl From<Option<&'static str>> for Format {
    fn from(format: Option<&'static str>) -> Self {
        format.map_or(Self::Native, Self::from)
    }
}

/// The formats of a field's input, in the order in which they are tried.
#[derive(Clone, Debug)]
pub(super) struct InputFormats(Vec<Cow<'static, str>>);

impl InputFormats {
    pub(super) fn iso() -> Self {
        Self(vec![ISO.into()])
    }

    pub(super) fn new(formats: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        Self(formats.into_iter().map(Into::into).collect())
    }

    /// The formats as they were given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The first result of a format: of `iso`, or of `strptime` with the format.
    pub(super) fn first<T>(
        &self,
        iso: impl Fn() -> Option<T>,
        strptime: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.names().find_map(|format| if is_iso(format) { iso() } else { strptime(format) })
    }

    /// The formats for a message. `iso` is the description of ISO 8601.
    pub(super) fn humanize(&self, iso: &str) -> String {
        let all = self.0.join(", ").replace(ISO, iso);
        HUMANIZED.iter().fold(all, |text, (directive, human)| text.replace(directive, human))
    }
}

const HUMANIZED: [(&str, &str); 15] = [
    ("%Y", "YYYY"),
    ("%y", "YY"),
    ("%m", "MM"),
    ("%b", "[Jan-Dec]"),
    ("%B", "[January-December]"),
    ("%d", "DD"),
    ("%H", "hh"),
    ("%I", "hh"),
    ("%M", "mm"),
    ("%S", "ss"),
    ("%f", "uuuuuu"),
    ("%a", "[Mon-Sun]"),
    ("%A", "[Monday-Sunday]"),
    ("%p", "[AM|PM]"),
    ("%z", "[+HHMM|-HHMM]"),
];

fn is_iso(format: &str) -> bool {
    format.eq_ignore_ascii_case(ISO)
}
