//! The results of the comparisons, counted. Its size is bounded by the URLconf, not by the traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::http::Method;

/// The most kinds of differences per route; further kinds are counted together.
const MAX_DIFFERENCES: usize = 100;

/// The counts.
#[derive(Default)]
pub struct Report(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    compared: u64,
    different: u64,
    unknown_paths: u64,
    skipped: u64,
    failed: u64,
    routes: BTreeMap<(String, String), BTreeMap<String, u64>>,
}

impl Report {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of responses that differ.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.counts().different
    }

    /// Counts a path without a view in this project.
    pub(super) fn add_unknown_path(&self) {
        self.counts().unknown_paths += 1;
    }

    /// Counts a request that was not compared because too many comparisons were running.
    pub(super) fn add_skipped(&self) {
        self.counts().skipped += 1;
    }

    /// Counts a comparison for which one of the programs did not respond in full.
    pub(super) fn add_failed(&self) {
        self.counts().failed += 1;
    }

    /// Counts a comparison. Logs each kind of difference when it first occurs.
    pub(super) fn add_comparison(&self, method: &Method, route: &str, differences: BTreeSet<String>) {
        let mut counts = self.counts();
        counts.compared += 1;
        if differences.is_empty() {
            return;
        }
        counts.different += 1;
        let route_counts = counts.routes.entry((route.to_owned(), method.to_string())).or_default();
        for difference in differences {
            let full = route_counts.len() >= MAX_DIFFERENCES && !route_counts.contains_key(&difference);
            let count = route_counts
                .entry(if full { "and more".to_owned() } else { difference.clone() })
                .or_default();
            *count += 1;
            if *count == 1 {
                log::warn!("{method} {route} differs: {difference}");
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        for ((route, method), differences) in &counts.routes {
            writeln!(f, "{method} {route}")?;
            for (difference, count) in differences {
                writeln!(f, "  {count:>6} x {difference}")?;
            }
        }
        let Counts { compared, different, unknown_paths, skipped, failed, .. } = &*counts;
        write!(
            f,
            "{compared} responses compared, {different} of them differ. Not compared: {unknown_paths} for paths that only Django \
             has, {skipped} because too many comparisons were running, {failed} because one side did not respond in full."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_counts_and_is_bounded() {
        let report = Report::default();
        report.add_comparison(&Method::GET, "/auth/", BTreeSet::new());
        for n in 0..150 {
            report.add_comparison(
                &Method::GET,
                "/auth/",
                BTreeSet::from(["header vary".to_owned(), format!("kind {n}")]),
            );
        }
        report.add_unknown_path();
        let text = report.to_string();
        assert!(text.starts_with("GET /auth/\n") && text.contains("\n     150 x header vary\n"), "{text}");
        assert!(text.contains("\n      51 x and more\n"), "{text}");
        assert!(
            text.contains("151 responses compared, 150 of them differ. Not compared: 1 for paths"),
            "{text}"
        );
        assert!(text.lines().count() <= MAX_DIFFERENCES + 3, "{text}");
    }
}
