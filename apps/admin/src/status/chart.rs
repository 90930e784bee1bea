//! Small charts as SVG, without scripts and inline styles. Each has its numbers as a table too.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use vitamin_framework::metrics::{Period, Snapshot};

/// The size of a drawing, in its own units: ten for a minute.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
const MINUTES: usize = 60;

/// A period that is shorter says little per minute.
const SHORTEST: Duration = Duration::from_secs(10);

type Read<'l> = Box<dyn Fn(&Period) -> Option<f64> + 'l>;

/// A line of a chart.
pub(super) struct Line<'l> {
    name: &'static str,
    read: Read<'l>,
}

impl<'l> Line<'l> {
    /// What was counted, per minute.
    pub(super) fn per_minute(name: &'static str, read: impl Fn(&Snapshot) -> u64 + 'l) -> Self {
        let read = move |period: &Period| {
            let minutes = period.length.as_secs_f64() / 60.0;
            (minutes > 0.0).then(|| read(&period.counted) as f64 / minutes)
        };
        Self { name, read: Box::new(read) }
    }

    /// A value of each period; `None` for a gap.
    pub(super) fn value(name: &'static str, read: impl Fn(&Snapshot) -> Option<f64> + 'l) -> Self {
        Self { name, read: Box::new(move |period| read(&period.counted)) }
    }
}

/// A drawn chart.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    /// The value at the upper edge.
    top: String,
    lines: Vec<DrawnLine>,
    /// The numbers of each period: its time in UTC, and a value of each line.
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Serialize)]
struct DrawnLine {
    name: &'static str,
    /// The attribute `d` of a path.
    path: String,
    /// The last value.
    now: String,
    /// The largest value.
    most: String,
}

impl Chart {
    pub(super) fn new(
        id: &'static str,
        title: &'static str,
        unit: &'static str,
        periods: &[Period],
        lines: &[Line<'_>],
    ) -> Self {
        let is_long = |(index, period): &(usize, &Period)| *index == 0 || period.length >= SHORTEST;
        let shown = periods.iter().enumerate().filter(is_long).map(|(_, period)| period);
        let shown: Vec<&Period> = shown.collect();
        let start = shown.len().saturating_sub(MINUTES + 1);
        let shown = shown.get(start..).unwrap_or_default();
        let values: Vec<Vec<Option<f64>>> =
            lines.iter().map(|line| shown.iter().map(|period| (line.read)(period)).collect()).collect();
        let top = round_up(values.iter().flatten().flatten().copied().fold(0.0, f64::max));
        let drawn = lines.iter().zip(&values).map(|(line, values)| DrawnLine {
            name: line.name,
            path: path(values, top),
            now: shown_number(values.iter().flatten().last()),
            most: shown_number(values.iter().flatten().max_by(|one, other| one.total_cmp(other))),
        });
        let rows = shown.iter().enumerate().map(|(index, period)| {
            let time = DateTime::<Utc>::from(period.ended).format("%H:%M").to_string();
            let of_line =
                |values: &Vec<Option<f64>>| shown_number(values.get(index).and_then(Option::as_ref));
            (time, values.iter().map(of_line).collect())
        });
        Self { id, title, unit, top: number(top), lines: drawn.collect(), rows: rows.collect() }
    }
}

/// The path of the values, the last one at the right edge. A gap ends a line; a value alone is a dot.
fn path(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_open = false;
            continue;
        };
        let minutes_ago = (values.len() - 1 - index) as f64;
        let x = WIDTH - minutes_ago * WIDTH / MINUTES as f64;
        let y = HEIGHT - value / top * HEIGHT;
        let command = if is_open { 'L' } else { 'M' };
        // Writing to a String cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
        if !is_open {
            let _ = write!(path, "h0");
        }
        is_open = true;
    }
    path
}

/// The next number of the form 1, 2 or 5 times a power of ten; at least 1.
fn round_up(value: f64) -> f64 {
    let mut power = 1.0;
    loop {
        for step in [1.0, 2.0, 5.0] {
            if value <= step * power || power > 1e12 {
                return step * power;
            }
        }
        power *= 10.0;
    }
}

fn shown_number(value: Option<&f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| number(*value))
}

/// A number with at most three digits that count.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        below if below < 9.995 => 2,
        below if below < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_the_right_edge_and_have_gaps() {
        assert_eq!(
            path(&[Some(0.0), Some(10.0), None, Some(5.0)], 10.0),
            "M570.0 120.0h0L580.0 0.0M600.0 60.0h0"
        );
        assert_eq!(path(&[None], 1.0), "");
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (0.054, "0.05"),
            (1.5, "1.5"),
            (12.34, "12.3"),
            (123.4, "123"),
            (1e6, "1000000"),
            (9.999, "10"),
        ] {
            assert_eq!(number(value), expected);
        }
        for (value, expected) in
            [(0.0, 1.0), (1.0, 1.0), (1.2, 2.0), (3.0, 5.0), (70.0, 100.0), (100.1, 200.0)]
        {
            assert_eq!(round_up(value), expected);
        }
        assert!(round_up(f64::INFINITY).is_finite());
    }
}
