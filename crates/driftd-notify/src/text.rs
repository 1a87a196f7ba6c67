//! The whole message as plain text: the sentence first, then everything a person may ask next.

use std::fmt::Write;

use crate::feature::FeatureView;
use crate::view::IncidentView;

/// The message as plain text, some 40 lines of at most about 120 characters; ends with a line break.
///
/// It carries everything the view has: state, severity, identity, model, environment, window, links, features with
/// statistic, value, thresholds, net effect, n and m, what moved, why it is sent, baseline name and hash, dedup key and schema
/// version. What there is not is left out.
#[must_use]
pub fn text(view: &IncidentView<'_>) -> String {
    let mut out = format!("{}\n\n", view.sentence);
    if let Some(basis) = &view.basis {
        line(&mut out, format_args!("{basis}\n"));
    }
    rows(&mut out, view.facts());
    if !view.links.is_empty() {
        out.push('\n');
        rows(&mut out, view.links.iter().map(|link| (link.title, link.url)));
    }
    if !view.causes.is_empty() {
        out.push_str("\nWhat is wrong\n\n");
    }
    for cause in &view.causes {
        line(&mut out, format_args!("  - {cause}"));
    }
    if !view.features.is_empty() {
        out.push_str("\nFeatures, worst first\n");
    }
    for (rank, found) in (1..).zip(&view.features) {
        feature(&mut out, rank, found);
    }
    if let Some(more) = &view.more_features {
        line(&mut out, format_args!("\nand {more}."));
    }
    line(&mut out, format_args!("\nWhy you get this: {}.", view.why));
    if let Some(command) = &view.silence_command {
        line(&mut out, format_args!("To hear no more of it: {command}"));
    }
    out.push('\n');
    rows(&mut out, view.reference());
    out
}

fn rows<'v>(out: &mut String, rows: impl IntoIterator<Item = (&'v str, &'v str)>) {
    for (label, value) in rows {
        line(out, format_args!("{label:<14}{value}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

fn feature(out: &mut String, rank: usize, feature: &FeatureView) {
    let FeatureView { name, outcome, value, n, m, .. } = feature;
    line(out, format_args!("\n{rank:>3}. {name}: {outcome}"));
    if feature.is_explained {
        line(out, format_args!("     {}", feature.summary));
    }
    let thresholds = feature.thresholds.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    let net = feature.net.as_ref().map(|net| format!(", {net}")).unwrap_or_default();
    line(out, format_args!("     {value}{thresholds}{net}, n = {n}, m = {m}"));
    for moved in &feature.moved {
        line(out, format_args!("     {:<24} {:>8} -> {}", moved.label, moved.before, moved.after));
    }
}
