use proptest::prelude::*;

use super::*;

/// The texts are what Python's `json.dumps` writes.
#[test]
fn messages_are_written_as_django_writes_them() {
    assert_eq!(ChangeMessage::Added.dump(), r#"[{"added": {}}]"#);
    let changed = |labels: &[&str]| {
        ChangeMessage::Changed(labels.iter().map(|label| (*label).to_owned()).collect()).dump()
    };
    assert_eq!(changed(&[]), "[]");
    assert_eq!(changed(&["Title"]), r#"[{"changed": {"fields": ["Title"]}}]"#);
    assert_eq!(
        changed(&["Title", "Body \"x\" \\ \u{7f} \t Ü 😀"]),
        r#"[{"changed": {"fields": ["Title", "Body \"x\" \\ \u007f \t \u00dc \ud83d\ude00"]}}]"#
    );
}

/// The sentences are those of Django's `LogEntry.get_change_message`.
#[test]
fn messages_are_read_as_django_reads_them() {
    for (stored, sentence) in [
        ("", ""),
        ("Changed title.", "Changed title."),
        ("[", "["),
        ("[1]", "[1]"),
        ("[]", "No fields changed."),
        (r#"[{"other": 1}]"#, "No fields changed."),
        (r#"[{"added": {}}]"#, "Added."),
        (r#"[{"changed": {"fields": ["Title"]}}]"#, "Changed Title."),
        (r#"[{"changed": {"fields": ["Title", "Body"]}}]"#, "Changed Title and Body."),
        (r#"[{"changed": {"fields": ["a", "b", "C {fields}"]}}]"#, "Changed a, b and C {fields}."),
        (r#"[{"changed": {"fields": ["\u00dcber \ud83d\ude00"]}}]"#, "Changed Über 😀."),
        (
            r#"[{"added": {"name": "comment", "object": "Ü"}},
                {"changed": {"name": "comment", "object": "c", "fields": ["Body"]}}]"#,
            "Added comment “Ü”. Changed Body for comment “c”.",
        ),
        (r#"[{"deleted": {"name": "comment", "object": "x {name}"}}]"#, "Deleted comment “x {name}”."),
    ] {
        assert_eq!(get_change_message(stored), sentence, "{stored}");
    }
}

proptest! {
    /// Whatever the labels are, the text is ASCII that Python and this program read as the same labels.
    #[test]
    fn any_label_is_read_as_it_was_written(labels in prop::collection::vec(any::<String>(), 1..4)) {
        let written = ChangeMessage::Changed(labels.clone()).dump();
        prop_assert!(written.is_ascii() && !written.contains(|letter: char| letter.is_ascii_control()));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read[0]["changed"]["fields"], &serde_json::json!(&labels));
        let (last, first) = labels.split_last().unwrap();
        let words = if first.is_empty() { last.clone() } else { format!("{} and {last}", first.join(", ")) };
        prop_assert_eq!(get_change_message(&written), format!("Changed {words}."));
    }
}
