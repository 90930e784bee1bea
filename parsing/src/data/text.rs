//! A Python `str` that is not well-formed Unicode.

use std::fmt;

use zeroize::Zeroize;

/// Text with at least one surrogate code point, such as JSON's `"\ud800"`.
#[derive(Clone, PartialEq, Eq)]
pub struct IllFormed(Box<[u32]>);

impl IllFormed {
    /// Returns the code points as text, or as ill-formed text if they include surrogates. Invalid code points become
    /// U+FFFD.
    pub fn from_code_points(code_points: Vec<u32>) -> Result<String, Self> {
        if code_points.iter().any(|point| is_surrogate(*point)) {
            return Err(Self(code_points.into()));
        }
        Ok(lossy(&code_points))
    }

    /// The code points, surrogates included.
    pub fn code_points(&self) -> &[u32] {
        &self.0
    }

    /// The first surrogate: 0xD800 to 0xDFFF.
    pub fn first_surrogate(&self) -> u32 {
        self.0.iter().copied().find(|point| is_surrogate(*point)).unwrap_or(0xFFFD)
    }

    /// The text without leading and trailing white space (Python's).
    pub fn trim(&self) -> Self {
        let is_space = |point: &u32| char::from_u32(*point).is_some_and(crate::python::is_space);
        let start = self.0.iter().take_while(|point| is_space(point)).count();
        let end = self.0.iter().rev().take_while(|point| is_space(point)).count();
        Self(self.0.get(start..self.0.len().saturating_sub(end)).unwrap_or_default().into())
    }

    /// The text with U+FFFD for each surrogate.
    pub fn to_string_lossy(&self) -> String {
        lossy(&self.0)
    }
}

impl Zeroize for IllFormed {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for IllFormed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("str")
    }
}

fn is_surrogate(point: u32) -> bool {
    (0xD800..=0xDFFF).contains(&point)
}

fn lossy(code_points: &[u32]) -> String {
    code_points.iter().map(|point| char::from_u32(*point).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
