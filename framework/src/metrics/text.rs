//! Writes a [`Snapshot`] in the text formats that Prometheus reads.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::snapshot::{Family, Kind, Sample, Snapshot, Value};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
    OpenMetrics,
    /// Prometheus's own, version 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    Prometheus,
}

impl Format {
    /// The format for a client that sends this `Accept`.
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

impl Snapshot {
    /// Returns the metrics as text.
    ///
    /// # Errors
    /// Never in practice: nothing is written but memory.
    pub fn to_text(self, format: Format) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut written = String::new();
        match format {
            Format::OpenMetrics => text::encode(&mut written, &registry)?,
            Format::Prometheus => prometheus_text::encode(&mut written, &registry)?,
        }
        Ok(written)
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for Family { name, help, kind, samples } in
            self.families().iter().filter(|family| !family.samples.is_empty())
        {
            let kind = match kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Info => MetricType::Info,
                Kind::Histogram => MetricType::Histogram,
            };
            // The crate appends the unit.
            let (name, unit) = match name.strip_suffix("_seconds") {
                Some(name) => (name, Some(&Unit::Seconds)),
                None => (*name, None),
            };
            let mut family = encoder.encode_descriptor(name, help, unit, kind)?;
            for sample in samples {
                encode(sample, kind, &mut family)?;
            }
        }
        Ok(())
    }
}

fn encode(Sample { labels, value }: &Sample, kind: MetricType, family: &mut MetricEncoder) -> fmt::Result {
    let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if let MetricType::Info = kind {
        return family.encode_info(&labels);
    }
    let mut encoder = family.encode_family(&labels)?;
    match (kind, value) {
        (MetricType::Counter, Value::Integer(value)) => {
            encoder.encode_counter::<NoLabelSet, _, f64>(value, None)
        }
        (MetricType::Counter, Value::Number(value)) => {
            encoder.encode_counter::<NoLabelSet, _, f64>(value, None)
        }
        (_, Value::Integer(value)) => encoder.encode_gauge(value),
        (_, Value::Number(value)) => encoder.encode_gauge(value),
        (_, Value::Histogram(histogram)) => {
            encoder.encode_histogram::<NoLabelSet>(histogram.sum, histogram.count(), &histogram.buckets, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::Histogram;
    use super::*;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.info("build", "What was built.", &[("version", "1.0")]);
        snapshot.counters("logins", "Logins.").sample(&[("outcome", "a\"b\\c\nd")], 3_u64).sample(&[], 1_u64);
        snapshot.counter("busy_seconds", "Time.", 1.5);
        snapshot.gauge("waiting", "Who waits.", 0_u64);
        snapshot.gauges("nothing", "Has no sample.");
        let histogram = Histogram { buckets: vec![(0.000_05, 1), (0.5, 0), (f64::INFINITY, 2)], sum: 7.25 };
        snapshot.histograms("took_seconds", "Durations.").sample(&[("view", "v")], histogram);
        snapshot
    }

    #[test]
    fn openmetrics() {
        insta::assert_snapshot!(snapshot().to_text(Format::OpenMetrics).unwrap(), @r#"
        # HELP build What was built.
        # TYPE build info
        build_info{version="1.0"} 1
        # HELP logins Logins.
        # TYPE logins counter
        logins_total{outcome="a\"b\\c\nd"} 3
        logins_total 1
        # HELP busy_seconds Time.
        # TYPE busy_seconds counter
        # UNIT busy_seconds seconds
        busy_seconds_total 1.5
        # HELP waiting Who waits.
        # TYPE waiting gauge
        waiting 0
        # HELP took_seconds Durations.
        # TYPE took_seconds histogram
        # UNIT took_seconds seconds
        took_seconds_sum{view="v"} 7.25
        took_seconds_count{view="v"} 3
        took_seconds_bucket{le="0.00005",view="v"} 1
        took_seconds_bucket{le="0.5",view="v"} 1
        took_seconds_bucket{le="+Inf",view="v"} 3
        # EOF
        "#);
    }

    #[test]
    fn prometheus() {
        insta::assert_snapshot!(snapshot().to_text(Format::Prometheus).unwrap(), @r#"
        # HELP build_info What was built.
        # TYPE build_info gauge
        build_info{version="1.0"} 1
        # HELP logins_total Logins.
        # TYPE logins_total counter
        logins_total{outcome="a\"b\\c\nd"} 3
        logins_total 1
        # HELP busy_seconds_total Time.
        # TYPE busy_seconds_total counter
        busy_seconds_total 1.5
        # HELP waiting Who waits.
        # TYPE waiting gauge
        waiting 0
        # HELP took_seconds Durations.
        # TYPE took_seconds histogram
        took_seconds_bucket{view="v",le="5e-05"} 1
        took_seconds_bucket{view="v",le="0.5"} 1
        took_seconds_bucket{view="v",le="+Inf"} 3
        took_seconds_sum{view="v"} 7.25
        took_seconds_count{view="v"} 3
        "#);
    }

    #[test]
    fn the_client_chooses_the_format() {
        let sent = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Format::accepted(sent), Format::OpenMetrics);
        assert_eq!(Format::accepted("*/*"), Format::Prometheus);
        assert_eq!(Format::accepted(""), Format::Prometheus);
    }
}
