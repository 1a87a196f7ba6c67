//! One feature's part in an incident, as a message shows it.

use driftd_model::words::incident::{FEATURE, evidence};
use driftd_model::{Evidence, Outcome, words};
use driftd_stats::{Movement, Scale};
use serde::Serialize;

use crate::tone::Tone;

/// Bins or categories spelled out.
const MOVEMENTS: usize = 5;

/// A feature as a message shows it.
#[derive(Debug, Serialize)]
pub struct FeatureView {
    /// Its name.
    pub name: String,
    /// How it was judged.
    pub outcome: &'static str,
    /// How much that presses.
    pub tone: Tone,
    /// What the numbers say: `PSI 8.32 (critical at 0.25)`.
    pub summary: String,
    /// Whether the summary says more than the bare number: for shares, and distances in units of the baseline.
    pub is_explained: bool,
    /// The number as it was computed: `PSI 8.32`, and what was held against the threshold where that is another one.
    pub value: String,
    /// `warning from 0.1, critical from 0.25`.
    pub thresholds: Option<String>,
    /// Rows of the baseline.
    pub n: String,
    /// Rows of the window.
    pub m: String,
    /// What of the effect healthy windows do not show: `net 8.26`.
    pub net: Option<String>,
    /// What moved.
    pub moved: Vec<MovementView>,
}

/// One bin or category whose share is another than it was.
#[derive(Debug, Serialize)]
pub struct MovementView {
    /// The bin or category.
    pub label: String,
    /// Its share in the baseline.
    pub before: String,
    /// Its share in the window.
    pub after: String,
    /// Both shares as bars, in hundredths of the longest bar of the feature.
    pub bars: [u8; 2],
}

impl FeatureView {
    pub(crate) fn of(found: &Evidence) -> Self {
        let shown = found.moved.get(..MOVEMENTS).unwrap_or(&found.moved);
        let longest = shown.iter().flat_map(|m| [m.before, m.after]).filter(|x| x.is_finite()).fold(0.0, f64::max);
        Self {
            name: words::name(found.feature.as_str(), 2 * FEATURE),
            outcome: found.outcome.as_str(),
            tone: match found.outcome {
                Outcome::Critical => Tone::Critical,
                Outcome::Warning => Tone::Warning,
                _ => Tone::Calm,
            },
            summary: evidence(found, 0),
            is_explained: found.statistic.definition().scale != Scale::Number,
            value: figure(found),
            thresholds: found.threshold.map(|threshold| {
                let warn = words::number(threshold.warn);
                match threshold.critical_from() {
                    Some(critical) => format!("warning from {warn}, critical from {}", words::number(critical)),
                    None => format!("warning from {warn}, never critical"),
                }
            }),
            n: words::count(found.n),
            m: words::count(found.m),
            net: found.net.filter(|net| net.is_finite()).map(|net| format!("net {}", words::number(net))),
            moved: shown.iter().map(|movement| MovementView::of(movement, longest)).collect(),
        }
    }
}

impl MovementView {
    fn of(movement: &Movement, longest: f64) -> Self {
        let (before, after) = words::percents(movement.before, movement.after);
        let bar = |share: f64| {
            let part = share / longest;
            // What is there at all is seen.
            if part > 0.0 { (part * 100.0).round().clamp(1.0, 100.0) as u8 } else { 0 }
        };
        let bars = [bar(movement.before), bar(movement.after)];
        Self { label: words::name(&movement.label, FEATURE), before, after, bars }
    }
}

fn figure(found: &Evidence) -> String {
    let value = format!("{} {}", found.statistic.name(), words::number(found.value));
    if found.effect == found.value { value } else { format!("{value}, effect {}", words::number(found.effect)) }
}
