//! The pages of a list.

use actix_web::http::Method;
use serde::Serialize;

use crate::request::{PageContent, Request};
use crate::settings::APISettings;
use crate::utils::urls::{remove_query_param, replace_query_param};

/// Links to other pages.
#[derive(Serialize)]
pub(super) struct Pager {
    previous: Option<String>,
    next: Option<String>,
    /// `Page 2 of 7`, `21–30 of 64`.
    position: String,
    /// Numbered pages: the first, the last and those around this one. A gap has no number.
    numbers: Vec<Number>,
}

#[derive(Serialize)]
struct Number {
    number: Option<u64>,
    url: String,
    is_current: bool,
}

/// Whether the response is a list that the view's filters apply to.
pub(super) fn is_list(request: &Request, content: &PageContent) -> bool {
    request.method() == Method::GET
        && content.status.is_success()
        && (request.listed().is_some() || content.json.starts_with(b"["))
}

impl Pager {
    /// `None` if there is one page.
    pub(super) fn of(request: &Request, settings: &APISettings) -> Option<Self> {
        let page = request.listed()?;
        if page.previous.is_none() && page.next.is_none() {
            return None;
        }
        let position = match (page.number, page.num_pages, page.offset, page.count) {
            (Some(number), Some(pages), _, _) => format!("Page {number} of {pages}"),
            (None, _, Some(offset), Some(count)) => {
                let last = offset.saturating_add(page.page_size).min(count);
                format!("{}–{last} of {count}", offset.saturating_add(1).min(count))
            }
            _ => String::new(),
        };
        let numbers = match (page.number, page.num_pages) {
            (Some(number), Some(pages)) => {
                let any_url = page.next.as_deref().or(page.previous.as_deref()).unwrap_or_default();
                numbers(number, pages, any_url, page_param(request, settings).unwrap_or("page"))
            }
            _ => Vec::new(),
        };
        Some(Self { previous: page.previous, next: page.next, position, numbers })
    }
}

/// The parameter of the page's number, as the pagination class declares it.
fn page_param(request: &Request, settings: &APISettings) -> Option<&'static str> {
    let pagination = request.view().model_view.as_ref()?.pagination(settings)?;
    pagination.get_schema_operation_parameters().first().map(|parameter| parameter.name)
}

/// How many pages are shown on each side of this one.
const AROUND: u64 = 2;

fn numbers(current: u64, pages: u64, any_url: &str, param: &str) -> Vec<Number> {
    let around = current.saturating_sub(AROUND).max(1)..=current.saturating_add(AROUND).min(pages);
    let mut shown: Vec<u64> = std::iter::once(1).chain(around).chain([pages]).collect();
    shown.dedup();
    let mut numbers = Vec::new();
    let mut before = 0;
    for number in shown {
        if number <= before {
            continue;
        }
        if number > before + 1 {
            numbers.push(Number { number: None, url: String::new(), is_current: false });
        }
        let url = match number {
            1 => remove_query_param(any_url, param),
            _ => replace_query_param(any_url, param, &number.to_string()),
        };
        numbers.push(Number { number: Some(number), url, is_current: number == current });
        before = number;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_pages_are_left_out() {
        let shown = |current, pages| {
            let numbers = numbers(current, pages, "/?a=1&page=9", "page");
            let text = |number: &Number| match number.number {
                Some(value) if number.is_current => format!("[{value}]"),
                Some(value) => value.to_string(),
                None => "…".to_owned(),
            };
            numbers.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(1, 2), "[1] 2");
        assert_eq!(shown(1, 10), "[1] 2 3 … 10");
        assert_eq!(shown(5, 10), "1 … 3 4 [5] 6 7 … 10");
        assert_eq!(shown(10, 10), "1 … 8 9 [10]");
        let urls: Vec<String> =
            numbers(2, 3, "/?a=1&page=3", "page").into_iter().map(|number| number.url).collect();
        assert_eq!(urls, ["/?a=1", "/?a=1&page=2", "/?a=1&page=3"]);
    }
}
