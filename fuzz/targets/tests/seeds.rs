//! Runs each target with its seeds, and with mutations of them: what libFuzzer does, for compilers without it. `PROPTEST_CASES` sets
//! the number of mutations of each target, which are the same in each run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use vitamin_fuzz_targets::TARGETS;

/// Pieces that mutations insert: bytes that end or nest something in one of the formats.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"%",
    b"%00",
    b"%ff",
    b"+",
    b"&",
    b"=",
    b";",
    b",",
    b":",
    b"/",
    b"//",
    b"\\",
    b"\"",
    b"'",
    b"<",
    b">",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"$",
    b"*",
    b"?",
    b"#",
    b"@",
    b"--",
    b".",
    b"-",
    b"0",
    b"-1",
    b"00",
    b"1e999",
    b"99999999999999999999",
    b"2147483648",
    b"9223372036854775808",
    b"NaN",
    b"null",
    b"\\ud800",
    b"\\u0000",
    b"0001-01-01",
    b"9999-12-31",
    b"24:00",
    b"23:59:60.9999999",
    b"-23:59",
    b"P1D",
    b"999999999 ",
    b"\xd9\xa1",
    b"a=b; ",
    b"q=",
    b"<int:",
    b"boundary=",
    b"charset=utf-16",
    b"$1$",
    b"((((((((",
    b"[[[[[[[[",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        fs::read_dir(root().join("seeds").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, Index),
    Replace(Index, Index, usize),
    Delete(Index, usize),
    Repeat(Index, usize, usize),
    Flip(Index, u8),
    /// The begin of the seed, and the rest of another one.
    Splice(Index, Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        (index(), index()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (index(), index(), 0..20_usize).prop_map(|(at, piece, length)| Edit::Replace(at, piece, length)),
        (index(), 1..20_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (index(), 1..20_usize, 2..50_usize).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        (index(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        (index(), index(), index()).prop_map(|(at, other, from)| Edit::Splice(at, other, from)),
    ]
}

fn apply(edit: &Edit, mut bytes: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    match edit {
        Edit::Insert(at, piece) => {
            let at = place(at, &bytes);
            bytes.splice(at..at, piece.get(PIECES).iter().copied());
        }
        Edit::Replace(at, piece, length) => {
            let at = place(at, &bytes);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece.get(PIECES).iter().copied());
        }
        Edit::Delete(at, length) => {
            let at = place(at, &bytes);
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Edit::Repeat(at, length, times) => {
            let at = place(at, &bytes);
            let piece = bytes[at..(at + length).min(bytes.len())].repeat(*times);
            bytes.splice(at..at, piece);
        }
        Edit::Flip(at, bit) => {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
        }
        Edit::Splice(at, other, from) => {
            let (at, other) = (place(at, &bytes), other.get(seeds));
            bytes.truncate(at);
            bytes.extend_from_slice(&other[place(from, other)..]);
        }
    }
    bytes
}

/// The names in a folder without their extensions.
fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn each_target_has_seeds_and_a_fuzzer() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len());
    assert_eq!(names_in("seeds"), names);
    assert_eq!(names_in("fuzz_targets"), names);
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(!seeds(name).is_empty(), "{name}");
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "fuzz/Cargo.toml has no {name}"
        );
    }
}

#[test]
fn seeds_and_their_mutations_break_no_parser() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        seeds.iter().for_each(|seed| target(seed));
        target(b"");
        let config = Config { failure_persistence: None, ..Config::default() };
        let mutation = (any::<Index>(), proptest::collection::vec(edit(), 0..6));
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let checked = TestRunner::new_with_rng(config, random).run(&mutation, |(seed, edits)| {
            let mutated =
                edits.iter().fold(seed.get(&seeds).clone(), |bytes, edit| apply(edit, bytes, &seeds));
            let outcome = std::panic::catch_unwind(|| target(&mutated));
            prop_assert!(outcome.is_ok(), "{}: {:?}", name, mutated.escape_ascii().to_string());
            Ok(())
        });
        if let Err(failure) = checked {
            panic!("{name}: {failure}");
        }
    }
}
