//! Numbers in query parameters, and the size of a page.

use actix_web::web::Data as AppData;

use super::plan::MAX;
use crate::APISettings;
use crate::data::{Integer, QueryDict};
use crate::fields::digits::int;
use crate::request::Request;

pub(super) fn is_negative(int: &Integer) -> bool {
    *int < Integer::from(0)
}

/// The number, or the maximum of SQL if it is larger. The number must not be negative.
pub(super) fn saturated(int: &Integer) -> u64 {
    int.as_i64().and_then(|small| small.try_into().ok()).unwrap_or(MAX)
}

/// `_positive_int` with `strict`, and a maximum, if there is one.
pub(super) fn positive_int(text: &str, cutoff: Option<u64>) -> Option<u64> {
    let number = int(text).filter(|number| *number > Integer::from(0))?;
    let cutoff = cutoff.filter(|cutoff| *cutoff > 0).unwrap_or(MAX);
    Some(saturated(&number).min(cutoff))
}

/// The last value of a query parameter.
pub(super) fn parameter<'q>(query: &'q QueryDict, name: &str) -> Option<&'q str> {
    query.get(name)?.as_str()
}

/// `PAGE_SIZE` of the project's settings.
pub(super) fn project_page_size(request: &Request) -> Option<u64> {
    let settings = request.http().app_data::<AppData<APISettings>>()?;
    settings.page_size.and_then(|size| size.try_into().ok())
}

/// `page_size`, `page_size_query_param` and `max_page_size`.
#[derive(Clone, Debug, Default)]
pub(super) struct PageSize {
    /// `None`: that of the project's settings.
    pub(super) own: Option<u64>,
    pub(super) query_param: Option<&'static str>,
    pub(super) max: Option<u64>,
}

impl PageSize {
    /// `get_page_size`. `None`: the list is not paginated.
    pub(super) fn get(&self, query: &QueryDict, project: impl FnOnce() -> Option<u64>) -> Option<u64> {
        let wanted = self.query_param.and_then(|name| parameter(query, name));
        let wanted = wanted.and_then(|text| positive_int(text, self.max));
        wanted.or(self.own).or_else(project).filter(|size| *size > 0)
    }
}
