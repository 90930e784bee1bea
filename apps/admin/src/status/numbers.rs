//! Numbers of a snapshot.

use vitamin_framework::metrics::{Histogram, Sample, Snapshot, Value};

/// The sum of a family's samples.
pub(super) fn count(snapshot: &Snapshot, family: &str, keep: impl Fn(&Sample) -> bool) -> u64 {
    let integer = |sample: &Sample| match sample.value {
        Value::Integer(count) => count,
        _ => 0,
    };
    samples(snapshot, family).filter(|sample| keep(sample)).map(integer).sum()
}

/// The sum of a family's gauges; `None` if there are none.
pub(super) fn gauge(snapshot: &Snapshot, family: &str, keep: impl Fn(&Sample) -> bool) -> Option<f64> {
    let number = |sample: &Sample| match sample.value {
        Value::Integer(count) => count as f64,
        Value::Number(number) => number,
        Value::Histogram(_) => 0.0,
    };
    samples(snapshot, family).filter(|sample| keep(sample)).map(number).reduce(|sum, number| sum + number)
}

/// The sum of a family's histograms.
pub(super) fn histogram(snapshot: &Snapshot, family: &str, keep: impl Fn(&Sample) -> bool) -> Histogram {
    let mut all = Histogram::default();
    for sample in samples(snapshot, family).filter(|sample| keep(sample)) {
        if let Value::Histogram(histogram) = &sample.value {
            all.add(histogram);
        }
    }
    all
}

/// The values of a label.
pub(super) fn label_values<'s>(
    snapshot: &'s Snapshot,
    family: &str,
    label: &str,
) -> impl Iterator<Item = &'s str> {
    samples(snapshot, family).filter_map(move |sample| sample.label(label))
}

pub(super) fn samples<'s>(snapshot: &'s Snapshot, family: &str) -> impl Iterator<Item = &'s Sample> {
    snapshot.get(family).into_iter().flat_map(|family| &family.samples)
}
