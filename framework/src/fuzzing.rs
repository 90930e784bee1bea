//! Ways to this crate's own parsers for the fuzzers in the repository (`fuzz/targets`). Not for other use.

use super::conf::dotenv;
use super::signing;

/// Reads a `.env` file: names and values.
#[must_use]
pub fn dotenv(bytes: &[u8]) -> Vec<(String, String)> {
    dotenv::parse(bytes).variables.into_iter().map(|variable| (variable.name, variable.value)).collect()
}

/// Signs data that is encoded already, as [`signing::dumps`] signs what it has encoded.
#[must_use]
pub fn signed(data: &str, key: &[u8], salt: &str) -> String {
    signing::sign(data, key, salt, 0)
}
