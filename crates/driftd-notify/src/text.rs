//! The whole message as plain text: the sentence first, then everything a person may ask next.

use std::fmt::Write;

use driftd_model::{Evidence, IncidentState, Notification, words};

use crate::evidence::{FEATURE, figure, in_words};
use crate::facts::{CAUSES, MOVEMENTS, facts, links, reference, silence_command, told_features};
use crate::{cause, sentence, why};

/// The message as plain text, some 40 lines of at most about 120 characters; ends with a line break.
///
/// It carries everything the notification has: state, severity, identity, model, environment, window, links, features
/// with statistic, value, thresholds, n, m and q, what moved, why it is sent, baseline name and hash, dedup key and
/// schema version. What there is not is left out.
#[must_use]
pub fn text(notification: &Notification) -> String {
    let incident = &notification.incident;
    let mut out = format!("{}\n\n", sentence(notification));
    lines(&mut out, facts(notification));
    let links = links(notification);
    if !links.is_empty() {
        out.push('\n');
        lines(&mut out, links);
    }
    if incident.causes.len() > 1 {
        // A single one is in the sentence already.
        out.push_str("\nWhat is wrong\n\n");
        let is_over = incident.state == IncidentState::Resolved;
        for found in incident.causes.iter().take(CAUSES) {
            line(&mut out, format_args!("  - {}", cause(found, is_over)));
        }
    }
    let (features, rest) = told_features(incident);
    if !features.is_empty() {
        out.push_str("\nFeatures, worst first\n");
    }
    for (rank, evidence) in (1..).zip(features) {
        feature(&mut out, rank, evidence);
    }
    if rest > 0 {
        let more = words::counted(rest as u64, "more feature", "more features");
        line(&mut out, format_args!("\nand {more}."));
    }
    line(&mut out, format_args!("\nWhy you get this: {}.", why(notification)));
    if let Some(command) = silence_command(notification) {
        line(&mut out, format_args!("To hear no more of it: {command}"));
    }
    out.push('\n');
    lines(&mut out, reference(notification));
    out
}

fn lines<V: std::fmt::Display>(out: &mut String, lines: Vec<(&str, V)>) {
    for (label, value) in lines {
        line(out, format_args!("{label:<14}{value}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

fn feature(out: &mut String, rank: usize, evidence: &Evidence) {
    let Evidence { outcome, n, m, .. } = evidence;
    let name = words::name(evidence.feature.as_str(), 2 * FEATURE);
    line(out, format_args!("\n{rank:>3}. {name}: {outcome}"));
    if let Some(words) = in_words(evidence) {
        line(out, format_args!("     {words}"));
    }
    let mut numbers = figure(evidence);
    if let Some(threshold) = evidence.threshold {
        let (warn, critical) = (words::number(threshold.warn), words::number(threshold.critical));
        let _ = write!(numbers, " (warning from {warn}, critical from {critical})");
    }
    if let Some(q) = evidence.q_value {
        let _ = write!(numbers, ", {}", words::probability("q", q));
    }
    line(out, format_args!("     {numbers}, n = {}, m = {}", words::count(*n), words::count(*m)));
    for movement in evidence.moved.iter().take(MOVEMENTS) {
        let (before, after) = words::percents(movement.before, movement.after);
        let label = words::name(&movement.label, FEATURE);
        line(out, format_args!("     {label:<24} {before:>8} -> {after}"));
    }
}
