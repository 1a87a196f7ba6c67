//! A message in Slack's Block Kit, within its limits.

use std::fmt::Write;

use driftd_model::words;
use serde_json::{Value as Json, json};

use crate::feature::{FeatureView, MovementView};
use crate::view::IncidentView;

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
pub(super) fn message(view: &IncidentView<'_>) -> Json {
    json!({
        // Shown where blocks are not, such as in a notification on a phone.
        "text": escaped(&cut(&view.subject, HEADER), SECTION),
        "blocks": blocks(view),
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn blocks(view: &IncidentView<'_>) -> Vec<Json> {
    let header = header(&view.subject);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": header, "emoji": false } }),
        section(&escaped(&view.sentence, SECTION)),
    ];
    blocks.extend(view.basis.as_ref().map(|basis| section(&escaped(basis, SECTION))));
    blocks.push(json!({ "type": "section", "fields": fields(view) }));
    blocks.extend(view.features.iter().take(FEATURES).map(|found| section(&feature(found))));
    let rest = view.notification.incident.features.len().saturating_sub(FEATURES);
    if rest > 0 {
        blocks.push(section(&format!("and {}", words::counted(rest as u64, "more feature", "more features"))));
    }
    if let Some(links) = links(view) {
        blocks.push(section(&links));
    }
    let key = view.notification.key.short();
    let foot = format!("incident {}, message {key}, schema {}", view.dedup_key, view.schema);
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
fn fields(view: &IncidentView<'_>) -> Vec<Json> {
    let is_segment = !view.notification.incident.key.segment.is_all();
    let model = view.label("model").map(|model| match view.label("model_version") {
        Some(version) => words::name(&format!("{model} {version}"), 4 * NAME),
        None => words::name(model, 4 * NAME),
    });
    let facts = [
        ("Why now", Some(view.why.as_str())),
        ("Severity", Some(view.severity)),
        ("Monitor", Some(view.monitor)),
        ("Segment", is_segment.then_some(view.segment.as_str())),
        ("Environment", view.environment.as_deref()),
        ("Model", model.as_deref()),
        ("Window", Some(&view.window_span)),
        ("First seen", Some(&view.first_seen)),
        ("Baseline", Some(&view.baseline)),
    ];
    let field = |(name, value): (&str, Option<&str>)| {
        let value = escaped(&words::name(value?, 4 * NAME), FIELD - 40);
        Some(json!({ "type": "mrkdwn", "text": format!("*{name}*\n{value}") }))
    };
    facts.into_iter().filter_map(field).collect()
}

/// `*temp*: PSI 8.32 (critical at 0.25), n = 26,398, m = 6,402` and what moved, a line each.
fn feature(feature: &FeatureView) -> String {
    let name = escaped(&words::name(&feature.name, NAME), 5 * NAME);
    let mut text = format!("*{name}*: {}", escaped(&feature.summary, SECTION / 2));
    // Writing to a String cannot fail.
    let _ = write!(text, ", n = {}, m = {}", feature.n, feature.m);
    if let Some(net) = &feature.net {
        let _ = write!(text, ", {net}");
    }
    for MovementView { label, before, after, .. } in feature.moved.iter().take(MOVEMENTS) {
        let _ = write!(text, "\n• {}", escaped(&format!("{label}: {before} → {after}"), 6 * NAME));
    }
    text
}

/// `<https://…|Incident>  <https://…|Silence>`.
fn links(view: &IncidentView<'_>) -> Option<String> {
    let short = view.all_links().filter(|link| link.url.len() <= SECTION / 4);
    let links = short.map(|link| {
        // What would end the link is spelled as addresses spell it.
        let url = link.url.replace('&', "&amp;").replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
        format!("<{url}|{}>", link.title)
    });
    let links: Vec<String> = links.collect();
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
