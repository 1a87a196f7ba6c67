//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

use std::sync::atomic::Ordering;

use super::family::{Cell, Family, Kind, Labels, gauge};

/// Writes a family; nothing when it has nothing to show.
pub(super) fn write_family(text: &mut String, name: &str, family: &Family) {
    let before = text.len();
    header(text, name, family.kind(), family.help());
    let after = text.len();
    for (labels, cell) in family.series() {
        match cell {
            Cell::Counter(count) => sample(text, name, labels, None, count.load(Ordering::Relaxed)),
            Cell::Gauge(value) => {
                let value = gauge(value);
                if !value.is_nan() {
                    sample(text, name, labels, None, Number(value));
                }
            }
            Cell::Histogram(buckets) => {
                let mut count = 0;
                for (bound, up_to) in buckets.cumulative() {
                    sample(text, &format!("{name}_bucket"), labels, Some(bound), up_to);
                    count = up_to;
                }
                sample(text, &format!("{name}_sum"), labels, None, Number(buckets.sum()));
                sample(text, &format!("{name}_count"), labels, None, count);
            }
        }
    }
    if text.len() == after {
        text.truncate(before);
    }
}

/// Writes a family of one series without labels.
pub(super) fn write_plain(text: &mut String, name: &str, kind: Kind, help: &str, value: impl Display) {
    header(text, name, kind, help);
    sample(text, name, &Labels::new(), None, value);
}

fn header(text: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    if !help.is_empty() {
        line(text, format_args!("# HELP {name} {}", escaped(help, false)));
    }
    line(text, format_args!("# TYPE {name} {kind}"));
}

fn sample(text: &mut String, name: &str, labels: &Labels, bound: Option<f64>, value: impl Display) {
    let mut pairs: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value, true))).collect();
    pairs.extend(bound.map(|bound| format!("le=\"{}\"", Number(bound))));
    let braces = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
    line(text, format_args!("{name}{braces} {value}"));
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{words}");
}

/// Backslashes and line breaks always, quotes only where there are quotes around.
fn escaped(text: &str, in_quotes: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if in_quotes => escaped.push_str("\\\""),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether it may be the name of a metric.
pub(super) fn is_name(name: &str) -> bool {
    is_label(name)
}

/// Whether it may be the name of a label. `le` belongs to histograms.
pub(super) fn is_label(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit()) && name != "le"
}

/// A number as Prometheus spells it.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            number => write!(f, "{number}"),
        }
    }
}
