//! The numbers of each view.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chart::number;
use super::numbers::samples;
use super::{DURATIONS, REQUESTS};
use vitamin_framework::metrics::{Histogram, Period, Value};

/// What a view answered in the last hour.
#[derive(Debug, Serialize)]
pub(super) struct View<'p> {
    pub(super) name: &'p str,
    pub(super) requests: u64,
    /// 4xx.
    pub(super) client_errors: u64,
    /// 5xx.
    pub(super) server_errors: u64,
    /// p50, p95 and p99 in milliseconds.
    pub(super) durations: Vec<String>,
}

#[derive(Default)]
struct Sums {
    requests: u64,
    client_errors: u64,
    server_errors: u64,
    durations: Histogram,
}

/// The views that were asked, those with the most requests first.
pub(super) fn views(periods: &[Period]) -> Vec<View<'_>> {
    let mut views: BTreeMap<&str, Sums> = BTreeMap::new();
    for period in periods {
        for sample in samples(&period.counted, REQUESTS).chain(samples(&period.counted, DURATIONS)) {
            let sums = views.entry(sample.label("view").unwrap_or_default()).or_default();
            match &sample.value {
                Value::Integer(count) => {
                    sums.requests += count;
                    match sample.label("status").and_then(|status| status.chars().next()) {
                        Some('4') => sums.client_errors += count,
                        Some('5') => sums.server_errors += count,
                        _ => {}
                    }
                }
                Value::Histogram(histogram) => sums.durations.add(histogram),
                Value::Number(_) => {}
            }
        }
    }
    let view = |(name, sums): (_, Sums)| View {
        name,
        requests: sums.requests,
        client_errors: sums.client_errors,
        server_errors: sums.server_errors,
        durations: [0.5, 0.95, 0.99]
            .into_iter()
            .map(|part| {
                sums.durations.quantile(part).map_or_else(|| "–".to_owned(), |time| number(time * 1e3))
            })
            .collect(),
    };
    let mut views: Vec<View<'_>> = views.into_iter().map(view).collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.requests));
    views
}
