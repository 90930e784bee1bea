//! The fixtures are drf-spectacular's answers, made by tests/django/yaml_documents.py.

use serde_json::Value;

use super::to_string;

#[test]
fn documents_are_written_as_by_pyyaml() {
    let mut count = 0;
    for line in include_str!("../fixtures/yaml.jsonl").split('\n').filter(|line| !line.is_empty()) {
        let (document, yaml): (Value, String) = serde_json::from_str(line).unwrap();
        assert_eq!(to_string(&document), yaml, "{document:?}");
        count += 1;
    }
    assert_eq!(count, 1500);
}
