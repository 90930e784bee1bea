//! dotenv.jsonl has python-dotenv's answers, made by tests/django/configuration.py.

use std::fs;
use std::os::unix::fs::chown;

use proptest::prelude::*;
use rustix::process::geteuid;

use super::parser::parse;
use super::*;

fn pairs(text: &str) -> Vec<(String, String)> {
    parse(text.as_bytes()).variables.into_iter().map(|variable| (variable.name, variable.value)).collect()
}

#[test]
fn files_are_read_as_by_python_dotenv() {
    let mut count = 0;
    // A value may hold any of Unicode's line separators.
    for line in include_str!("../../fixtures/dotenv.jsonl").split('\n').filter(|line| !line.is_empty()) {
        type Case = (String, Vec<(String, String, usize)>, Vec<usize>);
        let (text, variables, skipped): Case = serde_json::from_str(line).unwrap();
        let parsed = parse(text.as_bytes());
        let found: Vec<_> = parsed.variables.into_iter().map(|v| (v.name, v.value, v.line)).collect();
        assert_eq!((found, parsed.skipped), (variables, skipped), "{text:?}");
        count += 1;
    }
    assert_eq!(count, 2500);
}

proptest! {
    /// The characters of Django's `get_random_secret_key`.
    #[test]
    fn a_key_of_django_needs_no_quotes(key in "[a-z0-9!@#$%^&*(\\-_=+)]{50}") {
        prop_assert_eq!(pairs(&format!("SECRET_KEY={key}\n")), [("SECRET_KEY".to_owned(), key)]);
    }

    #[test]
    fn a_password_without_spaces_and_quotes_needs_no_quotes(password in "[!#-&(-\\[\\\\\\]-~]{1,40}") {
        prop_assert_eq!(pairs(&format!("A={password}\r\n")), [("A".to_owned(), password)]);
    }

    #[test]
    fn any_text_survives_quotes(value in "[^\r]*") {
        let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
        prop_assert_eq!(pairs(&format!("A='{escaped}'\n")), [("A".to_owned(), value.clone())]);
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(pairs(&format!("A=\"{escaped}\" # why\n")), [("A".to_owned(), value)]);
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes: Vec<u8>) {
        parse(&bytes);
    }

    #[test]
    fn every_line_is_told(text in "([A=\"'# \\\\n]{0,6}\n){0,6}") {
        let parsed = parse(text.as_bytes());
        let lines = text.lines().count();
        let told = parsed.variables.iter().map(|v| v.line).chain(parsed.skipped).chain(parsed.unbalanced);
        prop_assert!(told.into_iter().all(|line| (1..=lines).contains(&line)));
    }
}

#[test]
fn a_quote_that_does_not_end_the_value_is_a_part_of_it() {
    // django-environ's answers.
    for (line, value) in [
        ("A='tis", "'tis"),
        ("A=\"7 apples", "\"7 apples"),
        ("A='it's mine'", "it's mine"),
        ("A='pa'ss", "'pa'ss"),
        ("A='pa\\'", "pa\\"),
        ("A='{\"a\": 'b'}'", "{\"a\": 'b'}"),
        ("A=\"{\"a\": 1}\"", "{\"a\": 1}"),
        ("A='tis # why", "'tis"),
        ("A='", "'"),
    ] {
        let parsed = parse(format!("{line}\nB=1\n").as_bytes());
        let found: Vec<_> =
            parsed.variables.iter().map(|v| (v.name.as_str(), v.value.as_str(), v.line)).collect();
        assert_eq!((found, parsed.unbalanced), (vec![("A", value, 1), ("B", "1", 2)], vec![1]), "{line}");
    }
    assert_eq!(pairs("A='tis\nB='yes'\n"), [("A".into(), "'tis".into()), ("B".into(), "yes".into())]);
}

#[test]
fn bytes_that_are_not_utf_8_cost_their_line_only() {
    let parsed = parse(b"# caf\xe9\nA=\xe9\nB=1\n");
    assert_eq!(parsed.variables, [Variable { name: "B".into(), value: "1".into(), line: 3 }]);
    assert_eq!(parsed.skipped, [2]);
}

#[test]
fn a_parent_s_file_must_be_the_user_s() {
    let user = geteuid().as_raw();
    let root = tempfile::tempdir().unwrap();
    let (above, below) = (root.path().join("above"), root.path().join("above/below"));
    fs::create_dir_all(&below).unwrap();
    let file = above.join(NAME);
    assert!(find(&below, user).path.is_none_or(|path| !path.starts_with(root.path())));
    fs::write(&file, "A=1").unwrap();
    assert_eq!(find(&below, user).path.as_ref(), Some(&file));
    assert!(find(&below, user).warnings.is_empty());

    // Another user finds the same files, and nothing is read but what is in the working directory.
    let other = find(&below, user + 1);
    assert!(other.path.is_none(), "{other:?}");
    let warning = format!("{} is not read: it is above the working directory", file.display());
    assert!(other.warnings.iter().any(|found| found.starts_with(&warning)), "{other:?}");
    assert_eq!(find(&above, user + 1).path.as_ref(), Some(&file));

    // Only root can give a file or a folder away.
    if user == 0 {
        for given in [&file, &above] {
            chown(given, Some(1), None).unwrap();
            assert!(find(&below, user).path.is_none(), "{}", given.display());
            chown(given, Some(0), None).unwrap();
        }
        assert_eq!(find(&below, user).path, Some(file));
    }
}
