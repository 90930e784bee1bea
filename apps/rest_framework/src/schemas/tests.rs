//! The fixtures are drf-spectacular's documents, made by tests/django/schemas.py, which declares the same APIs.

mod choices;
mod fields;
mod models;
#[cfg(feature = "browsable-api")]
mod pages;
mod paths;
mod served;
mod versions;

use serde_json::Value;

use super::{GeneratedSchema, SchemaGenerator, SpectacularSettings, validate_schema};
use crate::settings::APISettings;
use vitamin_framework::urls::{Pattern, UrlConf};

/// The document of these patterns, and the warnings.
fn generate(patterns: Vec<Pattern>, spectacular_settings: SpectacularSettings) -> GeneratedSchema {
    let settings = APISettings { spectacular_settings, ..APISettings::default() };
    SchemaGenerator::new(&settings).get_schema(&UrlConf::new(patterns))
}

/// The part of the fixtures with this name.
fn fixture(name: &str) -> Value {
    let mut fixtures: Value = serde_json::from_str(include_str!("fixtures/documents.json")).unwrap();
    fixtures[name].take()
}

/// Compares the document with drf-spectacular's, with the order of its keys.
fn check(name: &str, patterns: Vec<Pattern>, settings: SpectacularSettings) -> Vec<String> {
    let generated = generate(patterns, settings);
    compare(name, &generated.document);
    generated.warnings
}

fn compare(name: &str, document: &Value) {
    let expected = serde_json::to_string_pretty(&fixture(name)).unwrap();
    let ours = serde_json::to_string_pretty(document).unwrap();
    if expected != ours {
        let differs = expected.lines().zip(ours.lines()).position(|(a, b)| a != b);
        let line = differs.unwrap_or_else(|| expected.lines().count().min(ours.lines().count()));
        let part =
            |text: &str| text.lines().skip(line.saturating_sub(12)).take(24).collect::<Vec<_>>().join("\n");
        panic!("{name}, line {line}:\n{}\n--- ours:\n{}", part(&expected), part(&ours));
    }
    assert_eq!(validate_schema(document), Vec::<String>::new(), "{name}");
}
