//! A statistic over many windows: what healthy windows show, the thresholds above that, and every window a link.

use std::fmt::Write;

use driftd_model::{Outcome, Threshold, words};

use super::frame::{Em, Percent, escape, group};

/// Inner coordinates of the lines, stretched to whatever the page gives.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// Height of the plot, of the bar of incidents below it, and of the whole, in em.
const PLOT: f64 = 12.0;
const INCIDENTS: f64 = 12.4;
const TOTAL: f64 = 14.6;
/// How many times the critical threshold still has a place of its own on the scale.
const BEYOND: f64 = 4.0;

/// One window of a [`timeline`].
#[derive(Clone, Debug, PartialEq)]
pub struct TimePoint {
    /// The statistic; nothing where it could not be computed.
    pub value: Option<f64>,
    /// What a healthy window of this size shows; nothing where it is not known.
    pub healthy: Option<f64>,
    /// How the window was judged.
    pub outcome: Option<Outcome>,
    /// Whether an incident was on.
    pub incident: bool,
    /// The page of the window; empty where there is none.
    pub address: String,
    /// When it ended: `2013-07-01`.
    pub at: String,
    /// What the numbers say: `PSI 0.31`.
    pub says: String,
}

/// `points` from old to new, evenly spaced: a line with gaps, a mark for every window that is a link to its page, the part that
/// healthy windows show as a band, and the thresholds on top of it, since that is what they are held against.
///
/// The scale ends at four times the critical threshold; what is beyond is drawn at its upper end. The point at
/// `selected` has a line of its own.
#[must_use]
pub fn timeline(title: &str, points: &[TimePoint], threshold: Option<Threshold>, selected: Option<usize>) -> String {
    let scale = Scale::of(points, threshold);
    let mut body = format!(
        "<svg width=\"100%\" height=\"{}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\">",
        Em(PLOT)
    );
    let healthy = |point: &TimePoint| point.healthy.filter(|h| h.is_finite()).map(|h| h.max(0.0));
    let _ = write!(body, "<path class=\"healthy\" d=\"{}\"/>", scale.area(points, healthy));
    let ticks = threshold.into_iter().flat_map(|t| [("warn", t.warn), ("critical", t.critical)]);
    for (class, at) in ticks.filter(|(_, at)| at.is_finite()) {
        let above = |point: &TimePoint| Some(healthy(point).unwrap_or(0.0) + at);
        let _ = write!(body, "<path class=\"tick {class}\" d=\"{}\"/>", scale.line(points, above));
    }
    let _ = write!(body, "<path class=\"trend\" d=\"{}\"/></svg>", scale.line(points, |point| point.value));
    for (place, point) in points.iter().enumerate() {
        window(&mut body, &scale, place, point, selected == Some(place));
    }
    labels(&mut body, points);
    group("timeline", TOTAL, title, &describe(points), &body)
}

/// Where things are: places in per cent, values between the two ends of the scale.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    fn of(points: &[TimePoint], threshold: Option<Threshold>) -> Self {
        let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
        let values = points.iter().filter_map(|point| finite(point.value));
        let healthy = points.iter().filter_map(|point| finite(point.healthy)).fold(0.0, f64::max);
        let limit = threshold.map(|t| healthy + if t.critical.is_finite() { t.critical } else { t.warn });
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        let high = high.max(healthy);
        let high = limit.map_or(high, |limit| high.max(limit * 1.1).min(limit * BEYOND));
        Self { low, high, step: 100.0 / points.len().max(1) as f64 }
    }

    /// The middle of a place, in per cent.
    fn x(&self, place: usize) -> f64 {
        (place as f64 + 0.5) * self.step
    }

    /// The height of a value, 0 at the upper end and 1 at the lower one.
    fn y(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span > 0.0 { (1.0 - (value - self.low) / span).clamp(0.0, 1.0) } else { 1.0 }
    }

    /// A line through the values there are, lifted where there is none.
    fn line(&self, points: &[TimePoint], value: impl Fn(&TimePoint) -> Option<f64>) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for (place, point) in points.iter().enumerate() {
            let Some(value) = value(point).filter(|v| v.is_finite()) else {
                pen_down = false;
                continue;
            };
            let (x, y) = (self.x(place) * WIDTH / 100.0, self.inner(value));
            let _ = if pen_down { write!(path, "L{x:.1} {y:.1}") } else { write!(path, "M{x:.1} {y:.1}h0") };
            pen_down = true;
        }
        path
    }

    /// The area under the values, a step for every place.
    fn area(&self, points: &[TimePoint], value: impl Fn(&TimePoint) -> Option<f64>) -> String {
        let ground = self.inner(0.0);
        let mut path = String::new();
        for (place, point) in points.iter().enumerate() {
            if let Some(value) = value(point) {
                let (x, width) = (place as f64 * self.step * WIDTH / 100.0, self.step * WIDTH / 100.0);
                let _ = write!(path, "M{x:.1} {ground:.1}V{y:.1}h{width:.1}V{ground:.1}Z", y = self.inner(value));
            }
        }
        path
    }

    /// The height of a value in the coordinates of the lines: nothing is cut off at the upper end.
    fn inner(&self, value: f64) -> f64 {
        4.0 + self.y(value) * (HEIGHT - 8.0)
    }
}

/// One window: its column is the link, its mark says how it was judged.
fn window(body: &mut String, scale: &Scale, place: usize, point: &TimePoint, is_selected: bool) {
    let (x, left, width) = (Percent(scale.x(place)), Percent(place as f64 * scale.step), Percent(scale.step));
    let class = if is_selected { " class=\"selected\"" } else { "" };
    let label = escape(&format!("{}: {}", point.at, point.says));
    let (opens, closes) = match point.address.as_str() {
        "" => (format!("<g{class}>"), "</g>"),
        address => (format!("<a href=\"{}\"{class} aria-label=\"{label}\">", escape(address)), "</a>"),
    };
    let _ = write!(
        body,
        "{opens}<title>{label}</title>\
         <rect class=\"column\" x=\"{left}\" y=\"0\" width=\"{width}\" height=\"{}\"/>",
        Em(PLOT),
    );
    if is_selected {
        let _ = write!(body, "<line class=\"cursor\" x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"{}\"/>", Em(PLOT));
    }
    if let Some(value) = point.value.filter(|v| v.is_finite()) {
        let y = Em(scale.inner(value) / HEIGHT * PLOT);
        let (class, shape) = match point.outcome {
            Some(Outcome::Critical) => ("critical", "M-2-5h4l3 3v4l-3 3h-4l-3-3v-4z"),
            Some(Outcome::Warning) => ("warn", "M0-5.5L5.5 4.5h-11z"),
            _ => ("window", "M-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"),
        };
        let _ = write!(
            body,
            "<svg x=\"{x}\" y=\"{y}\" overflow=\"visible\"><path class=\"point {class}\" d=\"{shape}\"/></svg>"
        );
    }
    body.push_str(closes);
    if point.incident {
        let y = Em(INCIDENTS);
        let _ = write!(body, "<rect class=\"incident\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\".4em\"/>");
    }
}

/// When the first, the middle and the last window ended.
fn labels(body: &mut String, points: &[TimePoint]) {
    let middle = (points.len() >= 7).then(|| points.get(points.len() / 2)).flatten();
    let places = [("0%", "start", points.first()), ("50%", "middle", middle), ("100%", "end", points.last())];
    for (x, anchor, point) in places.into_iter().take(if points.len() > 1 { 3 } else { 1 }) {
        if let Some(point) = point {
            let (y, at) = (Em(TOTAL - 0.4), escape(&point.at));
            let _ = write!(body, "<text class=\"when\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{at}</text>");
        }
    }
}

fn describe(points: &[TimePoint]) -> String {
    let bad = points.iter().filter(|point| point.outcome.is_some_and(Outcome::is_bad)).count() as u64;
    let windows = words::counted(points.len() as u64, "window", "windows");
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => {
            format!("{windows} that ended from {} to {}, {} of them bad.", first.at, last.at, words::count(bad))
        }
        _ => format!("{windows}."),
    }
}
