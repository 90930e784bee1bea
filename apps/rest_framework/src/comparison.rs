//! Compares the defaults of views with `REST_FRAMEWORK` of a Django project (`manage doctor --django`).

use serde_json::Value;

use super::APISettings;
use super::fields::Format;
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings, Severity, class_name};

const SECTION: &str = "REST_FRAMEWORK";

/// A list of classes: its key, the field of [`APISettings`], and the classes here.
struct ClassList {
    key: &'static str,
    field: &'static str,
    here: Vec<&'static str>,
}

/// The classes that are made by a function: `BasicAuthentication::new()`.
const MADE: [&str; 6] = [
    "BasicAuthentication",
    "TokenAuthentication",
    "AnonRateThrottle",
    "UserRateThrottle",
    "ScopedRateThrottle",
    "RemoteUserAuthentication",
];

/// The classes of Django REST framework that there are here.
const KNOWN: [&str; 25] = [
    "AcceptHeaderVersioning",
    "AllowAny",
    "AnonRateThrottle",
    "BasicAuthentication",
    "BrowsableAPIRenderer",
    "CursorPagination",
    "DjangoFilterBackend",
    "FormParser",
    "HostNameVersioning",
    "IsAdminUser",
    "IsAuthenticated",
    "IsAuthenticatedOrReadOnly",
    "JSONParser",
    "JSONRenderer",
    "LimitOffsetPagination",
    "MultiPartParser",
    "NamespaceVersioning",
    "OrderingFilter",
    "PageNumberPagination",
    "QueryParameterVersioning",
    "ScopedRateThrottle",
    "SearchFilter",
    "SessionAuthentication",
    "TokenAuthentication",
    "UserRateThrottle",
];

/// The keys that are compared, and those of Django's own tests and pages.
const COMPARED: [&str; 22] = [
    "COERCE_BIGINT_TO_STRING",
    "COERCE_DECIMAL_TO_STRING",
    "DATETIME_FORMAT",
    "DATE_FORMAT",
    "DEFAULT_AUTHENTICATION_CLASSES",
    "DEFAULT_FILTER_BACKENDS",
    "DEFAULT_PAGINATION_CLASS",
    "DEFAULT_PARSER_CLASSES",
    "DEFAULT_PERMISSION_CLASSES",
    "DEFAULT_RENDERER_CLASSES",
    "DEFAULT_THROTTLE_CLASSES",
    "DEFAULT_THROTTLE_RATES",
    "DEFAULT_VERSIONING_CLASS",
    "NUM_PROXIES",
    "ORDERING_PARAM",
    "PAGE_SIZE",
    "SEARCH_PARAM",
    "TEST_REQUEST_DEFAULT_FORMAT",
    "TEST_REQUEST_RENDERER_CLASSES",
    "TIME_FORMAT",
    "URL_FIELD_NAME",
    "URL_FORMAT_OVERRIDE",
];

pub(super) fn compare(settings: &APISettings, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    if django.rest_framework("DEFAULT_PARSER_CLASSES").is_none() {
        diagnosis.add(SECTION, Severity::Warning, "Django REST framework is not installed there.");
        return;
    }
    class_lists(settings).into_iter().for_each(|list| compare_classes(&list, django, diagnosis));
    compare_class(
        ("DEFAULT_PAGINATION_CLASS", "default_pagination_class"),
        settings.default_pagination_class.as_ref().map(|class| class.class_name()),
        django,
        diagnosis,
    );
    compare_class(
        ("DEFAULT_VERSIONING_CLASS", "default_versioning_class"),
        settings.default_versioning_class.as_ref().map(|class| class.class_name()),
        django,
        diagnosis,
    );
    let (output, format) = (&settings.output, |format: &Format| Value::from(format.name()));
    let page_size = settings.page_size.map_or(Value::Null, Value::from);
    for (key, here, field) in [
        ("PAGE_SIZE", page_size, "page_size"),
        ("SEARCH_PARAM", Value::from(settings.search_param), "search_param"),
        ("ORDERING_PARAM", Value::from(settings.ordering_param), "ordering_param"),
        ("URL_FORMAT_OVERRIDE", Value::from(settings.url_format_override), "url_format_override"),
        (
            "COERCE_DECIMAL_TO_STRING",
            Value::from(output.coerce_decimal_to_string),
            "output.coerce_decimal_to_string",
        ),
        (
            "COERCE_BIGINT_TO_STRING",
            Value::from(output.coerce_bigint_to_string),
            "output.coerce_bigint_to_string",
        ),
        ("DATETIME_FORMAT", format(&output.datetime_format), "output.datetime_format"),
        ("DATE_FORMAT", format(&output.date_format), "output.date_format"),
        ("TIME_FORMAT", format(&output.time_format), "output.time_format"),
    ] {
        let there = django.rest_framework(key).cloned().unwrap_or_default();
        if there != here {
            let message = format!("{key} is {there} in Django, and {here} here ({field}).");
            diagnosis.add(SECTION, Severity::Warning, message);
        }
    }
    compare_throttles(settings, django, diagnosis);
    for key in django.rest_framework_changed.iter().filter(|key| !COMPARED.contains(&key.as_str())) {
        let message =
            format!("Django sets {key}, which is not compared: see docs/from-django-rest-framework.md.");
        diagnosis.add(SECTION, Severity::Warning, message);
    }
}

fn class_lists(settings: &APISettings) -> Vec<ClassList> {
    let list = |key, field, here| ClassList { key, field, here };
    vec![
        list(
            "DEFAULT_AUTHENTICATION_CLASSES",
            "default_authentication_classes",
            settings.default_authentication_classes.iter().map(|class| class.class_name()).collect(),
        ),
        list(
            "DEFAULT_PERMISSION_CLASSES",
            "default_permission_classes",
            settings.default_permission_classes.iter().map(|class| class.class_name()).collect(),
        ),
        list(
            "DEFAULT_RENDERER_CLASSES",
            "default_renderer_classes",
            settings.default_renderer_classes.iter().map(|class| class.class_name()).collect(),
        ),
        list(
            "DEFAULT_PARSER_CLASSES",
            "default_parser_classes",
            settings.default_parser_classes.iter().map(|class| class.class_name()).collect(),
        ),
        list(
            "DEFAULT_THROTTLE_CLASSES",
            "default_throttle_classes",
            settings.default_throttle_classes.iter().map(|class| class.class_name()).collect(),
        ),
        list(
            "DEFAULT_FILTER_BACKENDS",
            "default_filter_backends",
            settings.default_filter_backends.iter().map(|backend| backend.class_name()).collect(),
        ),
    ]
}

fn compare_classes(list: &ClassList, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let ClassList { key, field, here } = list;
    let there: Vec<&str> = django.rest_framework_list(key).into_iter().map(class_name).collect();
    if there == *here {
        let shown = if there.is_empty() { "empty".to_owned() } else { there.join(", ") };
        diagnosis.add(SECTION, Severity::Fine, format!("{key}: {shown}."));
        return;
    }
    let shown = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message = format!("{key}: {} in Django, {} here.", shown(&there), shown(here));
    diagnosis.add(SECTION, Severity::Warning, message);
    unknown(&there, diagnosis);
    let (list, of_class): (_, fn(&&str) -> String) = if *field == "default_filter_backends" {
        ("vec", |name| format!("FilterBackend::{name}"))
    } else {
        ("classes", |name| if MADE.contains(name) { format!("{name}::new()") } else { (*name).to_owned() })
    };
    let classes: Vec<String> = there.iter().map(of_class).collect();
    diagnosis.propose_code(format!("{field}: {list}![{}],", classes.join(", ")));
}

fn compare_class(
    (key, field): (&str, &str),
    here: Option<&'static str>,
    django: &DjangoSettings,
    diagnosis: &mut Diagnosis,
) {
    let there = django.rest_framework(key).and_then(Value::as_str).map(class_name);
    if there == here {
        return;
    }
    let shown = |name: Option<&str>| name.unwrap_or("none").to_owned();
    let message = format!("{key}: {} in Django, {} here ({field}).", shown(there), shown(here));
    diagnosis.add(SECTION, Severity::Warning, message);
    unknown(there.as_slice(), diagnosis);
}

fn unknown(classes: &[&str], diagnosis: &mut Diagnosis) {
    for name in classes.iter().filter(|name| !KNOWN.contains(name)) {
        let message = format!(
            "{name} is no class of Django REST framework that there is here: docs/classes.md says how to write it."
        );
        diagnosis.add(SECTION, Severity::Note, message);
    }
}

fn compare_throttles(settings: &APISettings, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let rates = django.rest_framework("DEFAULT_THROTTLE_RATES").and_then(Value::as_object);
    let rates: Vec<String> = rates
        .into_iter()
        .flatten()
        .filter_map(|(scope, rate)| Some(format!("{scope}={}", rate.as_str()?)))
        .collect();
    let rates = rates.join(",");
    let is_same = match rates.parse() {
        Ok(rates) => settings.default_throttle_rates.limits_as(&rates),
        Err(_) => false,
    };
    if !is_same {
        let message = format!(
            "DEFAULT_THROTTLE_RATES are {} in Django, and others here.",
            if rates.is_empty() { "unset" } else { &rates }
        );
        diagnosis.add(SECTION, Severity::Warning, message);
        diagnosis.propose_setting("DEFAULT_THROTTLE_RATES", rates);
    }
    let there = django.rest_framework("NUM_PROXIES").and_then(Value::as_u64);
    let here = settings.num_proxies.and_then(|number| u64::try_from(number).ok());
    if there != here {
        let shown = |number: Option<u64>| number.map_or("unset".to_owned(), |number| number.to_string());
        let message = format!("NUM_PROXIES is {} in Django, and {} here.", shown(there), shown(here));
        diagnosis.add(SECTION, Severity::Warning, message);
        if let Some(there) = there {
            diagnosis.propose_setting("NUM_PROXIES", there.to_string());
        }
    }
}
