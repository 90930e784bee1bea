//! Counts the requests of a worker by view, method and status, and measures them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actix_web::http::Method;

use super::counter::{OwnCounter, PerWorker};
use super::snapshot::{Histogram, Snapshot};

/// The label of requests that no view of the URLconf got: of an unknown path or host, or redirects to the path with a slash.
pub const NO_VIEW: &str = "<none>";

/// The methods that have a label of their own. A client can make up any other.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", OTHER];
const OTHER: &str = "other";

/// The upper bounds of the durations, in microseconds. A request with a token takes tens of them, a login hundreds of thousands.
const BOUNDS: [u64; 16] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// The statuses of a view and a method that are told from each other: those that come first.
const STATUSES: usize = 15;

/// The counters of all workers.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(PerWorker<Views>);

/// One worker's counters. Not for two threads at the same time.
#[derive(Debug)]
pub(crate) struct WorkerRequests {
    views: Arc<Views>,
    is_not_sync: PhantomData<Cell<()>>,
}

/// The views in the order of the URLconf, and last the place of requests without a view.
#[derive(Debug)]
struct Views(Box<[View]>);

#[derive(Debug)]
struct View {
    name: String,
    /// Each made at the first request.
    methods: [OnceLock<Box<Counts>>; METHODS.len()],
}

/// The counts of one view and method. No other thread's counters are in the same cache lines.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Counts {
    /// Each has a status in its upper 16 bits and the count below, or is 0.
    statuses: [OwnCounter; STATUSES],
    /// Responses of any further status.
    others: OwnCounter,
    /// Requests up to each bound and above the one before, and last those above all.
    durations: [OwnCounter; BOUNDS.len() + 1],
    nanoseconds: OwnCounter,
}

const STATUS_SHIFT: u32 = 48;

/// A request that was received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    view: usize,
    method: usize,
    at: Instant,
}

impl Received {
    /// The request is refused before its view.
    pub(crate) fn without_view(self) -> Self {
        Self { view: usize::MAX, ..self }
    }
}

impl Requests {
    /// Makes a worker's counters for these views of its URLconf.
    pub(super) fn worker(&self, views: Vec<String>) -> WorkerRequests {
        let names = views.into_iter().chain([NO_VIEW.to_owned()]);
        let views = names.map(|name| View { name, methods: Default::default() });
        WorkerRequests { views: self.0.add(Views(views.collect())), is_not_sync: PhantomData }
    }

    pub(super) fn collect(&self, snapshot: &mut Snapshot) {
        let mut all: BTreeMap<(String, &'static str), Total> = BTreeMap::new();
        self.0.for_each(|worker| {
            for View { name, methods } in &worker.0 {
                for (method, counts) in METHODS.iter().zip(methods) {
                    if let Some(counts) = counts.get() {
                        all.entry((name.clone(), method)).or_default().add(counts);
                    }
                }
            }
        });
        let requests = snapshot
            .counters("vitamin_http_requests", "Requests that were answered, by view, method and status.");
        for ((view, method), total) in &all {
            for (status, count) in &total.statuses {
                let status = if *status == 0 { OTHER.to_owned() } else { status.to_string() };
                requests.sample(&[("view", view), ("method", method), ("status", &status)], *count);
            }
        }
        let durations = snapshot.histograms(
            "vitamin_http_request_duration_seconds",
            "From the head of a request to its response.",
        );
        for ((view, method), total) in all {
            durations.sample(&[("view", &view), ("method", method)], total.histogram());
        }
    }
}

impl WorkerRequests {
    /// Notes a request of the view at this position of the URLconf.
    pub(crate) fn received(&self, view: Option<usize>, method: &Method) -> Received {
        let method = match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::POST => 2,
            Method::PUT => 3,
            Method::PATCH => 4,
            Method::DELETE => 5,
            Method::OPTIONS => 6,
            Method::TRACE => 7,
            _ => METHODS.len() - 1,
        };
        Received { view: view.unwrap_or(usize::MAX), method, at: Instant::now() }
    }

    /// Counts the response to a request.
    pub(crate) fn answered(&self, Received { view, method, at }: Received, status: u16) {
        let views = &self.views.0;
        let Some(view) = views.get(view).or_else(|| views.last()) else { return };
        let Some(counts) = view.methods.get(method) else { return };
        counts.get_or_init(Box::default).add(status, at.elapsed());
    }
}

impl Counts {
    fn add(&self, status: u16, took: Duration) {
        let status = u64::from(status);
        let place = self
            .statuses
            .iter()
            .find(|place| matches!(place.get() >> STATUS_SHIFT, 0) || place.get() >> STATUS_SHIFT == status);
        match place {
            Some(place) if place.get() == 0 => place.set(status << STATUS_SHIFT | 1),
            Some(place) => place.add(1),
            None => self.others.add(1),
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| nanoseconds <= bound * 1000).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.durations.get(bucket) {
            bucket.add(1);
        }
        self.nanoseconds.add(nanoseconds);
    }
}

/// The counts of all workers. The status of further ones is 0.
#[derive(Default)]
struct Total {
    statuses: BTreeMap<u64, u64>,
    durations: [u64; BOUNDS.len() + 1],
    nanoseconds: u64,
}

impl Total {
    fn add(&mut self, counts: &Counts) {
        let known = counts.statuses.iter().map(OwnCounter::get);
        let known = known.map(|place| (place >> STATUS_SHIFT, place & ((1 << STATUS_SHIFT) - 1)));
        for (status, count) in known.chain([(0, counts.others.get())]).filter(|(_, count)| *count > 0) {
            *self.statuses.entry(status).or_default() += count;
        }
        for (sum, bucket) in self.durations.iter_mut().zip(&counts.durations) {
            *sum += bucket.get();
        }
        self.nanoseconds = self.nanoseconds.wrapping_add(counts.nanoseconds.get());
    }

    fn histogram(&self) -> Histogram {
        let bounds = BOUNDS.iter().map(|bound| *bound as f64 / 1e6).chain([f64::INFINITY]);
        Histogram {
            buckets: bounds.zip(self.durations).collect(),
            sum: Duration::from_nanos(self.nanoseconds).as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::Value;
    use super::*;

    fn collected(requests: &Requests) -> Snapshot {
        let mut snapshot = Snapshot::default();
        requests.collect(&mut snapshot);
        snapshot
    }

    fn counts(snapshot: &Snapshot) -> Vec<String> {
        let samples = &snapshot.get("vitamin_http_requests").unwrap().samples;
        let labels = |labels: &[(&str, String)]| {
            labels.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>().join(" ")
        };
        samples.iter().map(|sample| format!("{} {:?}", labels(&sample.labels), sample.value)).collect()
    }

    #[test]
    fn workers_are_added_up_and_views_of_one_name_too() {
        let requests = Requests::default();
        let views = || vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        for worker in [requests.worker(views()), requests.worker(views())] {
            for (view, method, status) in [
                (Some(0), Method::GET, 200),
                (Some(2), Method::GET, 200),
                (Some(1), Method::POST, 201),
                (None, Method::from_bytes(b"BREW").unwrap(), 404),
            ] {
                worker.answered(worker.received(view, &method), status);
            }
            worker.answered(worker.received(Some(0), &Method::GET).without_view(), 400);
        }
        let snapshot = collected(&requests);
        assert_eq!(
            counts(&snapshot),
            [
                "<none> GET 400 Integer(2)",
                "<none> other 404 Integer(2)",
                "a GET 200 Integer(4)",
                "b POST 201 Integer(2)"
            ]
        );
        let durations = &snapshot.get("vitamin_http_request_duration_seconds").unwrap().samples;
        let Value::Histogram(histogram) = &durations[2].value else { panic!("{durations:?}") };
        assert_eq!(histogram.count(), 4);
        assert!(histogram.sum > 0.0 && histogram.buckets.last().unwrap().0.is_infinite());
    }

    #[test]
    fn durations_fall_into_the_buckets_of_their_bounds() {
        let counts = Counts::default();
        for microseconds in [0, 50, 51, 10_000_000, 10_000_001] {
            counts.add(200, Duration::from_micros(microseconds));
        }
        let mut total = Total::default();
        total.add(&counts);
        let histogram = total.histogram();
        let filled: Vec<_> = histogram.buckets.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [&(0.000_05, 2), &(0.0001, 1), &(10.0, 1), &(f64::INFINITY, 1)]);
        assert_eq!(histogram.sum, 20.000_102);
    }

    #[test]
    fn statuses_beyond_the_places_count_together() {
        let requests = Requests::default();
        let worker = requests.worker(Vec::new());
        for status in (200..).take(STATUSES + 3) {
            for _ in 0..2 {
                worker.answered(worker.received(None, &Method::GET), status);
            }
        }
        let counts = counts(&collected(&requests));
        assert_eq!((counts.len(), counts[0].as_str()), (STATUSES + 1, "<none> GET other Integer(6)"));
    }
}
