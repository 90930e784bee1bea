//! The list of a model (`ChangeList` of `django/contrib/admin/views/main.py`).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use chrono::NaiveDate;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Column, DbValue, ModelMeta};
use vitamin_rest_framework::browsable::{Control, ControlView, OptionView, Widget, filter_controls};
use vitamin_rest_framework::data::{Data, QueryDict};
use vitamin_rest_framework::exceptions::{APIException, ExceptionKind};
use vitamin_rest_framework::filters::search_terms;

use super::messages_of;
use crate::any_model_admin::{AnyModelAdmin, ListCell, ListColumn, ListQuery, ListRow};
use crate::date_hierarchy::{self, Span};
use crate::display;
use crate::links::{list_url, object_url, query_string, query_with, with_list};
use crate::options::capitalized;
use crate::related::{Texts, choices};
use crate::request::{AdminRequest, Breadcrumb};

/// Rows beyond this are not paged through: the database would have to read all rows before them. A search, a filter or another order
/// leads to them.
const MOST_ROWS: i64 = 10_000;

/// Django's parameters of the list.
const SEARCH: &str = "q";
const ORDER: &str = "o";
const PAGE: &str = "p";
const POPUP: &str = "_popup";

#[derive(Serialize)]
struct HeadingView {
    label: String,
    /// The list in the order of this column, or in the reverse order. `None`: the column is computed.
    url: Option<String>,
    /// `ascending` or `descending`, if it is the first of the order.
    sorted: Option<&'static str>,
}

#[derive(Serialize)]
struct RowView {
    pk: String,
    url: String,
    text: String,
    cells: Vec<String>,
}

#[derive(Serialize, Default)]
struct PagerView {
    previous: Option<String>,
    next: Option<String>,
    /// `101–200`; of a single page the number of rows.
    position: String,
    /// Whether the page has all rows.
    is_whole: bool,
    /// Whether there are more rows than can be paged through.
    is_cut: bool,
}

/// What a page of the list shows, loaded at once.
struct Loaded {
    rows: Vec<ListRow>,
    texts: Texts,
    /// The objects that a filter offers, by the filter's name.
    choices: Vec<(String, Vec<(DbValue, String)>)>,
    /// The first and the last day of the date hierarchy.
    dates: Option<(NaiveDate, NaiveDate)>,
}

/// The list, and the actions on its rows.
pub(crate) async fn changelist(request: &AdminRequest, data: Data) -> Result<HttpResponse, APIException> {
    let admin = request.model_admin()?;
    request.require(request.permissions().may_view(admin.meta()))?;
    if request.method() == Method::POST {
        return super::run_action(request, &admin, data).await;
    }
    let query = request.query_params()?;
    let columns = admin.columns();
    let order = order(&query, &columns);
    let per_page = i64::from(admin.options().list_per_page.max(1));
    let pages = (MOST_ROWS / per_page).max(1);
    let page =
        query.get(PAGE).and_then(|page| page.as_str()?.parse::<i64>().ok()).unwrap_or(1).clamp(1, pages);
    let terms = search_terms(&query, SEARCH)?;
    let filters = filter_parameters(&admin, &query);
    let window = ((page - 1) * per_page, per_page);
    let order_names = order.iter().map(|(name, descending)| term(name, *descending)).collect();
    let hierarchy = admin.options().date_hierarchy;
    let dates = hierarchy.map(|column| Span::of(&query, column)).unwrap_or_default();
    let (loaded, errors) = match load(
        request,
        &admin,
        Parameters { terms, filters: filters.clone(), dates, order: order_names, window },
    )
    .await
    {
        Ok(loaded) => (loaded, Vec::new()),
        Err(error) if error.kind() == ExceptionKind::ValidationError => {
            (Loaded::empty(), messages_of(error.detail()))
        }
        Err(error) => return Err(error),
    };
    let list = list_url(request, &*admin)?;
    let more = i64::try_from(loaded.rows.len()).unwrap_or(i64::MAX) > per_page;
    let shown = loaded.rows.len().min(usize::try_from(per_page).unwrap_or(usize::MAX));
    let pager = pager(&list, &query, page, pages, window, shown, more);
    let is_popup = query.contains_key(POPUP);
    let actions = if is_popup { Vec::new() } else { super::allowed_actions(request, &*admin) };
    let controls = controls(&admin, &filters, &loaded.choices);
    let hierarchy = hierarchy.zip(loaded.dates).map(|(column, bounds)| {
        (dates.view(bounds, &list, &query, column), date_hierarchy::parameters(column))
    });
    let (hierarchy, date_parameters) = hierarchy.unzip();
    let context = context!(
        hierarchy => hierarchy.map(Serde),
        columns => Serde(headings(&list, &query, &columns, &order)),
        rows => Serde(row_views(request, &list, &query, &columns, &loaded, shown)),
        actions => Serde(actions),
        errors => errors,
        filters_are_set => controls.iter().any(is_set),
        filters => Serde(controls),
        search => admin.is_searchable().then(|| query.get(SEARCH).and_then(|text| text.as_str()).unwrap_or_default().to_owned()),
        search_help_text => admin.options().search_help_text,
        kept => Serde(kept(&query, date_parameters.as_ref().map_or(&[], |names| names.as_slice()))),
        is_filtered => query.lists().any(|(name, _)| ![ORDER, PAGE, POPUP].contains(&name)),
        is_popup,
        pager => Serde(pager),
        list_url => &list,
        action_url => format!("{list}{}", query_string(&query_with(&query, &[]))),
        add_url => (request.permissions().has_model_perm("add", admin.meta()) && !is_popup)
            .then(|| with_list(format!("{list}add/"), &query_with(&query, &[]))),
        verbose_name => &admin.options().verbose_name,
        verbose_name_plural => &admin.options().verbose_name_plural,
    );
    let app = Breadcrumb::app(request, admin.meta().app_label)?;
    let crumbs = [app, Breadcrumb { name: capitalized(&admin.options().verbose_name_plural), url: None }];
    let verb = if request.permissions().has_model_perm("change", admin.meta()) && !is_popup {
        "change"
    } else {
        "view"
    };
    // Django's titles: "Select issue to change".
    let title = match (is_popup, verb) {
        (true, _) => format!("Select {}", admin.options().verbose_name),
        _ => format!("Select {} to {verb}", admin.options().verbose_name),
    };
    request.page(StatusCode::OK, "admin/change_list.html", &title, &crumbs, context)
}

/// What the query string asks of the database.
struct Parameters {
    terms: Vec<String>,
    filters: QueryDict,
    dates: Span,
    order: Vec<String>,
    /// The offset, and the rows of a page.
    window: (i64, i64),
}

impl Loaded {
    fn empty() -> Self {
        Self { rows: Vec::new(), texts: Texts::default(), choices: Vec::new(), dates: None }
    }
}

/// Loads the rows and all that they name, in one use of the database.
async fn load(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    parameters: Parameters,
) -> Result<Loaded, APIException> {
    let (site, admin) = (request.shared_site(), Arc::clone(admin));
    let seen: Vec<(String, &'static ModelMeta)> =
        admin.filter_models().into_iter().filter(|(_, meta)| request.permissions().may_view(meta)).collect();
    let query = ListQuery {
        search: parameters.terms,
        filters: parameters.filters,
        dates: parameters.dates,
        order: parameters.order,
        offset: parameters.window.0,
        limit: parameters.window.1 + 1,
    };
    let rows = Arc::clone(&admin).rows(request, query).await?;
    let info = request.info().clone();
    let work = move |connection: &mut DbConnection| {
        let rows = rows(connection)?;
        let columns = admin.columns();
        let mut keys = Vec::new();
        for row in &rows {
            for (cell, column) in row.cells.iter().zip(&columns) {
                if let (ListCell::Value(key), Some(meta)) = (cell, referred(column.column)) {
                    keys.push((meta, key.clone()));
                }
            }
        }
        let texts = Texts::load(connection, &site, &keys)?;
        let mut offered = Vec::new();
        for (name, meta) in seen {
            if let Some(objects) = choices(connection, &site, meta)? {
                offered.push((name, objects));
            }
        }
        Ok::<_, APIException>(Loaded {
            rows,
            texts,
            choices: offered,
            dates: admin.date_bounds(connection, &info)?,
        })
    };
    request.database()?.run(work).await
}

/// The model that a column refers to.
fn referred(column: Option<&'static Column>) -> Option<&'static ModelMeta> {
    column.and_then(|column| column.references).map(|reference| (reference.to)())
}

/// The columns that `?o=2.-1` orders by, and whether descending. The numbers count from 1.
fn order(query: &QueryDict, columns: &[ListColumn]) -> Vec<(&'static str, bool)> {
    let text = query.get(ORDER).and_then(|order| order.as_str()).unwrap_or_default();
    let column = |term: &str| {
        let (number, descending) = term.strip_prefix('-').map_or((term, false), |number| (number, true));
        let column = columns.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some((column.column?.name, descending))
    };
    text.split('.').filter_map(column).collect()
}

fn term(name: &str, descending: bool) -> String {
    if descending { format!("-{name}") } else { name.to_owned() }
}

/// The filters' parameters: also in the form of Django's links, such as `status__exact` and `project__id__exact`.
fn filter_parameters(admin: &Arc<dyn AnyModelAdmin>, query: &QueryDict) -> QueryDict {
    let known: Vec<String> = admin.filter_fields().iter().map(|field| field.name.to_string()).collect();
    let mut parameters = QueryDict::new();
    for (name, values) in query.lists() {
        let short = name.strip_suffix("__exact").unwrap_or(name);
        let shorter = ["__id", "__pk"].iter().find_map(|end| short.strip_suffix(end)).unwrap_or(short);
        let own = [name, short, shorter].into_iter().find(|name| known.iter().any(|known| known == name));
        // Filters of ranges have two parameters of other names.
        parameters.set_list(own.unwrap_or(name), values.to_vec());
    }
    parameters
}

fn headings(
    list: &str,
    query: &QueryDict,
    columns: &[ListColumn],
    order: &[(&str, bool)],
) -> Vec<HeadingView> {
    let heading = |(index, column): (usize, &ListColumn)| {
        let name = column.column.map(|column| column.name);
        let position = order.iter().position(|(known, _)| Some(*known) == name);
        let (is_first, descending) = (
            position == Some(0),
            position.and_then(|at| order.get(at)).is_some_and(|(_, descending)| *descending),
        );
        let turned = if is_first && !descending { "-" } else { "" };
        let value = format!("{turned}{}", index + 1);
        let url = format!("{list}?{}", query_with(query, &[(ORDER, Some(&value)), (PAGE, None)]));
        HeadingView {
            label: column.label.clone(),
            url: name.map(|_| url),
            sorted: is_first.then_some(if descending { "descending" } else { "ascending" }),
        }
    };
    columns.iter().enumerate().map(heading).collect()
}

fn row_views(
    request: &AdminRequest,
    list: &str,
    query: &QueryDict,
    columns: &[ListColumn],
    loaded: &Loaded,
    shown: usize,
) -> Vec<RowView> {
    let kept = query_with(query, &[(POPUP, None)]);
    let view = |row: &ListRow| {
        let cells = row.cells.iter().zip(columns).map(|(cell, column)| {
            let text = match (cell, column.column, referred(column.column)) {
                (ListCell::Text(text), ..) => text.clone(),
                (ListCell::Value(key), _, Some(meta)) => loaded.texts.get(meta, key),
                (ListCell::Value(value), Some(column), None) => {
                    display::text(value.as_ref(), column, request.info().time_zone())
                }
                (ListCell::Value(value), None, None) => display::plain(value.as_ref()),
            };
            display::cut(&text)
        });
        let mut cells: Vec<String> = cells.collect();
        // A link needs a text.
        if let Some(first) = cells.first_mut().filter(|first| first.trim().is_empty()) {
            display::EMPTY.clone_into(first);
        }
        RowView {
            pk: display::plain(row.pk.as_ref()),
            url: with_list(object_url(list, &row.pk, "change"), &kept),
            text: display::cut(&row.text),
            cells,
        }
    };
    loaded.rows.iter().take(shown).map(view).collect()
}

fn pager(
    list: &str,
    query: &QueryDict,
    page: i64,
    pages: i64,
    (offset, _): (i64, i64),
    shown: usize,
    more: bool,
) -> PagerView {
    let url = |page: i64| {
        let text = page.to_string();
        let value = Some(text.as_str()).filter(|_| page > 1);
        format!("{list}{}", query_string(&query_with(query, &[(PAGE, value)])))
    };
    let shown = i64::try_from(shown).unwrap_or(i64::MAX);
    let is_whole = page == 1 && !more;
    let last = offset + shown;
    PagerView {
        position: match shown {
            0 => String::new(),
            shown if is_whole => shown.to_string(),
            _ => format!("{}–{last}", offset + 1),
        },
        is_whole,
        previous: (page > 1).then(|| url(page - 1)),
        next: (more && page < pages).then(|| url(page + 1)),
        is_cut: more && page == pages,
    }
}

/// The filters' controls; of an object, a select if there are few.
fn controls(
    admin: &Arc<dyn AnyModelAdmin>,
    filters: &QueryDict,
    choices: &[(String, Vec<(DbValue, String)>)],
) -> Vec<ControlView> {
    let fields = admin.filter_fields();
    let mut views = filter_controls(fields.iter(), filters);
    for view in &mut views {
        let Some((_, objects)) = choices.iter().find(|(name, _)| *name == view.name) else { continue };
        let option = |value: String, label: String| OptionView {
            selected: value == view.value,
            value,
            label,
            group: String::new(),
        };
        let mut options = vec![option(String::new(), "Any".to_owned())];
        options.extend(
            objects.iter().map(|(key, text)| option(display::plain(key.as_ref()), display::cut(text))),
        );
        // A key without an object stays visible.
        if !options.iter().any(|option| option.selected) {
            options.push(option(view.value.clone(), view.value.clone()));
        }
        view.control = Control::of(Widget::Select);
        view.options = options;
    }
    views
}

/// Whether a filter has a value.
fn is_set(control: &ControlView) -> bool {
    !control.value.is_empty()
        || control.options.iter().any(|option| option.selected && !option.value.is_empty())
}

/// The parameters that a new search keeps: the order, that it is a look-up, and the dates.
fn kept(query: &QueryDict, dates: &[String]) -> Vec<(String, String)> {
    let value = |name: &str| Some((name.to_owned(), query.get(name)?.as_str()?.to_owned()));
    [ORDER, POPUP].into_iter().chain(dates.iter().map(String::as_str)).filter_map(value).collect()
}
