//! The names of components of choices.

use super::super::SpectacularSettings;
use super::check;
use super::fields::COLORS;
use crate::fields::{ChoiceField, ListField};
use crate::response::Response;
use crate::serializers::Serializer;
use crate::views::APIView;
use vitamin_framework::urls::{Pattern, path};

fn plain(name: &str, serializer: Serializer) -> APIView {
    APIView::new(name).serializer(serializer.component_name(name.to_owned())).post(async || Response::new(1))
}

pub(super) fn urlpatterns() -> Vec<Pattern> {
    let first = Serializer::new()
        .field("color", ChoiceField::new(COLORS))
        .field("kind", ChoiceField::new([("a", "A")]))
        .field("state", ChoiceField::new([("x", "x"), ("y", "y")]));
    let second = Serializer::new()
        .field("color", ChoiceField::new(COLORS).help_text("The same."))
        .field("kind", ChoiceField::new([("b", "B")]))
        .field("state", ChoiceField::new([("x", "x"), ("z", "z")]).allow_null())
        .field("other_color", ChoiceField::new(COLORS));
    let third = Serializer::new()
        .field("state", ChoiceField::new([("x", "x"), ("z", "z")]).allow_blank())
        .field("kinds", ListField::new(ChoiceField::new([("b", "B")]).label("Kinds")));
    vec![
        path("a/", plain("First", first)),
        path("b/", plain("Second", second)),
        path("c/", plain("Third", third)),
    ]
}

#[test]
fn choices_are_components() {
    // One for the collision of `state`, two for the choices of several names.
    assert_eq!(check("choices", urlpatterns(), SpectacularSettings::default()).len(), 4);
}
