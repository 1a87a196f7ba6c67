//! A statistic over time, the size of a word.

use std::fmt::Write;

use driftd_model::{Threshold, words};

use super::frame::image;

/// Inner coordinates: wide and low, stretched to whatever the page gives.
const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 40.0;

/// `values` from old to new, evenly spaced, with gaps where there is none; thresholds as dashed lines.
///
/// The scale starts at 0 (or the smallest value below) and ends at the largest value or threshold.
#[must_use]
pub fn sparkline(title: &str, values: &[Option<f64>], threshold: Option<Threshold>) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    // A statistic may have no critical threshold, which is then infinite.
    let ticks = threshold.into_iter().flat_map(|t| [("warn", t.warn), ("critical", t.critical)]);
    let ticks = ticks.filter(|(_, at)| at.is_finite());
    let low = known.iter().copied().fold(0.0, f64::min);
    let high = known.iter().copied().chain(ticks.clone().map(|(_, at)| at)).fold(0.0, f64::max);
    let y = |v: f64| if high > low { HEIGHT - 3.0 - (v - low) / (high - low) * (HEIGHT - 6.0) } else { HEIGHT - 3.0 };
    let step = WIDTH / values.len().saturating_sub(1).max(1) as f64;
    let mut body =
        format!("<svg width=\"100%\" height=\"100%\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\">");
    for (class, at) in ticks {
        let _ = write!(body, "<path class=\"tick {class}\" d=\"M0 {at:.1}H{WIDTH}\"/>", at = y(at));
    }
    let mut path = String::new();
    let mut pen_down = false;
    for (place, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            pen_down = false;
            continue;
        };
        let (x, y) = (place as f64 * step, y(value));
        // A lone point between gaps still leaves a dot: a line of no length with round ends.
        let _ = if pen_down { write!(path, "L{x:.1} {y:.1}") } else { write!(path, "M{x:.1} {y:.1}h0") };
        pen_down = true;
    }
    let _ = write!(body, "<path class=\"trend\" d=\"{path}\"/></svg>");
    image("sparkline", 2.2, title, &describe(&known, values.len()), &body)
}

fn describe(known: &[f64], values: usize) -> String {
    let Some(last) = known.last() else { return "no values.".to_owned() };
    let (low, high) = known.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let gaps = match (values - known.len()) as u64 {
        0 => String::new(),
        n => format!(", {}", words::counted(n, "gap", "gaps")),
    };
    format!(
        "{}{gaps}: from {} to {}, last {}.",
        words::counted(known.len() as u64, "value", "values"),
        words::number(low),
        words::number(high),
        words::number(*last)
    )
}
