//! Search, filters and order of a list, as one form of query parameters.

use serde::Serialize;

use super::pager::is_list;
use super::widget::{Control, OptionView, Widget};
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::filters::{Choices, FilterKind, FormField, RangeOf};
use crate::formatting::pretty_name;
use crate::request::{PageContent, Request};
use crate::settings::APISettings;

/// A query parameter.
#[derive(Debug, Serialize)]
pub struct ControlView {
    /// The parameter's name.
    pub name: String,
    /// The control's id.
    pub id: String,
    /// The text that is shown.
    pub label: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// The control.
    pub control: Control,
    /// The text of an input.
    pub value: String,
    /// The options of a select.
    pub options: Vec<OptionView>,
}

/// The controls of a list, from its view's declarations.
#[derive(Default, Serialize)]
pub(super) struct Controls {
    search: Option<ControlView>,
    filters: Vec<ControlView>,
    ordering: Option<ControlView>,
    /// Parameters that stay as they are, such as the format.
    kept: Vec<(String, String)>,
    /// Whether a parameter is set.
    is_active: bool,
}

impl Controls {
    /// `None` if the response is no list, or its view declares nothing.
    ///
    /// # Errors
    /// The query string cannot be read; the serializer is declared wrongly.
    pub(super) fn of(
        request: &Request,
        settings: &APISettings,
        content: &PageContent,
    ) -> Result<Option<Self>, APIException> {
        let Some(view) = &request.view().model_view else { return Ok(None) };
        if !is_list(request, content) {
            return Ok(None);
        }
        let declared = view.list_filters(settings);
        let query = request.query_params()?;
        let text =
            |name: &str| query.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let search = declared.search_param.map(|name| ControlView {
            control: Control { input_type: "search", ..Control::of(Widget::Input) },
            ..ControlView::new(name, "Search".to_owned(), text(name))
        });
        let names =
            if declared.ordering_param.is_some() { view.ordering_names(request)? } else { Vec::new() };
        let ordering = declared.ordering_param.filter(|_| !names.is_empty()).map(|name| {
            let current = text(name);
            let mut options = vec![option("", "Default order", &current)];
            for field in &names {
                let label = pretty_name(field);
                options.push(option(field, &format!("{label} – ascending"), &current));
                options.push(option(&format!("-{field}"), &format!("{label} – descending"), &current));
            }
            ControlView {
                control: Control::of(Widget::Select),
                options,
                ..ControlView::new(name, "Order".to_owned(), current)
            }
        });
        let filters: Vec<_> =
            declared.filters.iter().flat_map(|filter| filter_views(&filter.field, &query)).collect();
        if search.is_none() && ordering.is_none() && filters.is_empty() {
            return Ok(None);
        }
        let controls = || search.iter().chain(&ordering).chain(&filters);
        let is_active = controls().any(|control| query.contains_key(&control.name));
        let format = request.view().url_format_override;
        let kept = format.filter(|name| query.contains_key(name)).map(|name| (name.to_owned(), text(name)));
        let kept = kept.into_iter().collect();
        Ok(Some(Self { search, filters, ordering, kept, is_active }))
    }
}

impl ControlView {
    pub(super) fn new(name: &str, label: String, value: String) -> Self {
        Self {
            name: name.to_owned(),
            id: format!("query-{name}"),
            label,
            required: false,
            control: Control::of(Widget::Input),
            value,
            options: Vec::new(),
        }
    }
}

fn option(value: &str, label: &str, current: &str) -> OptionView {
    OptionView {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == current,
        group: String::new(),
    }
}

/// The controls of a filter: one, or two of a range.
pub(super) fn filter_views(field: &FormField, query: &QueryDict) -> Vec<ControlView> {
    let values = |name: &str| -> Vec<String> {
        query.get_list(name).iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let view = |name: &str| {
        let (control, choices) = control(&field.kind);
        let current = values(name);
        let options = choices.iter().map(|(value, label)| OptionView {
            value: value.clone(),
            label: label.clone(),
            selected: current.contains(value),
            group: String::new(),
        });
        ControlView {
            required: field.required,
            options: options.collect(),
            control,
            ..ControlView::new(name, label(name), current.last().cloned().unwrap_or_default())
        }
    };
    match &field.kind {
        FilterKind::Range(of) => {
            of.suffixes().map(|suffix| view(&format!("{}_{suffix}", field.name))).into_iter().collect()
        }
        _ => vec![view(&field.name)],
    }
}

/// `budget__gte` as `Budget, at least`.
fn label(name: &str) -> String {
    let (field, lookup) = name.split_once("__").unwrap_or((name, "exact"));
    let words = match lookup {
        "exact" => return pretty_name(field),
        "gte" => "at least",
        "gt" => "greater than",
        "lte" => "at most",
        "lt" => "less than",
        "contains" | "icontains" => "contains",
        "startswith" | "istartswith" => "starts with",
        "endswith" | "iendswith" => "ends with",
        "iexact" => "in any case",
        "isnull" => "is empty",
        "in" => "one of",
        "range" => "between",
        other => other,
    };
    format!("{}, {}", pretty_name(field), words.replace("__", " "))
}

type Pairs = Vec<(String, String)>;

fn control(kind: &FilterKind) -> (Control, Pairs) {
    let input = |input_type| (Control { input_type, ..Control::of(Widget::Input) }, Pairs::new());
    let select = |multiple, pairs: Pairs| (Control { multiple, ..Control::of(Widget::Select) }, pairs);
    let any = ("".to_owned(), "Any".to_owned());
    let choices = |choices: &Choices| -> Pairs {
        let null = choices.has_null().then(|| ("null".to_owned(), "None".to_owned()));
        let own = choices.labelled().map(|(value, label)| (value.to_owned(), label.to_owned()));
        null.into_iter().chain(own).collect()
    };
    match kind {
        FilterKind::Boolean | FilterKind::NullBooleanSelect => {
            let own =
                [("true", "Yes"), ("false", "No")].map(|(value, label)| (value.to_owned(), label.to_owned()));
            select(false, [any].into_iter().chain(own).collect())
        }
        FilterKind::Choice(own) => select(false, [any].into_iter().chain(choices(own)).collect()),
        FilterKind::MultipleChoice(own) => select(true, choices(own)),
        FilterKind::DateRange => {
            let own = [
                ("today", "Today"),
                ("yesterday", "Yesterday"),
                ("week", "Past 7 days"),
                ("month", "This month"),
                ("year", "This year"),
            ];
            let own = own.map(|(value, label)| (value.to_owned(), label.to_owned()));
            select(false, [any].into_iter().chain(own).collect())
        }
        FilterKind::Number | FilterKind::Range(RangeOf::Numbers) => {
            let (mut control, none) = input("number");
            control.attributes.push(("step", "any".to_owned()));
            (control, none)
        }
        FilterKind::Date | FilterKind::Range(RangeOf::Dates) => input("date"),
        // Lists, keys and times have more forms than an input of their own type can send.
        _ => input("text"),
    }
}
