//! One compiled catalogue, a `.mo` file (GNU gettext's manual, section "MO Files"), as Python's `gettext.GNUTranslations`
//! reads it.

use std::collections::HashMap;

use super::plural::{InvalidFormula, PluralForms};

const MAGIC: u32 = 0x9504_12de;
/// Larger files are refused. Django's largest has 70 KB.
pub(super) const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// The messages of one file.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    messages: HashMap<String, String>,
    /// The forms of messages with a number, by their singular.
    plurals: HashMap<String, Vec<String>>,
    pub(super) plural_forms: PluralForms,
}

/// Why a file is no catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidCatalog {
    #[error("it is not a compiled catalogue")]
    Magic,
    #[error("it is of a version that is not known")]
    Version,
    #[error("it is cut off or corrupt")]
    Corrupt,
    #[error("a message is not UTF-8")]
    Encoding,
    #[error(transparent)]
    Formula(#[from] InvalidFormula),
}

impl Catalog {
    /// Reads the bytes of a file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, InvalidCatalog> {
        let magic = bytes.first_chunk().ok_or(InvalidCatalog::Magic)?;
        let file = match (u32::from_le_bytes(*magic), u32::from_be_bytes(*magic)) {
            (MAGIC, _) => File { bytes, word: u32::from_le_bytes },
            (_, MAGIC) => File { bytes, word: u32::from_be_bytes },
            _ => return Err(InvalidCatalog::Magic),
        };
        // The minor version adds things that do not matter here.
        if file.word_at(4)? >> 16 > 1 {
            return Err(InvalidCatalog::Version);
        }
        let [count, originals, translations] = [file.word_at(8)?, file.word_at(12)?, file.word_at(16)?];
        let mut catalog = Self::default();
        for index in 0..count {
            let original = file.text(originals, index)?;
            catalog.insert(original, file.text(translations, index)?)?;
        }
        Ok(catalog)
    }

    fn insert(&mut self, original: &str, translation: &str) -> Result<(), InvalidCatalog> {
        if original.is_empty() {
            if let Some(formula) = plural_formula(translation) {
                self.plural_forms = PluralForms::parse(formula)?;
            }
        } else if let Some((singular, _)) = original.split_once('\0') {
            let forms = translation.split('\0').map(str::to_owned).collect();
            self.plurals.insert(singular.to_owned(), forms);
        } else {
            self.messages.insert(original.to_owned(), translation.to_owned());
        }
        Ok(())
    }

    /// The translation of a message without a number.
    pub(super) fn message(&self, msgid: &str) -> Option<&str> {
        self.messages.get(msgid).map(String::as_str)
    }

    /// A form of a message with a number.
    pub(super) fn form(&self, singular: &str, index: usize) -> Option<&str> {
        self.plurals.get(singular)?.get(index).map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.plurals.is_empty()
    }
}

/// The formula in the header: `Plural-Forms: nplurals=2; plural=(n != 1);`.
fn plural_formula(header: &str) -> Option<&str> {
    let mut fields = header.lines().filter_map(|line| line.split_once(':'));
    let field = fields.rfind(|(name, _)| name.trim().eq_ignore_ascii_case("plural-forms"))?.1;
    field.split(';').nth(1)?.split_once("plural=").map(|(_, formula)| formula)
}

struct File<'a> {
    bytes: &'a [u8],
    word: fn([u8; 4]) -> u32,
}

impl<'a> File<'a> {
    fn word_at(&self, at: usize) -> Result<u32, InvalidCatalog> {
        let bytes = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| (self.word)(*bytes)).ok_or(InvalidCatalog::Corrupt)
    }

    /// An entry of a table: its words are the length and the offset of a text.
    fn text(&self, table: u32, index: u32) -> Result<&'a str, InvalidCatalog> {
        let size = |word: u32| usize::try_from(word).map_err(|_| InvalidCatalog::Corrupt);
        let entry = size(index)?.checked_mul(8).and_then(|offset| offset.checked_add(size(table).ok()?));
        let entry = entry.ok_or(InvalidCatalog::Corrupt)?;
        let [length, start] = [size(self.word_at(entry)?)?, size(self.word_at(entry.saturating_add(4))?)?];
        let end = start.checked_add(length).ok_or(InvalidCatalog::Corrupt)?;
        let bytes = self.bytes.get(start..end).ok_or(InvalidCatalog::Corrupt)?;
        str::from_utf8(bytes).map_err(|_| InvalidCatalog::Encoding)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of these messages, as msgfmt writes it. `\0` separates plural forms.
    pub(in crate::translation) fn compile(messages: &[(&str, &str)], is_big_endian: bool) -> Vec<u8> {
        let count = messages.len();
        let (mut tables, mut texts) = (Vec::new(), Vec::new());
        let start = 28 + 16 * count;
        for column in [0, 1] {
            for (original, translation) in messages {
                let text = [original, translation][column].as_bytes();
                tables.extend([text.len(), start + texts.len()]);
                texts.extend_from_slice(text);
                texts.push(0);
            }
        }
        let head = [MAGIC as usize, 0, count, 28, 28 + 8 * count, 0, start];
        let words = head.into_iter().chain(tables).map(|word| u32::try_from(word).unwrap());
        let bytes = |word: u32| if is_big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
        words.flat_map(bytes).chain(texts).collect()
    }

    const POLISH: &[(&str, &str)] = &[
        (
            "",
            "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && \
             (n%100<12 || n%100>14) ? 1 : 2);\n",
        ),
        ("%d file\0%d files", "%d plik\0%d pliki\0%d plików"),
        ("Not found.", "Nie znaleziono."),
    ];

    #[test]
    fn both_byte_orders_are_read() {
        for is_big_endian in [false, true] {
            let catalog = Catalog::parse(&compile(POLISH, is_big_endian)).unwrap();
            assert_eq!(catalog.message("Not found."), Some("Nie znaleziono."));
            assert_eq!(catalog.message("Found."), None);
            let forms = [1, 3, 5].map(|n| catalog.form("%d file", catalog.plural_forms.index(n).unwrap()));
            assert_eq!(forms, [Some("%d plik"), Some("%d pliki"), Some("%d plików")]);
            assert_eq!(catalog.form("%d file", 3), None);
        }
    }

    #[test]
    fn a_file_that_is_no_catalogue_is_refused() {
        let whole = compile(POLISH, false);
        for length in 0..whole.len() - 1 {
            assert!(Catalog::parse(&whole[..length]).is_err(), "{length} bytes");
        }
        let error = |bytes: &[u8]| Catalog::parse(bytes).unwrap_err();
        assert_eq!(error(b"msgid \"\""), InvalidCatalog::Magic);
        let changed = |at: usize, byte| {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            bytes
        };
        assert_eq!(error(&changed(6, 2)), InvalidCatalog::Version);
        assert_eq!(error(&changed(11, 0xff)), InvalidCatalog::Corrupt);
        assert_eq!(error(&changed(whole.len() - 2, 0xff)), InvalidCatalog::Encoding);
        let formula = compile(&[("", "Plural-Forms: nplurals=1; plural=n n;\n")], false);
        assert_eq!(error(&formula), InvalidCatalog::Formula(InvalidFormula));
    }

    proptest! {
        #[test]
        fn no_file_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
            let mut bytes = compile(POLISH, false);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = Catalog::parse(&bytes);
        }
    }
}
