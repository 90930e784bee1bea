//! The text of a cursor: a query string in base64, with the keys `o`, `r` and `p` (`encode_cursor`, `decode_cursor`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::page_size::{is_negative, saturated};
use crate::data::Integer;
use crate::fields::digits::int;
use crate::python::base64::b64decode;
use crate::python::codecs::Charset;
use crate::utils::urls::quote_plus;
use vitamin_parsing::form::parse_form;

/// Where a page starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) offset: u64,
    pub(crate) reverse: bool,
    pub(crate) position: Option<String>,
}

impl Cursor {
    /// `None` if the text is no cursor. A `cutoff` of 0 is none.
    pub(crate) fn decode(encoded: &str, cutoff: u64) -> Option<Self> {
        if !encoded.is_ascii() {
            return None;
        }
        let query = b64decode(encoded.as_bytes())?;
        if !query.is_ascii() {
            return None;
        }
        let tokens = parse_form(&query, Charset::default(), None).ok()?;
        let first = |key: &str| tokens.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
        let offset = int(first("o").unwrap_or("0")).filter(|offset| !is_negative(offset))?;
        let offset = saturated(&offset);
        let reverse = int(first("r").unwrap_or("0"))? != Integer::from(0);
        let position = first("p").map(str::to_owned);
        Some(Self { offset: if cutoff > 0 { offset.min(cutoff) } else { offset }, reverse, position })
    }

    pub(crate) fn encode(&self) -> String {
        let mut tokens = Vec::new();
        if self.offset != 0 {
            tokens.push(format!("o={}", self.offset));
        }
        if self.reverse {
            tokens.push("r=1".to_owned());
        }
        if let Some(position) = &self.position {
            tokens.push(format!("p={}", quote_plus(position)));
        }
        STANDARD.encode(tokens.join("&"))
    }
}
