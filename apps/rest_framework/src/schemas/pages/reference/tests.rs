use serde_json::json;

use super::shape::Word;
use super::*;

fn words(schema: &Value) -> String {
    let word = |word: &Word<'_>| match word {
        Word::Text(text) => text.clone(),
        Word::Schema(name) => format!("<{name}>"),
    };
    let shape = Shape::of(schema);
    let kind: String = shape.kind.iter().map(word).collect();
    [kind].into_iter().chain(shape.limits).chain(shape.values).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_schema_is_said_in_words() {
    for (schema, expected) in [
        (json!({"type": "string", "format": "date-time", "nullable": true}), "string (date-time) or null"),
        (
            json!({"type": "array", "items": {"$ref": "#/components/schemas/Issue"}, "maxItems": 3}),
            "array of <Issue>; at most 3 items",
        ),
        (
            json!({"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/BlankEnum"}], "nullable": true}),
            "<A> or <BlankEnum> or null",
        ),
        (json!({"allOf": [{"$ref": "#/components/schemas/A"}], "readOnly": true}), "<A>; read only"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "object of integer"),
        (json!({"type": "object", "additionalProperties": {}}), "object"),
        (
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "default": 1}),
            "integer; more than 0; default 1",
        ),
        (
            json!({"type": "string", "enum": ["a", "b"], "pattern": "^[ab]$"}),
            "string; matches ^[ab]$; \"a\"; \"b\"",
        ),
        (json!({"type": "array", "items": {"type": "string", "enum": ["a"]}}), "array of string; \"a\""),
        (json!({}), "any value"),
        (json!(null), "any value"),
    ] {
        assert_eq!(words(&schema), expected, "{schema}");
    }
}
