//! URLs of the pages, and the query parameters that they keep.

use actix_web::web::Query;

use vitamin_framework::models::DbValue;
use vitamin_rest_framework::browsable::quote_plus;
use vitamin_rest_framework::data::QueryDict;
use vitamin_rest_framework::exceptions::APIException;

use crate::any_model_admin::AnyModelAdmin;
use crate::display;
use crate::request::AdminRequest;

/// The parameter that carries the list's own parameters to an object's page and back (`ModelAdmin.get_preserved_filters`).
const CHANGELIST_FILTERS: &str = "_changelist_filters";

/// The URLs of a model's pages.
pub(crate) struct Links {
    /// The list, with a slash at the end.
    pub(crate) list: String,
    /// The list's query string, from the page of an object; may be empty.
    kept: String,
}

impl Links {
    pub(crate) fn of(request: &AdminRequest, admin: &dyn AnyModelAdmin) -> Result<Self, APIException> {
        let kept = request.query_params()?;
        let kept = kept.get(CHANGELIST_FILTERS).and_then(|kept| kept.as_str()).unwrap_or_default();
        // Written anew, since it becomes a part of the header `Location`.
        let kept =
            Query::<Vec<(String, String)>>::from_query(kept).map(Query::into_inner).unwrap_or_default();
        Ok(Self { list: list_url(request, admin)?, kept: query_with(&kept.into_iter().collect(), &[]) })
    }

    /// The list as it was before the object's page.
    pub(crate) fn list_as_it_was(&self) -> String {
        if self.kept.is_empty() { self.list.clone() } else { format!("{}?{}", self.list, self.kept) }
    }

    /// The form that adds.
    pub(crate) fn add(&self) -> String {
        self.with_kept(format!("{}add/", self.list))
    }

    /// A page of an object: `change`, `delete` or `history`.
    pub(crate) fn object(&self, pk: &DbValue, page: &str) -> String {
        self.with_kept(object_url(&self.list, pk, page))
    }

    fn with_kept(&self, url: String) -> String {
        with_list(url, &self.kept)
    }
}

/// The list of a model.
pub(crate) fn list_url(request: &AdminRequest, admin: &dyn AnyModelAdmin) -> Result<String, APIException> {
    let (app_label, model_name) = (admin.meta().app_label, &admin.options().model_name);
    request.url("changelist", &[("app_label", &app_label), ("model_name", model_name)])
}

/// A page of an object, below the list's URL.
pub(crate) fn object_url(list: &str, pk: &DbValue, page: &str) -> String {
    let pk = quote_plus(&display::quote(&display::plain(pk.as_ref()))).replace('+', "%20");
    format!("{list}{pk}/{page}/")
}

/// A URL that carries the list's query string.
pub(crate) fn with_list(url: String, query: &str) -> String {
    if query.is_empty() { url } else { format!("{url}?{CHANGELIST_FILTERS}={}", quote_plus(query)) }
}

/// The query string of the list with other values of some parameters. `None` leaves a parameter out.
pub(crate) fn query_with(query: &QueryDict, changes: &[(&str, Option<&str>)]) -> String {
    let is_kept = |name: &str| !changes.iter().any(|(changed, _)| *changed == name);
    let kept = query
        .lists()
        .filter(|(name, _)| is_kept(name))
        .flat_map(|(name, values)| values.iter().filter_map(move |value| Some((name, value.as_str()?))));
    let changed = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let pairs =
        kept.chain(changed).map(|(name, value)| format!("{}={}", quote_plus(name), quote_plus(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `?` and the query string; nothing if it is empty.
pub(crate) fn query_string(query: &str) -> String {
    if query.is_empty() { String::new() } else { format!("?{query}") }
}
