//! A message in Slack's Block Kit, within its limits.

use std::fmt::Write;

use driftd_model::{Evidence, Notification, words};
use driftd_stats::Movement;
use serde_json::{Value as Json, json};

use crate::{evidence, sentence, subject, why};

/// Characters of a header.
const HEADER: usize = 150;
/// Characters of a section.
const SECTION: usize = 3000;
/// Characters of a field, of which a section has ten at the most.
const FIELD: usize = 2000;
/// Features spelled out; the rest is counted. With the blocks around them they stay far below fifty.
const FEATURES: usize = 8;
/// Bins or categories of a feature.
const MOVEMENTS: usize = 3;
/// Characters of a name.
const NAME: usize = 60;

/// `text` and `blocks` of a message.
pub(super) fn message(notification: &Notification) -> Json {
    let title = subject(notification);
    json!({
        // Shown where blocks are not, such as in a notification on a phone.
        "text": escaped(&cut(&title, HEADER), SECTION),
        "blocks": blocks(notification, &title),
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn blocks(notification: &Notification, title: &str) -> Vec<Json> {
    let incident = &notification.incident;
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": header(title), "emoji": false } }),
        section(&escaped(&sentence(notification), SECTION)),
        json!({ "type": "section", "fields": fields(notification) }),
    ];
    let features = incident.worst_features();
    blocks.extend(features.iter().take(FEATURES).map(|evidence| section(&feature(evidence))));
    let rest = features.len().saturating_sub(FEATURES);
    if rest > 0 {
        blocks.push(section(&format!("and {}", words::counted(rest as u64, "more feature", "more features"))));
    }
    if let Some(links) = links(notification) {
        blocks.push(section(&links));
    }
    let foot = format!(
        "incident {}, message {}, schema {}",
        words::name(incident.id.as_str(), NAME),
        notification.key.short(),
        notification.schema
    );
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": escaped(&foot, FIELD) }] }));
    blocks
}

/// A header has no markup and no escapes for it: what begins and ends markup elsewhere is put in other characters.
fn header(title: &str) -> String {
    cut(&title.replace('<', "‹").replace('>', "›"), HEADER)
}

fn section(mrkdwn: &str) -> Json {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": mrkdwn } })
}

/// At most ten.
fn fields(notification: &Notification) -> Vec<Json> {
    let incident = &notification.incident;
    let (window, start, end) = &incident.last_window;
    let label = |name: &str| Some(notification.labels.get(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let model = label("model").map(|model| match label("model_version") {
        Some(version) => format!("{model} {version}"),
        None => model,
    });
    let facts = [
        ("Why now", Some(why(notification))),
        ("Severity", Some(incident.severity.to_string())),
        ("Monitor", Some(incident.key.monitor.to_string())),
        ("Segment", (!incident.key.segment.is_all()).then(|| incident.key.segment.to_string())),
        ("Environment", label("environment")),
        ("Model", model),
        ("Window", Some(format!("{window}, {}", words::span(*start, *end)))),
        ("First seen", Some(format!("{} UTC", words::minutes(&incident.first_seen.to_string())))),
        ("Baseline", Some(format!("{} ({})", notification.baseline, notification.baseline_hash.short()))),
    ];
    let field = |(name, value): (&str, Option<String>)| {
        let value = escaped(&words::name(&value?, 4 * NAME), FIELD - 40);
        Some(json!({ "type": "mrkdwn", "text": format!("*{name}*\n{value}") }))
    };
    facts.into_iter().filter_map(field).collect()
}

/// `*temp*: PSI 8.32 (critical at 0.25), n = 26,398, m = 6,402` and what moved, a line each.
fn feature(found: &Evidence) -> String {
    let name = escaped(&words::name(found.feature.as_str(), NAME), 5 * NAME);
    let mut text = format!("*{name}*: {}", escaped(&evidence(found, 0), SECTION / 2));
    // Writing to a String cannot fail.
    let _ = write!(text, ", n = {}, m = {}", words::count(found.n), words::count(found.m));
    if let Some(q) = found.q_value {
        let _ = write!(text, ", {}", escaped(&words::probability("q", q), NAME));
    }
    for moved in found.moved.iter().take(MOVEMENTS) {
        text.push_str(&movement(moved));
    }
    text
}

fn movement(moved: &Movement) -> String {
    let (before, after) = words::percents(moved.before, moved.after);
    let label = words::name(&moved.label, NAME);
    format!("\n• {}", escaped(&format!("{label}: {before} → {after}"), 6 * NAME))
}

/// `<https://…|Incident>  <https://…|Silence>`.
fn links(notification: &Notification) -> Option<String> {
    let links = &notification.links;
    let links = [("Incident", &links.incident), ("Silence", &links.silence), ("Runbook", &links.runbook)];
    let link = |(name, url): (&str, &Option<String>)| {
        let url = url.as_ref().filter(|url| url.len() <= SECTION / 4)?;
        // What would end the link is spelled as addresses spell it.
        let url = url.replace('&', "&amp;").replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
        Some(format!("<{url}|{name}>"))
    };
    let links: Vec<String> = links.into_iter().filter_map(link).collect();
    (!links.is_empty()).then(|| links.join("  "))
}

/// `&`, `<` and `>` as Slack wants them, in at most `most` characters; what is cut is cut before, so that no entity
/// loses its end.
fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for c in text.chars() {
        let spelt = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        length += spelt.len().max(1);
        if length >= most {
            out.push('…');
            return out;
        }
        if spelt.is_empty() { out.push(c) } else { out.push_str(spelt) }
    }
    out
}

/// The first `most` characters.
fn cut(text: &str, most: usize) -> String {
    // Slack counts as JavaScript does, where some characters are two.
    let mut length = 0;
    let fits = |c: &char| {
        length += c.len_utf16();
        length < most
    };
    let kept: String = text.chars().take_while(fits).collect();
    if kept.len() < text.len() { kept + "…" } else { kept }
}
