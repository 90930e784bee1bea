use std::time::Duration;

use super::*;
use vitamin_framework::metrics::Histogram;

/// Two minutes: a login and 30 requests, 3 of them errors, and then ten seconds with 10.
fn periods() -> Vec<Period> {
    let period = |seconds, counts: &[(&str, &str, u64)], logins: u64| {
        let mut counted = Snapshot::default();
        let requests = counted.counters(REQUESTS, "Requests.");
        for (view, status, count) in counts {
            requests.sample(&[("view", view), ("method", "GET"), ("status", status)], *count);
        }
        let durations = counted.histograms(DURATIONS, "Durations.");
        for (view, _, count) in counts {
            let buckets = vec![(0.001, *count), (0.002, 0), (f64::INFINITY, 0)];
            durations.sample(&[("view", view), ("method", "GET")], Histogram { buckets, sum: 0.0 });
        }
        counted.counters(LOGINS, "Logins.").sample(&[("outcome", "accepted")], logins);
        counted
            .counters(LOOKUPS, "Lookups.")
            .sample(&[("cache", "hit")], 3_u64)
            .sample(&[("cache", "miss")], 1_u64);
        counted.gauges(POOL, "Pool.").sample(&[("state", "used")], 2_u64).sample(&[("state", "idle")], 1_u64);
        Period {
            ended: SystemTime::UNIX_EPOCH + Duration::from_secs(3_600),
            length: Duration::from_secs(seconds),
            counted,
        }
    };
    vec![
        period(120, &[("a", "200", 20), ("<none>", "404", 7), ("a", "503", 3)], 1),
        period(10, &[("b", "200", 10)], 0),
    ]
}

fn chart<'c>(charts: &'c serde_json::Value, id: &str) -> &'c serde_json::Value {
    charts.as_array().unwrap().iter().find(|chart| chart["id"] == id).unwrap()
}

#[test]
fn charts_show_what_was_counted() {
    let charts = serde_json::to_value(charts(&periods())).unwrap();
    let requests = chart(&charts, "requests");
    assert_eq!((requests["top"].as_str(), requests["lines"][0]["now"].as_str()), (Some("100"), Some("60")));
    assert_eq!(requests["rows"], serde_json::json!([["01:00", ["15", "1.5"]], ["01:00", ["60", "0"]]]));
    assert_eq!(chart(&charts, "cache")["lines"][0]["now"], "75");
    assert_eq!(chart(&charts, "pool")["lines"][0]["now"], "2");
    assert_eq!(chart(&charts, "logins")["rows"][0][1][0], "0.5");
    assert_eq!(chart(&charts, "durations")["lines"][0]["now"], "0.5");
    // Nothing is known of what no family counts.
    assert_eq!(chart(&charts, "queue")["lines"][0]["path"], "");
}

#[test]
fn views_have_their_errors_and_durations() {
    let periods = periods();
    let views = views::views(&periods);
    let numbers = |index: usize| {
        let view = &views[index];
        (view.name, view.requests, view.client_errors, view.server_errors)
    };
    assert_eq!(numbers(0), ("a", 23, 0, 3));
    assert_eq!(numbers(1), ("b", 10, 0, 0));
    assert_eq!(numbers(2), ("<none>", 7, 7, 0));
    assert_eq!(views[1].durations, ["0.5", "0.95", "0.99"]);
}

#[test]
fn uptimes_are_short() {
    for (seconds, expected) in
        [(59.0, "0 min"), (3_700.0, "1 h 1 min"), (90_000.0, "1 d 1 h"), (-5.0, "0 min")]
    {
        assert_eq!(uptime(seconds), expected);
    }
}
