//! All kinds of fields, with their options.

use super::super::SpectacularSettings;
use super::check;
use crate::fields::{
    BigIntegerField, BooleanField, CharField, ChoiceField, DateField, DateTimeField, DecimalField, DictField,
    DurationField, EmailField, FileField, FloatField, HStoreField, HiddenField, IPAddressField, ImageField,
    IntegerField, JSONField, ListField, MultipleChoiceField, Pattern, Protocol, RegexField, SlugField,
    TimeField, URLField, UUIDField,
};
use crate::response::Response;
use crate::serializers::Serializer;
use crate::views::APIView;
use vitamin_framework::urls::{Pattern as UrlPattern, path};

pub(super) const COLORS: [(&str, &str); 2] = [("red", "Red"), ("blue", "Blue")];
const SIZES: [(i64, &str); 2] = [(1, "Small"), (2, "Große")];

pub(super) fn part() -> Serializer {
    Serializer::new()
        .component_name("Part")
        .description("A part.")
        .field("code", CharField::new().max_length(3))
        .field("weight", FloatField::new().required(false))
}

fn fields() -> Serializer {
    let pattern = || Pattern::new("^#[0-9a-f]{6}$");
    Serializer::new()
        .component_name("FieldsSerializer")
        .description("All kinds.\n\nAnd more.")
        .field("text", CharField::new().max_length(9).min_length(2))
        .field("blank", CharField::new().allow_blank().required(false))
        .field("blank_min", CharField::new().allow_blank().min_length(2).help_text("May be empty."))
        .field("email", EmailField::new().allow_blank().allow_null().max_length(254))
        .field("url", URLField::new().max_length(200).label("Homepage"))
        .field("slug", SlugField::new().max_length(50))
        .field("slug_unicode", SlugField::new().allow_unicode().default("é"))
        .field("regex", RegexField::new(r"\A[a-zé]{2}\Z").max_length(6))
        .field("validated", CharField::new().max_length(7).regex_validator(pattern(), "Enter a valid value."))
        .field("ip", IPAddressField::new())
        .field("ip4", IPAddressField::new().protocol(Protocol::Ipv4))
        .field("ip6", IPAddressField::new().protocol(Protocol::Ipv6))
        .field("uuid", UUIDField::new().read_only())
        .field("bool", BooleanField::new().default(false))
        .field("bool_null", BooleanField::new().allow_null())
        .field("int", IntegerField::new().min_value(-5).max_value(3_000_000_000_i64))
        .field("int_small", IntegerField::new().max_value(5))
        .field("big", BigIntegerField::new().min_value(0))
        .field("float", FloatField::new().min_value(0.5).max_value(2))
        .field("decimal", DecimalField::new(10, 2).max_value("9.50"))
        .field("decimal_small", DecimalField::new(2, 2))
        .field("decimal_free", DecimalField::new(None, None))
        .field("decimal_number", DecimalField::new(6, 2).coerce_to_string(false).min_value(1))
        .field("date", DateField::new().allow_null().default(crate::data::Value::Null))
        .field("time", TimeField::new())
        .field("datetime", DateTimeField::new().read_only().help_text("When it was made."))
        .field("duration", DurationField::new())
        .field("choice", ChoiceField::new(COLORS).help_text("Pick one."))
        .field("choice_blank", ChoiceField::new(COLORS).allow_blank().allow_null().label("A colour"))
        .field("size", ChoiceField::new(SIZES).default(1))
        .field("mixed", ChoiceField::new([(crate::data::Value::from(1), "One"), (2.5.into(), "More")]))
        .field("many", MultipleChoiceField::new(SIZES))
        .field("json", JSONField::new())
        .field("any_list", ListField::of_any())
        .field(
            "list",
            ListField::new(CharField::new().max_length(4)).min_length(1).max_length(3).help_text("Some."),
        )
        .field("nested_list", ListField::new(ListField::new(IntegerField::new().min_value(1))))
        .field("dict", DictField::of_any())
        .field("dict_int", DictField::new(IntegerField::new().max_value(7)))
        .field("hstore", HStoreField::of_text())
        .field("file", FileField::new().required(false))
        .field("image", ImageField::new().use_url(false))
        .field("hidden", HiddenField::new(1))
        .field("part", part())
        .field("part_read", part().read_only().allow_null())
        .field("parts", part().required(false).many())
        .field("nothing", Serializer::new().component_name("Empty"))
        .field("password", CharField::new().write_only().label("pass-word"))
}

fn urlpatterns() -> Vec<UrlPattern> {
    let answer = async || Response::new(1);
    let view = APIView::new("Fields").serializer(fields());
    vec![path("fields/", view.get(answer).post(answer).put(answer).patch(answer).delete(answer))]
}

#[test]
fn fields_are_described() {
    assert_eq!(check("fields", urlpatterns(), SpectacularSettings::default()).len(), 2);
}

#[test]
fn requests_and_responses_may_have_components_of_their_own() {
    check(
        "fields_split",
        urlpatterns(),
        SpectacularSettings { component_split_request: true, ..SpectacularSettings::default() },
    );
}

#[test]
fn settings_change_components() {
    check(
        "fields_strict",
        urlpatterns(),
        SpectacularSettings {
            enforce_non_blank_fields: true,
            component_split_patch: false,
            enum_add_explicit_blank_null_choice: false,
            enum_generate_choice_description: false,
            ..SpectacularSettings::default()
        },
    );
}

/// A list's items are the component, without the options that its serializer has there.
#[test]
fn items_are_a_plain_reference() {
    let list = ListField::new(part().allow_null().help_text("One."));
    let view = APIView::new("Lists")
        .serializer(Serializer::new().field("parts", list))
        .post(async || Response::new(1));
    let generated = super::generate(vec![path("", view)], SpectacularSettings::default());
    let schema = generated
        .document
        .pointer("/paths/~1/post/requestBody/content/application~1json/schema/properties/parts")
        .unwrap();
    insta::assert_snapshot!(schema, @r##"{"type":"array","items":{"$ref":"#/components/schemas/Part"}}"##);
}

/// Objects without a name are written where they are used, and leave no component.
#[test]
fn a_name_is_not_needed() {
    let anonymous = Serializer::new().field("code", CharField::new().max_length(3)).many();
    let view = APIView::new("Anonymous")
        .serializer(Serializer::new().field("parts", anonymous))
        .post(async || Response::new(1));
    let generated = super::generate(vec![path("", view)], SpectacularSettings::default());
    let schema =
        generated.document.pointer("/paths/~1/post/requestBody/content/application~1json/schema").unwrap();
    insta::assert_snapshot!(
        schema,
        @r#"{"type":"object","properties":{"parts":{"type":"array","items":{"type":"object","properties":{"code":{"type":"string","maxLength":3}},"required":["code"]}}},"required":["parts"]}"#
    );
    assert!(generated.document.pointer("/components/schemas").is_none());
}
