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
#[derive(Clone, Debug, PartialEq)]
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
