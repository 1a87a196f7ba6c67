//! An effect held against its thresholds.

use std::fmt::Write;

use driftd_model::{Threshold, words};

use super::frame::{Em, Percent, image};

/// A bar for `effect` on a scale that ends at twice the critical threshold, with a tick for either threshold; an effect
/// beyond the scale ends in an arrow head.
///
/// The bar shows the effect alone and has one colour: whether it counts is also a matter of significance, and stands
/// beside it in words. `title` names the statistic.
#[must_use]
pub fn effect_bar(title: &str, effect: f64, threshold: Threshold) -> String {
    let end = threshold.critical.max(threshold.warn) * 2.0;
    let place = |x: f64| if end > 0.0 && x.is_finite() { (x / end * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    let full = effect >= end;
    let width = if full { 96.0 } else { place(effect) };
    let mut body = format!(
        "<rect class=\"track\" x=\"0\" y=\".25em\" width=\"100%\" height=\".5em\"/>\
         <rect class=\"window\" x=\"0\" y=\".25em\" width=\"{}\" height=\".5em\"/>",
        Percent(width)
    );
    for (class, at) in [("warn", threshold.warn), ("critical", threshold.critical)] {
        let (x, top) = (Percent(place(at)), Em(if class == "warn" { 0.1 } else { 0.0 }));
        let _ = write!(body, "<line class=\"tick {class}\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"1em\"/>");
    }
    if full {
        body.push_str(
            "<svg x=\"92%\" width=\"8%\" height=\"1em\" viewBox=\"0 0 8 10\" preserveAspectRatio=\"none\">\
             <path class=\"window\" d=\"M2 0 L8 5 L2 10 Z\"/></svg>",
        );
    }
    let description = format!(
        "effect {}; warning from {}, critical from {}.",
        words::number(effect),
        words::number(threshold.warn),
        words::number(threshold.critical)
    );
    image("effect", 1.0, title, &description, &body)
}
