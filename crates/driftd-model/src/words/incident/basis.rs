//! What a verdict rests on, in words: what healthy windows show, how rarely a healthy monitor would say as much, and how
//! the window compares with another one.

use driftd_stats::{Basis, DriftStatistic, Scale};
use driftd_window::{EventTime, Span};

use crate::{Cause, Evidence, Incident, Reference, ReferenceScore, words};

/// Nobody counts on more.
const LONGEST: i64 = 100 * YEAR;
const DAY: i64 = 86_400_000_000;
const YEAR: i64 = 365 * DAY;

/// What the worst feature's verdict rests on, in a few sentences; nothing where it is not known.
#[must_use]
pub fn basis(incident: &Incident) -> Option<String> {
    if let Some(what_to_do) = incident.causes.iter().find_map(what_to_do) {
        return Some(what_to_do.to_owned());
    }
    let evidence = *incident.worst_features().first()?;
    let sentences = [healthy(evidence), rarity(evidence), against(evidence, incident), limits(evidence)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// What to do about a cause that does not say it itself.
const fn what_to_do(cause: &Cause) -> Option<&'static str> {
    use crate::FetchFailure::{Denied, Refused, UnreadableBatch};
    match cause {
        Cause::OverBudget { .. } => Some(
            "Either its population keeps changing, or its baseline knows too little of what is healthy: build it from a \
             longer stretch, or allow more by false_alarms.",
        ),
        Cause::Standstill { .. } => Some(
            "A window is complete only with all partitions: does another deployment with a store of its own use the same \
             kafka.group? Give each a group of its own.",
        ),
        Cause::Uncounted { .. } => Some(
            "A window is complete only if every partition is counted for the monitor: give all workers of this store and \
             kafka.group the same configuration.",
        ),
        Cause::Unread { failure: Denied, .. } => {
            Some("Grant the user that driftd connects as READ on the topic: it goes on by itself.")
        }
        Cause::Unread { failure: UnreadableBatch, .. } => Some(
            "The batch is damaged, or does not decompress: have records up to it deleted (kafka-delete-records), or set \
             kafka.unreadable_batch = \"skip\".",
        ),
        Cause::Unread { failure: Refused, .. } => {
            Some("Nothing after that offset is counted meanwhile: look at the topic, and at the broker's log.")
        }
        Cause::Lost { .. } => Some(
            "Windows of that time lack these records. Is driftd up all the time, and fast enough (driftd_consumer_lag_records)? \
             Else raise the topic's retention.ms or retention.bytes.",
        ),
        Cause::Skipped { .. } => Some("Windows of that time lack these records: look at who produces such batches."),
        Cause::Renewed { .. } => Some(
            "The topic was deleted and made anew, or lost its end in an unclean election; in the latter case records may be \
             counted twice.",
        ),
        _ => None,
    }
}

/// `A healthy window of 213 rows shows 0.05 (learnt from 60 days of the baseline; …).`
fn healthy(evidence: &Evidence) -> Option<String> {
    let expected = evidence.expected?;
    let rests_on = rests_on(evidence);
    if evidence.statistic == DriftStatistic::Lasting {
        let net = evidence.net.map_or_else(String::new, |net| format!(", net {}", words::number(net)));
        let rows = words::counted(evidence.m, "effective row", "effective rows");
        let value = words::number(evidence.value);
        return Some(format!("Small and lasting: over about 15 windows PSI {value} ({rows}){net}{rests_on}."));
    }
    let definition = evidence.statistic.definition();
    // Of a share its effect is what exceeds the expected one already.
    let shown = match definition.scale {
        Scale::Share { .. } => expected + evidence.baseline_share.unwrap_or(0.0),
        _ => expected,
    };
    // Usable values are no measure of a window in which they are what is missing.
    let rows = match definition.basis {
        Basis::Usable => format!(" of {}", words::counted(evidence.m, "row", "rows")),
        Basis::Numbers | Basis::Rows => String::new(),
    };
    Some(format!("A healthy window{rows} shows {}{rests_on}.", figure(definition.scale, shown)))
}

/// What healthy windows are taken to be, in brackets.
fn rests_on(evidence: &Evidence) -> String {
    let vary = evidence.healthy.map(|healthy| words::healthy::vary(healthy.length, healthy.phi));
    let parts: Vec<String> = evidence.rests_on.clone().into_iter().chain(vary).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

/// `Seen on a healthy monitor about once in 9 years (budget: once in 90 days).`
fn rarity(evidence: &Evidence) -> Option<String> {
    let rarity = evidence.rarity?;
    let often = match rarity.once_in.as_micros() {
        LONGEST.. => "less than once in 100 years".to_owned(),
        _ => format!("about once in {}", roughly(rarity.once_in)),
    };
    Some(format!("Seen on a healthy monitor {often} (budget: once in {}).", roughly(rarity.budget)))
}

/// A length of time in its largest unit: `9 years`, `90 days`, `5 hours`.
#[must_use]
pub fn roughly(span: Span) -> String {
    let micros = span.as_micros();
    let of = |unit: i64, one: &str, many: &str| {
        let count = (micros + unit / 2).div_euclid(unit).max(1);
        words::counted(count.unsigned_abs(), one, many)
    };
    match micros {
        m if m >= 2 * YEAR => of(YEAR, "year", "years"),
        m if m >= 2 * DAY => of(DAY, "day", "days"),
        m if m >= 2 * DAY / 24 => of(DAY / 24, "hour", "hours"),
        _ => of(DAY / 1440, "minute", "minutes"),
    }
}

/// `Against last Tuesday: PSI 0.04.`
fn against(evidence: &Evidence, incident: &Incident) -> Option<String> {
    let (_, start, end) = incident.last_window;
    // What was worst some windows ago was not compared with last Tuesday.
    let window = evidence.window.filter(|window| *window == (start, end));
    let said = |score: &ReferenceScore| {
        let scale = match evidence.statistic.definition().scale {
            // Both windows have new values: the figure is a change, not a share.
            Scale::Share { .. } => Scale::Change { share: "" },
            scale => scale,
        };
        let name = evidence.statistic.name();
        format!("Against {}: {name} {}.", when(score.reference, window), figure(scale, score.value))
    };
    let sentences: Vec<String> = evidence.references.iter().map(said).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn when(reference: Reference, window: Option<(EventTime, EventTime)>) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    match (reference, window) {
        (Reference::Previous, _) => "the window before".to_owned(),
        (Reference::Day, _) => "the window a day earlier".to_owned(),
        // A day of summer time may be an hour longer.
        (Reference::Week, Some((start, end))) if end.since(start).as_micros() <= 25 * DAY / 24 => {
            let length = end.since(start).as_micros();
            // By its middle, so that a day of any zone has the name that it has there. 1970-01-01 was a Thursday.
            let middle = start.as_micros().saturating_add(length / 2);
            let weekday = (middle.div_euclid(DAY) + 3).rem_euclid(7);
            let name = usize::try_from(weekday).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
            if length < DAY { format!("last {name} at that time") } else { format!("last {name}") }
        }
        (Reference::Week, _) => "the window a week earlier".to_owned(),
    }
}

/// What windows of this length cannot tell.
fn limits(evidence: &Evidence) -> Option<String> {
    let healthy = evidence.healthy.filter(|_| evidence.statistic != DriftStatistic::Lasting)?;
    words::healthy::too_loud(healthy.phi).map(words::sentence)
}

/// A value as it is held against thresholds.
fn figure(scale: Scale, value: f64) -> String {
    match scale {
        Scale::Change { .. } | Scale::Growth { .. } => format!("{:+} points", (value * 10_000.0).round() / 100.0),
        Scale::Share { .. } => words::percent(value),
        Scale::Distance => format!("{} standard deviations", words::number(value)),
        Scale::Number => words::number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_in_its_largest_unit() {
        let said = |text: &str| roughly(text.parse().unwrap());
        let texts = ["90d", "400d", "3285d", "36h", "90m", "10m", "1s"].map(said);
        insta::assert_snapshot!(texts.join(", "), @"90 days, 400 days, 9 years, 36 hours, 90 minutes, 10 minutes, 1 minute");
    }
}
