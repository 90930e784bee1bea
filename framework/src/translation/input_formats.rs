//! The formats in which a language's forms read dates and times: `DATE_INPUT_FORMATS` and the like in the `formats.py` of
//! Django's locales (`get_format` of `django/utils/formats.py`).
//!
//! Of a module, only these lists of strings are read. It is not run.

use std::path::Path;

use super::languages::{parent, to_locale};

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputFormat {
    /// `DATE_INPUT_FORMATS`
    Date,
    /// `TIME_INPUT_FORMATS`
    Time,
    /// `DATETIME_INPUT_FORMATS`
    DateTime,
}

impl InputFormat {
    const ALL: [Self; 3] = [Self::Date, Self::Time, Self::DateTime];

    const fn name(self) -> &'static str {
        match self {
            Self::Date => "DATE_INPUT_FORMATS",
            Self::Time => "TIME_INPUT_FORMATS",
            Self::DateTime => "DATETIME_INPUT_FORMATS",
        }
    }

    /// The formats that every language has (`ISO_INPUT_FORMATS`).
    const fn iso(self) -> &'static [&'static str] {
        match self {
            Self::Date => &["%Y-%m-%d"],
            Self::Time => &["%H:%M:%S", "%H:%M:%S.%f", "%H:%M"],
            Self::DateTime => &["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        }
    }
}

/// The formats of one language, of those kinds that it has.
#[derive(Debug, Default)]
pub(super) struct InputFormats([Option<Vec<String>>; 3]);

impl InputFormats {
    /// Reads the modules of a language: `de_AT/formats.py`, then `de/formats.py`.
    pub(super) fn read(locale_paths: &[String], code: &str) -> Self {
        let locale = to_locale(code);
        let locales = [Some(locale.as_str()), parent(&locale)];
        let files = locale_paths.iter().flat_map(|path| {
            locales.into_iter().flatten().map(move |locale| Path::new(path).join(locale).join("formats.py"))
        });
        // A language without a module has the formats of the settings.
        let modules: Vec<String> = files.filter_map(|file| std::fs::read_to_string(file).ok()).collect();
        Self(InputFormat::ALL.map(|kind| {
            let mut formats = modules.iter().find_map(|module| list(module, kind.name()))?;
            for iso in kind.iso() {
                if !formats.iter().any(|format| format == iso) {
                    formats.push((*iso).to_owned());
                }
            }
            Some(formats)
        }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub(super) fn get(&self, kind: InputFormat) -> Option<&[String]> {
        let Self([date, time, datetime]) = self;
        match kind {
            InputFormat::Date => date.as_deref(),
            InputFormat::Time => time.as_deref(),
            InputFormat::DateTime => datetime.as_deref(),
        }
    }
}

/// The strings of a list that a module assigns to this name. `None`: it does not, or the list has something else.
fn list(module: &str, name: &str) -> Option<Vec<String>> {
    let lines = module.match_indices('\n').map(|(at, _)| at + 1);
    let mut assigned = [0].into_iter().chain(lines).filter_map(|start| {
        module.get(start..)?.strip_prefix(name)?.trim_start_matches(' ').strip_prefix('=')
    });
    // As in Python, the last assignment counts.
    let mut rest = assigned.next_back()?.trim_start().strip_prefix('[')?;
    let mut strings = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let mut letters = rest.chars();
        match letters.next()? {
            ']' => return Some(strings),
            '#' => rest = rest.split_once('\n')?.1,
            quote @ ('"' | '\'') => {
                let (string, after) = letters.as_str().split_once(quote)?;
                // These formats need no escapes.
                if string.contains(['\\', '\n']) {
                    return None;
                }
                strings.push(string.to_owned());
                rest = after;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "\
# DATE_INPUT_FORMATS = [\"no\"]
DATE_FORMAT = \"j. F Y\"
DATE_INPUT_FORMATS = [
    \"%d.%m.%Y\",  # '25.10.2006'
    # \"%d. %B %Y\",
    '%Y-%m-%d',
]\r
TIME_INPUT_FORMATS = [\"%H.%M\"]
DATETIME_INPUT_FORMATS = [\"a\" + \"b\"]
";

    #[test]
    fn lists_of_strings_are_read() {
        assert_eq!(list(MODULE, "DATE_INPUT_FORMATS").unwrap(), ["%d.%m.%Y", "%Y-%m-%d"]);
        assert_eq!(list(MODULE, "TIME_INPUT_FORMATS").unwrap(), ["%H.%M"]);
        for (module, name) in [
            (MODULE, "DATETIME_INPUT_FORMATS"),
            (MODULE, "INPUT_FORMATS"),
            ("A = [", "A"),
            ("A = ['x", "A"),
            ("A = ['\\n']", "A"),
            ("A = (\"x\",)", "A"),
            ("A", "A"),
            ("", "A"),
        ] {
            assert_eq!(list(module, name), None, "{module}");
        }
    }

    #[test]
    fn a_variant_comes_before_its_language_and_iso_formats_are_added() {
        let root = tempfile::TempDir::new().unwrap();
        for (locale, module) in [("de", MODULE), ("de_CH", "TIME_INPUT_FORMATS = [\"%H:%M\", \"%Hh\"]")] {
            let folder = root.path().join(locale);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("formats.py"), module).unwrap();
        }
        let paths = ["/nowhere".to_owned(), root.path().display().to_string()];
        let formats = InputFormats::read(&paths, "de-ch");
        assert_eq!(formats.get(InputFormat::Date).unwrap(), ["%d.%m.%Y", "%Y-%m-%d"]);
        assert_eq!(formats.get(InputFormat::Time).unwrap(), ["%H:%M", "%Hh", "%H:%M:%S", "%H:%M:%S.%f"]);
        assert_eq!(formats.get(InputFormat::DateTime), None);
        assert_eq!(InputFormats::read(&paths, "fr").get(InputFormat::Date), None);
    }
}
