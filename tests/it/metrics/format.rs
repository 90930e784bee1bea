//! Parses Prometheus's text formats by their own rules, strictly: what the rules forbid is a panic.
//!
//! The rules are those of <https://prometheus.io/docs/instrumenting/exposition_formats/> and of OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// The samples of a scrape.
#[derive(Debug, Default)]
pub struct Scrape {
    samples: BTreeMap<(String, Labels), f64>,
    /// The kind of each family, by the name that its samples have without suffixes of histograms.
    families: BTreeMap<String, String>,
}

impl Scrape {
    pub fn prometheus(text: &str) -> Self {
        assert!(text.ends_with('\n') && !text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
        Self::parse(text, false)
    }

    pub fn open_metrics(text: &str) -> Self {
        let text = text.strip_suffix("# EOF\n").unwrap();
        assert!(!text.contains("# EOF") && !text.contains("\n\n"), "{text}");
        Self::parse(text, true)
    }

    fn parse(text: &str, is_open: bool) -> Self {
        let mut scrape = Self::default();
        let mut family: Option<(String, String)> = None;
        let mut helped = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(is_name(name, true) && !help.is_empty() && !help.contains('\\'), "{line}");
                helped = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, helped, "HELP and TYPE belong together");
                let kinds: &[&str] = if is_open {
                    &["counter", "gauge", "histogram", "info"]
                } else {
                    &["counter", "gauge", "histogram"]
                };
                assert!(kinds.contains(&kind), "{line}");
                let total = if is_open && kind == "counter" {
                    "_total"
                } else if kind == "info" {
                    "_info"
                } else {
                    ""
                };
                if is_open {
                    assert!(!name.ends_with("_total") && !name.ends_with("_info"), "{line}");
                }
                let samples = format!("{name}{total}");
                let is_new = scrape.families.insert(samples.clone(), kind.to_owned()).is_none();
                assert!(is_new, "{name} is there twice");
                family = Some((samples, kind.to_owned()));
            } else if let Some(rest) = line.strip_prefix("# UNIT ") {
                let (name, unit) = rest.split_once(' ').unwrap();
                assert!(is_open && name == helped && name.ends_with(&format!("_{unit}")), "{line}");
            } else {
                let (samples, kind) = family.as_ref().unwrap();
                let (name, labels, value) = sample(line);
                let suffix =
                    name.strip_prefix(samples.as_str()).unwrap_or_else(|| panic!("{line} is no {samples}"));
                match kind.as_str() {
                    "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
                    _ => assert_eq!(suffix, "", "{line}"),
                }
                assert_eq!(labels.contains_key("le"), suffix == "_bucket", "{line}");
                let is_counted = kind == "counter" || kind == "histogram";
                assert!(!is_counted || (value.is_finite() && value >= 0.0), "{line}");
                assert!(kind != "info" || value == 1.0, "{line}");
                assert!(scrape.samples.insert((name, labels), value).is_none(), "twice: {line}");
            }
        }
        scrape.assert_histograms();
        scrape
    }

    /// Buckets increase with their bounds, and the infinite one is the count.
    fn assert_histograms(&self) {
        for name in self.families.iter().filter(|(_, kind)| *kind == "histogram").map(|(name, _)| name) {
            let mut buckets: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
            for ((sample, labels), value) in &self.samples {
                if *sample == format!("{name}_bucket") {
                    let mut labels = labels.clone();
                    let bound = labels.remove("le").unwrap();
                    let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
                    buckets.entry(labels).or_default().push((bound, *value));
                }
            }
            assert!(!buckets.is_empty(), "{name} has a TYPE and no sample");
            for (labels, mut buckets) in buckets {
                buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
                assert!(
                    buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1),
                    "{name}{labels:?}: {buckets:?}"
                );
                let (bound, all) = *buckets.last().unwrap();
                assert!(bound.is_infinite(), "{name}{labels:?}");
                assert_eq!(self.samples[&(format!("{name}_count"), labels.clone())], all);
                assert!(self.samples.contains_key(&(format!("{name}_sum"), labels)));
            }
        }
    }

    /// The names of the samples.
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().map(|(name, _)| name.as_str()).collect()
    }

    /// The names and labels of the samples.
    pub fn series(&self) -> BTreeSet<String> {
        self.samples.keys().map(|(name, labels)| format!("{name}{labels:?}")).collect()
    }

    /// The names of the families, as queries use them.
    pub fn families(&self) -> BTreeSet<String> {
        self.families.keys().cloned().collect()
    }

    /// The value of the sample with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The sum of the samples with these labels and others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has =
            |own: &Labels| labels.iter().all(|(name, value)| own.get(*name).is_some_and(|own| own == value));
        self.samples
            .iter()
            .filter(|((own, labels), _)| own == name && has(labels))
            .map(|(_, value)| value)
            .sum()
    }
}

fn is_name(name: &str, may_have_colons: bool) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (may_have_colons && c == ':');
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// `name{label="value",…} 1.5`
fn sample(line: &str) -> (String, Labels, f64) {
    let name_end = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(name_end);
    assert!(is_name(name, true), "{line}");
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(is_name(label, false) && !label.starts_with("__"), "{line}");
            let (value, after) = quoted(after);
            assert!(!value.is_empty(), "an empty label is no label: {line}");
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = after.strip_prefix('}').unwrap();
                    break;
                }
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap();
    assert!(!value.contains(' '), "no timestamps and exemplars: {line}");
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("{line}")))
}

/// Returns the text up to the quote that ends it, unescaped, and the rest.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, &text[index + 1..]),
            '\\' => match characters.next().unwrap().1 {
                'n' => value.push('\n'),
                escaped @ ('\\' | '"') => value.push(escaped),
                other => panic!("\\{other}"),
            },
            _ => value.push(character),
        }
    }
    panic!("no quote ends {text}");
}
