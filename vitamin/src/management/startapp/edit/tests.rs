use super::*;

fn with_app(text: &str) -> Result<String, EditError> {
    let source = Source::parse(text)?;
    source.append(&source.list("apps")?, "polls::Polls")
}

#[test]
fn an_element_gets_a_line_of_its_own() {
    let text = "\
fn project() {
    // apps![in, a, comment]
    let text = \"apps![in, a, string]\";
    Project::new(env, apps![
        Auth::from_env(env)?, // the users
        /* last */ TestApp,   // ours
        // more to come
    ], urlpatterns)
}
";
    let expected =
        text.replace("        // more to come\n", "        // more to come\n        polls::Polls,\n");
    assert_eq!(with_app(text), Ok(expected));
}

#[test]
fn a_missing_comma_is_added() {
    let text = "let x = vitamin::apps![\n\tAuth::from_env(env)?,\n\tTestApp // ours\n];\n";
    let expected =
        "let x = vitamin::apps![\n\tAuth::from_env(env)?,\n\tTestApp, // ours\n\tpolls::Polls,\n];\n";
    assert_eq!(with_app(text).as_deref(), Ok(expected));
}

#[test]
fn a_short_list_stays_on_its_line() {
    for (text, expected) in [
        ("apps![]", "apps![polls::Polls]"),
        ("apps![A]", "apps![A, polls::Polls]"),
        ("apps![A, b(c),]", "apps![A, b(c), polls::Polls]"),
        ("apps![A /* é */]", "apps![A, polls::Polls /* é */]"),
        ("apps![\n    A,\n    B]", "apps![\n    A,\n    B, polls::Polls]"),
        ("  apps![\n  ]", "  apps![\n      polls::Polls,\n  ]"),
        ("apps![\r\n    A,\r\n]", "apps![\r\n    A,\r\n    polls::Polls,\r\n]"),
    ] {
        assert_eq!(with_app(text).as_deref(), Ok(expected));
    }
}

#[test]
fn what_is_not_recognized_is_refused() {
    for (text, error) in [
        ("fn project() {}", EditError::NotFound),
        ("apps![A]; apps![B]", EditError::NotFound),
        ("apps!(A)", EditError::NotFound),
        ("apps![A", EditError::NotRust),
        ("\u{feff}apps![A]", EditError::NotRust),
    ] {
        assert_eq!(with_app(text), Err(error), "{text}");
    }
}

#[test]
fn a_list_is_found_in_its_function() {
    let text = "\
fn other() { vec![1]; }
pub fn urlpatterns() -> Vec<Pattern> {
    format_suffix_patterns(vec![include(\"a/\", vec![]), path(\"b/\", b())])
}
";
    let source = Source::parse(text).unwrap();
    let list = source.list_in_function("urlpatterns", "vec").unwrap();
    let expected = text.replace("b())]", "b()), path(\"c/\", c())]");
    assert_eq!(source.append(&list, "path(\"c/\", c())"), Ok(expected));
    assert!(contains(&list, "b()") && !contains(&list, "c()"));
    assert_eq!(source.list_in_function("patterns", "vec").err(), Some(EditError::NotFound));
}

#[test]
fn an_import_is_sorted_as_rustfmt_does() {
    for (names, expected) in [
        ("Pattern, path", "Pattern, include, path"),
        ("Pattern", "Pattern, include"),
        ("Pattern, View", "Pattern, View, include"),
    ] {
        let text = format!("use vitamin::urls::{{{names}}};\n");
        let source = Source::parse(&text).unwrap();
        let braces = source.imports(&["vitamin", "urls"]).unwrap();
        assert_eq!(source.import(&braces, "include"), Ok(text.replace(names, expected)));
    }
    let other = "use vitamin::urls::path;\nuse vitamin::urls::inner::{a};\n";
    assert!(Source::parse(other).unwrap().imports(&["vitamin", "urls"]).is_none());
}
