//! Numbers, names and movements in words: one way to say them, whoever says it (terminal, report, message).
//!
//! Nothing here fails and nothing here returns a line break, so the result fits into a sentence, a table cell or a
//! subject line whatever the data is called.

pub mod healthy;
pub mod incident;

use std::collections::HashMap;

use driftd_stats::{MistypedTypes, Movement};
use driftd_window::{EventTime, Zone};

use crate::{FeatureKind, MistypedValues};

/// Below this a probability is only said to be below it: the digits of 1e-200 tell nobody anything.
const SMALLEST_PROBABILITY: f64 = 1e-16;
/// Decimals of a percentage that are tried to tell two shares apart.
const MOST_DECIMALS: usize = 4;
/// Characters of a bin or category in a sentence.
const LABEL: usize = 60;
/// Names that a list in a sentence spells out, and one behind a colon.
const LISTED: usize = 12;
const CHOICES: usize = 20;

/// `x` in three significant digits: `8.32`, `0.25`, `1235`, `1.2e-5`, `3.4e8`.
///
/// Whole parts keep all their digits up to a million. The largest float stands for a statistic without a number of its
/// own, so it and the infinities read `infinite`; NaN reads `unknown`.
#[must_use]
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "unknown".to_owned();
    }
    if x.abs() == f64::MAX || x.is_infinite() {
        return if x > 0.0 { "infinite" } else { "-infinite" }.to_owned();
    }
    let size = x.abs();
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..999_999.5).contains(&size) {
        return trimmed_exponent(x, 2);
    }
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s if s >= 0.09995 => 3,
        s if s >= 0.009995 => 4,
        _ => 5,
    };
    trimmed(&format!("{x:.decimals$}"))
}

/// An error with its causes, each once, in one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

/// `text` as a sentence: a capital first, a full stop last; nothing stays nothing.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), chars.as_str())
}

/// A count with its thousands apart: `336,776`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `n` things: `1 feature`, `4 features`, `1,000 features`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Names in a sentence, of which a long list spells out the first twelve: `a`, `a and b`, `a, b and c`, `a, b, … and 988
/// more`.
#[must_use]
pub fn list<T: AsRef<str>>(names: &[T]) -> String {
    let (mut parts, rest) = bounded(names, LISTED);
    parts.extend(rest);
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// Names by what is to be said of them, in the order of the first of each: a table of ten thousand timestamps is one thing
/// to know.
#[must_use]
pub fn by_reason<'a>(names: impl Iterator<Item = (&'a str, String)>) -> Vec<(String, Vec<&'a str>)> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, reason) in names {
        let place = *places.entry(reason).or_insert_with_key(|reason| {
            reasons.push((reason.clone(), Vec::new()));
            reasons.len() - 1
        });
        if let Some((_, names)) = reasons.get_mut(place) {
            names.push(name);
        }
    }
    reasons
}

/// Names behind a colon, of which a long list spells out the first twenty: `a, b, c`, `a, b, … and 980 more`.
#[must_use]
pub fn choices<T: AsRef<str>>(names: &[T]) -> String {
    let (parts, rest) = bounded(names, CHOICES);
    let rest = rest.map(|rest| format!(" and {rest}")).unwrap_or_default();
    format!("{}{rest}", parts.join(", "))
}

/// The first `most` names, and how many more there are; one more is named as well, because that is no longer than to say
/// so.
fn bounded<T: AsRef<str>>(names: &[T], most: usize) -> (Vec<String>, Option<String>) {
    let shown = if names.len() > most + 1 { most } else { names.len() };
    let rest = names.len() - shown;
    let parts = names.iter().take(shown).map(|name| name.as_ref().to_owned()).collect();
    (parts, (rest > 0).then(|| format!("{} more", count(rest as u64))))
}

/// A share as a percentage: `31 %`, `3.1 %`, `0.04 %`. Only nothing at all is `0 %` and only everything is `100 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "unknown".to_owned();
    }
    let size = share.abs() * 100.0;
    let decimals = if size >= 9.95 || size == 0.0 { 0 } else { 1 + usize::from(size < 0.95) };
    let sign = if share < 0.0 { "-" } else { "" };
    if size > 0.0 && size < 0.005 {
        return if share < 0.0 { "> -0.01 %".to_owned() } else { "< 0.01 %".to_owned() };
    }
    if (99.5..100.0).contains(&size) {
        return if size < 99.99 { format!("{sign}{} %", floor_to(size, 2)) } else { format!("> {sign}99.99 %") };
    }
    format!("{sign}{} %", trimmed(&format!("{size:.decimals$}")))
}

/// Two shares as percentages that read differently unless they are (very nearly) equal: `10.2 %` and `10.4 %`.
#[must_use]
pub fn percents(before: f64, after: f64) -> (String, String) {
    let (short_before, short_after) = (percent(before), percent(after));
    if before == after || short_before != short_after {
        return (short_before, short_after);
    }
    (1..=MOST_DECIMALS)
        .map(|d| (format!("{:.d$} %", before * 100.0), format!("{:.d$} %", after * 100.0)))
        .find(|(b, a)| b != a)
        .unwrap_or((short_before, short_after))
}

/// A probability after its name: `q = 0.003`, `q = 1.2e-8`, `q < 1e-16`.
#[must_use]
pub fn probability(name: &str, p: f64) -> String {
    if p < SMALLEST_PROBABILITY { format!("{name} < 1e-16") } else { format!("{name} = {}", number(p)) }
}

/// One movement: `share of (80.6, 95] rose from 0 % to 31 %`.
#[must_use]
pub fn moved(movement: &Movement) -> String {
    let (before, after) = percents(movement.before, movement.after);
    let verb = if movement.after >= movement.before { "rose" } else { "fell" };
    format!("share of {} {verb} from {before} to {after}", name(&movement.label, LABEL))
}

/// The first `top` movements in one clause: `share of (80.6, 95] rose from 0 % to 31 % and of (-inf, 30] fell …`.
/// Empty when nothing moved.
#[must_use]
pub fn moved_sentence(movements: &[Movement], top: usize) -> String {
    let mut parts: Vec<String> = movements.iter().take(top).map(moved).collect();
    for part in parts.iter_mut().skip(1) {
        if let Some(rest) = part.strip_prefix("share ") {
            *part = rest.to_owned();
        }
    }
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// How many values are of another type, of which, and of which they should be: `72 of 72 values are text, no numbers`.
#[must_use]
pub fn mistyped(values: MistypedValues) -> String {
    let MistypedValues { kind, count: mistyped, of, types } = values;
    let expected = match kind {
        FeatureKind::Numeric => "numbers",
        FeatureKind::Categorical | FeatureKind::Presence => "single values",
    };
    let values = if of == 1 { "value is" } else { "values are" };
    let found = if types.total() == mistyped { types_of(types) } else { "of another type".to_owned() };
    format!("{} of {} {values} {found}, no {expected}", count(mistyped), count(of))
}

/// The types there are, the most frequent first: `text`, `lists and text`.
fn types_of(types: MistypedTypes) -> String {
    let MistypedTypes { texts, booleans, lists, objects } = types;
    let mut found = [(texts, "text"), (lists, "lists"), (objects, "objects"), (booleans, "booleans")];
    found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let names: Vec<&str> = found.into_iter().filter(|(count, _)| *count > 0).map(|(_, name)| name).collect();
    if names.is_empty() { "of another type".to_owned() } else { list(&names) }
}

/// A span of event time, half open: `2013-07-01 – 2013-07-08 (UTC)`, with hours only where they matter.
#[must_use]
pub fn span(start: EventTime, end: EventTime) -> String {
    format!("{} (UTC)", between(start, end))
}

/// The same on the clocks of a zone: `2024-03-04 – 2024-03-05 (Europe/Berlin, +01:00)`.
#[must_use]
pub fn span_in(zone: Zone, start: EventTime, end: EventTime) -> String {
    if zone.is_utc() {
        return span(start, end);
    }
    // The last instant of it: clocks that change where it ends have not changed within it.
    let last = EventTime::from_micros(end.as_micros().saturating_sub(1).max(start.as_micros()));
    let (from, to) = (offset(zone, start), offset(zone, last));
    let offsets = if from == to { from } else { format!("{from} to {to}") };
    format!("{} ({zone}, {offsets})", between(local(zone, start), local(zone, end)))
}

/// An instant on the clocks of a zone: `2024-03-04 06:00 UTC`, `2024-03-04 07:00 (Europe/Berlin, +01:00)`.
#[must_use]
pub fn instant_in(zone: Zone, at: EventTime) -> String {
    let text = minutes(&local(zone, at).to_string());
    if zone.is_utc() { format!("{text} UTC") } else { format!("{text} ({})", clocks(zone, at)) }
}

/// A zone and how far it is ahead of UTC at an instant: `Europe/Berlin, +01:00`.
#[must_use]
pub fn clocks(zone: Zone, at: EventTime) -> String {
    format!("{zone}, {}", offset(zone, at))
}

/// What the clocks of a zone show, as an instant that is written without its zone.
#[must_use]
pub fn local(zone: Zone, at: EventTime) -> EventTime {
    EventTime::from_micros(zone.local_at(at.as_micros()))
}

/// How far a zone is ahead of UTC: `+01:00`.
fn offset(zone: Zone, at: EventTime) -> String {
    let minutes = zone.offset_at(at.as_micros()) / 60_000_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

fn between(start: EventTime, end: EventTime) -> String {
    let (start, end) = (start.to_string(), end.to_string());
    if let (Some(start), Some(end)) = (start.strip_suffix("T00:00:00Z"), end.strip_suffix("T00:00:00Z")) {
        return format!("{start} – {end}");
    }
    let (start, end) = (minutes(&start), minutes(&end));
    match (start.split_once(' '), end.split_once(' ')) {
        (Some((day, _)), Some((same, hour))) if day == same => format!("{start} – {hour}"),
        _ => format!("{start} – {end}"),
    }
}

/// An instant of event or wall time as RFC 3339 text, for people: `2013-07-01 06:00`. Fractions of a second tell them
/// nothing.
#[must_use]
pub fn minutes(rfc3339: &str) -> String {
    let whole = rfc3339.split_once('.').map_or(rfc3339, |(whole, _)| whole);
    let text = whole.trim_end_matches('Z').replacen('T', " ", 1);
    text.strip_suffix(":00").filter(|t| t.contains(':')).map_or(text.clone(), str::to_owned)
}

/// A name given by somebody else, fit for one line: control characters become spaces, invisible characters that
/// reorder text are dropped, and a name of more than `most` characters loses its middle.
#[must_use]
pub fn name(text: &str, most: usize) -> String {
    // Four characters of room and a few more: enough to see that something was cut and where a name ends.
    let most = most.max(8);
    let mut chars: Vec<char> = text.chars().filter_map(harmless).collect();
    if chars.len() > most {
        let tail = most / 3;
        let end = chars.split_off(chars.len() - tail);
        chars.truncate(most - tail - 1);
        chars.push('…');
        chars.extend(end);
    }
    let text: String = chars.into_iter().collect();
    let text = text.trim();
    if text.is_empty() { "(blank)".to_owned() } else { text.to_owned() }
}

/// Text of strangers that is fit for a terminal, uncut: control characters become spaces, and invisible characters that
/// reorder text are dropped, so that nothing in it moves the cursor, changes the title or hides what stands beside it.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().filter_map(harmless).collect()
}

fn harmless(c: char) -> Option<char> {
    match c {
        '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}' => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    }
}

/// Digits behind the point that say nothing go.
fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

fn trimmed_exponent(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => text,
    }
}

fn floor_to(x: f64, decimals: i32) -> f64 {
    let scale = 10.0_f64.powi(decimals);
    (x * scale).floor() / scale
}
