use serde_json::json;

use super::validate_schema;

fn errors(operation: &serde_json::Value) -> Vec<String> {
    validate_schema(&json!({
        "openapi": "3.0.3",
        "info": {"title": "", "version": "1"},
        "paths": {"/a/{id}/": {"get": operation}},
        "components": {"schemas": {"A": {"type": "object"}}, "securitySchemes": {"key": {"type": "http"}}},
    }))
}

#[test]
fn mistakes_are_found() {
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}});
    let response =
        |schema| json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}});
    let fine = response(json!({"$ref": "#/components/schemas/A"}));
    let valid = json!({"parameters": [id], "responses": fine, "security": [{"key": []}, {}], "x-own": 1});
    assert_eq!(errors(&valid), Vec::<String>::new());
    for (operation, error) in [
        (json!({"parameters": [id]}), "get /a/{id}/: `responses` is missing"),
        (json!({"parameters": [id], "responses": {}}), "get /a/{id}/: has no response"),
        (json!({"responses": fine}), "get /a/{id}/: the path's parameter `id` is not described"),
        (
            json!({"parameters": [id, id], "responses": fine}),
            "get /a/{id}/ parameters[1]: is described twice",
        ),
        (
            json!({"parameters": [id], "responses": fine, "security": [{"lock": []}]}),
            "get /a/{id}/: security[0] names `lock`, which is no security scheme",
        ),
        (
            json!({"parameters": [id], "responses": response(json!({"$ref": "#/components/schemas/B"}))}),
            "get /a/{id}/ responses.200 content.application/json: \"#/components/schemas/B\" refers to nothing",
        ),
        (
            json!({"parameters": [id], "responses": response(json!({"type": "text"}))}),
            "get /a/{id}/ responses.200 content.application/json: `type` is \"text\"",
        ),
        (
            json!({"parameters": [id], "responses": response(json!({"type": "array"}))}),
            "get /a/{id}/ responses.200 content.application/json: `items` is missing",
        ),
        (
            json!({"parameters": [id], "responses": response(json!({"properties": {"a": {"maxLength": "1"}}}))}),
            "get /a/{id}/ responses.200 content.application/json properties.a: `maxLength` is not a whole number",
        ),
        (
            json!({"parameters": [id], "responses": {"200": {"content": {}}}}),
            "get /a/{id}/ responses.200: `description` is missing",
        ),
        (json!({"parameters": [id], "responses": fine, "id": 1}), "get /a/{id}/: `id` is unknown"),
    ] {
        assert_eq!(errors(&operation), [error]);
    }
}
