//! The entry points of the fuzzers: one for each parser of what a client, the database or the operator sends.
//!
//! A target takes any bytes. It panics if the parser does, or if what it returns is wrong in a way that needs no second parser to
//! tell. `fuzz/fuzz_targets` runs each with libFuzzer, the tests of this crate run all with mutations of `fuzz/seeds`.

mod client;
mod stored;

/// A fuzzer's entry point.
pub type Target = fn(&[u8]);

/// All targets by their names, which `fuzz/fuzz_targets` and `fuzz/seeds` have too.
pub const TARGETS: &[(&str, Target)] = &[
    ("accept", client::accept),
    ("charset", client::charset),
    ("cookies", client::cookies),
    ("credentials", client::credentials),
    ("csrf", client::csrf),
    ("cursor", client::cursor),
    ("database_url", stored::database_url),
    ("dates", client::dates),
    ("dotenv", stored::dotenv),
    ("durations", client::durations),
    ("filters", client::filters),
    ("form", client::form),
    ("forwarded", client::forwarded),
    ("json", client::json),
    ("lists", stored::lists),
    ("media_types", client::media_types),
    ("multipart", client::multipart),
    ("numbers", client::numbers),
    ("password_hashes", stored::password_hashes),
    ("session_data", stored::session_data),
    ("signing", client::signing),
    ("url_paths", client::url_paths),
    ("url_routes", stored::url_routes),
];

/// Runs the target of this name.
///
/// # Panics
/// The parser is at fault, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    assert!(target.is_some(), "there is no target {name}");
    target.into_iter().for_each(|(_, target)| target(bytes));
}

/// The bytes as text, as a header or a path is read.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Splits at line feeds, into exactly this many texts.
fn lines<const N: usize>(bytes: &[u8]) -> [String; N] {
    let mut rest = bytes.splitn(N, |byte| *byte == b'\n');
    std::array::from_fn(|_| text(rest.next().unwrap_or_default()).into_owned())
}
