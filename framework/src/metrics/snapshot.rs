//! The metrics of one moment, as data: for the text that Prometheus reads, and for a page of the project itself.

/// The metrics of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    families: Vec<Family>,
}

/// All samples of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The name without the suffix of its kind: `vitamin_logins`, which Prometheus calls `vitamin_logins_total`. With a unit, it
    /// ends with it.
    pub name: &'static str,
    /// A sentence that says what is measured.
    pub help: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// One for each combination of labels.
    pub samples: Vec<Sample>,
}

/// The kind of a family's values, which decides how Prometheus may use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that only increases, from 0 at the start of the process.
    Counter,
    /// A number of this moment.
    Gauge,
    /// A constant 1, whose labels are the information.
    Info,
    /// How many values were in which range.
    Histogram,
}

/// A value and its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values, in a fixed order. A value is never a client's text: there would be no end of samples.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(u64),
    /// Any number, for example of seconds.
    Number(f64),
    /// A histogram.
    Histogram(Histogram),
}

/// How many values were in which range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Upper bounds, in order, and how many values were at most that and above the bound before. The last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// The sum of all values.
    pub sum: f64,
}

impl Histogram {
    /// Returns the number of all values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// Adds the values of another histogram with the same bounds.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets = other.buckets.iter().map(|(bound, _)| (*bound, 0)).collect();
        }
        for ((_, sum), (_, count)) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum += count;
        }
        self.sum += other.sum;
    }

    /// Estimates the value that this part of all values does not exceed, such as 0.95. Within a bucket the values are taken as
    /// spread evenly, as by Prometheus's `histogram_quantile`; those above the last finite bound count as that. `None` without values.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let total = self.count();
        let rank = part * total as f64;
        let (mut below, mut lower) = (0, 0.0);
        for (bound, count) in &self.buckets {
            if *count > 0 && (below + count) as f64 >= rank {
                let within = ((rank - below as f64) / *count as f64).clamp(0.0, 1.0);
                return Some(if bound.is_finite() { lower + (bound - lower) * within } else { lower });
            }
            below += count;
            lower = *bound;
        }
        None
    }

    fn since(&self, earlier: &Self) -> Self {
        let before = earlier.buckets.iter().map(|(_, count)| *count).chain(std::iter::repeat(0));
        let buckets = self.buckets.iter().zip(before);
        Self {
            buckets: buckets.map(|((bound, now), before)| (*bound, now.saturating_sub(before))).collect(),
            sum: (self.sum - earlier.sum).max(0.0),
        }
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Integer(value.try_into().unwrap_or(u64::MAX))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<Histogram> for Value {
    fn from(value: Histogram) -> Self {
        Self::Histogram(value)
    }
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The difference to the sample of the same labels; none if nothing was counted.
    fn since(&self, earlier: &[Self]) -> Option<Self> {
        let before = earlier.iter().find(|before| before.labels == self.labels).map(|before| &before.value);
        let value = match (&self.value, before) {
            (Value::Integer(now), Some(Value::Integer(before))) => {
                Value::Integer(now.saturating_sub(*before))
            }
            (Value::Number(now), Some(Value::Number(before))) => Value::Number((now - before).max(0.0)),
            (Value::Histogram(now), Some(Value::Histogram(before))) => Value::Histogram(now.since(before)),
            (now, _) => now.clone(),
        };
        let is_counted = match &value {
            Value::Integer(count) => *count > 0,
            Value::Number(sum) => *sum > 0.0,
            Value::Histogram(histogram) => histogram.count() > 0,
        };
        is_counted.then(|| Self { labels: self.labels.clone(), value })
    }
}

impl Family {
    /// Adds a sample with these labels.
    pub fn sample(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) -> &mut Self {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.samples.push(Sample { labels, value: value.into() });
        self
    }
}

impl Snapshot {
    /// Adds a family of counters.
    pub fn counters(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Counter)
    }

    /// Adds a counter.
    pub fn counter(&mut self, name: &'static str, help: &'static str, value: impl Into<Value>) {
        self.counters(name, help).sample(&[], value);
    }

    /// Adds a family of gauges.
    pub fn gauges(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Gauge)
    }

    /// Adds a gauge.
    pub fn gauge(&mut self, name: &'static str, help: &'static str, value: impl Into<Value>) {
        self.gauges(name, help).sample(&[], value);
    }

    /// Adds information.
    pub fn info(&mut self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) {
        self.family(name, help, Kind::Info).sample(labels, 1_u64);
    }

    /// Adds a family of histograms.
    pub fn histograms(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, Kind::Histogram)
    }

    /// Returns what was counted since an earlier moment: the differences of counters and histograms, without those of 0, and the
    /// gauges of this moment.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let families = self.families.iter().map(|family| {
            let before = earlier.get(family.name).map_or(&[][..], |family| &family.samples);
            let samples = match family.kind {
                Kind::Gauge | Kind::Info => family.samples.clone(),
                Kind::Counter | Kind::Histogram => {
                    family.samples.iter().filter_map(|sample| sample.since(before)).collect()
                }
            };
            Family { samples, ..*family }
        });
        Self { families: families.collect() }
    }

    /// The families in their order.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Returns the family of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    fn family(&mut self, name: &'static str, help: &'static str, kind: Kind) -> &mut Family {
        // Two of one name would be no valid text.
        let index = self.families.iter().position(|family| family.name == name && family.kind == kind);
        let index = index.unwrap_or_else(|| {
            self.families.push(Family { name, help, kind, samples: Vec::new() });
            self.families.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the family was just found or added")]
        &mut self.families[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: [u64; 4]) -> Histogram {
        let bounds = [1.0, 2.0, 4.0, f64::INFINITY];
        Histogram {
            buckets: bounds.into_iter().zip(counts).collect(),
            sum: counts.iter().sum::<u64>() as f64,
        }
    }

    #[test]
    fn differences_have_what_was_counted() {
        let moment = |gets: u64, posts: u64, waiting: u64, durations| {
            let mut snapshot = Snapshot::default();
            snapshot
                .counters("requests", "Requests.")
                .sample(&[("method", "GET")], gets)
                .sample(&[("method", "POST")], posts);
            snapshot.gauge("waiting", "Waiting.", waiting);
            snapshot.histograms("seconds", "Durations.").sample(&[], histogram(durations));
            snapshot
        };
        let since = moment(7, 2, 4, [1, 5, 0, 3]).since(&moment(3, 2, 9, [1, 2, 0, 2]));
        let requests = &since.get("requests").unwrap().samples;
        assert_eq!(requests.len(), 1);
        assert_eq!((requests[0].label("method"), &requests[0].value), (Some("GET"), &Value::Integer(4)));
        assert_eq!(since.get("waiting").unwrap().samples[0].value, Value::Integer(4));
        assert_eq!(since.get("seconds").unwrap().samples[0].value, histogram([0, 3, 0, 1]).into());
        // A sample that is new is all of it.
        assert_eq!(
            moment(1, 0, 0, [0; 4]).since(&Snapshot::default()).get("requests").unwrap().samples.len(),
            1
        );
    }

    #[test]
    fn quantiles_lie_in_their_bucket() {
        assert_eq!(histogram([0; 4]).quantile(0.5), None);
        assert_eq!(histogram([4, 0, 0, 0]).quantile(0.5), Some(0.5));
        assert_eq!(histogram([2, 2, 0, 0]).quantile(0.75), Some(1.5));
        assert_eq!(histogram([0, 0, 10, 0]).quantile(0.95), Some(3.9));
        assert_eq!(histogram([1, 0, 0, 9]).quantile(0.99), Some(4.0));
        let mut sum = Histogram::default();
        sum.add(&histogram([1, 2, 3, 4]));
        sum.add(&histogram([1, 0, 0, 0]));
        assert_eq!(sum, histogram([2, 2, 3, 4]));
    }
}
