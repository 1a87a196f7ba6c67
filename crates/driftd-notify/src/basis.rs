//! What a verdict rests on, in words: what healthy windows show, how rarely a healthy monitor would say as much, and how
//! the window compares with another one.

use driftd_model::{Evidence, HealthyWindows, Incident, Reference, ReferenceScore, words};
use driftd_stats::{DriftStatistic, Rung, Scale};
use driftd_window::{EventTime, Span};

/// Nobody counts on more.
const LONGEST: i64 = 100 * YEAR;
const DAY: i64 = 86_400_000_000;
const YEAR: i64 = 365 * DAY;
/// Healthy variation from which on single windows say next to nothing.
const LARGE: f64 = 20.0;
/// Comparisons of so many times the rows that were learnt from are extrapolated.
const FAR: f64 = 3.0;

/// What the worst feature's verdict rests on, in a few sentences; nothing where it is not known.
#[must_use]
pub fn basis(incident: &Incident) -> Option<String> {
    let evidence = *incident.worst_features().first()?;
    let (_, start, end) = &incident.last_window;
    let sentences = [healthy(evidence), rarity(evidence), against(evidence, *start, *end), limits(evidence)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// `A healthy window of 213 rows shows 0.05 (learnt from 60 days of the baseline; …).`
fn healthy(evidence: &Evidence) -> Option<String> {
    let expected = evidence.expected?;
    let basis = assumption(evidence);
    if evidence.statistic == DriftStatistic::Lasting {
        let net = evidence.net.map_or_else(String::new, |net| format!(", net {}", words::number(net)));
        let rows = words::counted(evidence.m, "effective row", "effective rows");
        let value = words::number(evidence.value);
        return Some(format!("Small and lasting: over about 15 windows PSI {value} ({rows}){net} ({basis})."));
    }
    let rows = words::counted(evidence.m, "row", "rows");
    Some(format!("A healthy window of {rows} shows {} ({basis}).", figure(evidence.statistic, expected)))
}

/// What healthy windows are taken to be.
fn assumption(evidence: &Evidence) -> String {
    let Some(HealthyWindows { phi, windows, length, .. }) = evidence.healthy else {
        return "the baseline does not tell how much healthy windows differ: its rows are taken for exchangeable with \
                the traffic"
            .to_owned();
    };
    let (one, many) = names(length);
    let times = words::number(phi);
    let learnt = format!("learnt from {} of the baseline", words::counted(u64::from(windows), one, many));
    if phi > 1.0 {
        format!("{learnt}; healthy {many} differ {times} times as much as chance alone")
    } else {
        format!("{learnt}; healthy {many} differ no more than chance does")
    }
}

const fn names(length: Rung) -> (&'static str, &'static str) {
    match length {
        Rung::QuarterHour => ("quarter of an hour", "quarters of an hour"),
        Rung::Hour => ("hour", "hours"),
        Rung::SixHours => ("stretch of six hours", "stretches of six hours"),
        Rung::Day => ("day", "days"),
        Rung::Week => ("week", "weeks"),
        Rung::FourWeeks => ("stretch of four weeks", "stretches of four weeks"),
    }
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

/// `Last Tuesday: PSI 0.04.`
fn against(evidence: &Evidence, start: EventTime, end: EventTime) -> Option<String> {
    let said = |score: &ReferenceScore| {
        let name = evidence.statistic.name();
        format!("{}: {name} {}.", when(score.reference, start, end), figure(evidence.statistic, score.value))
    };
    let sentences: Vec<String> = evidence.references.iter().map(said).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn when(reference: Reference, start: EventTime, end: EventTime) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let length = end.since(start).as_micros();
    match reference {
        Reference::Previous => "The window before".to_owned(),
        Reference::Day => "A day earlier".to_owned(),
        Reference::Week if length > 25 * DAY / 24 => "A week earlier".to_owned(),
        // By its middle, so that a day of any zone has the name that it has there. 1970-01-01 was a Thursday.
        Reference::Week => {
            let middle = start.as_micros().saturating_add(length / 2);
            let weekday = (middle.div_euclid(DAY) + 3).rem_euclid(7);
            let name = usize::try_from(weekday).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
            if length < DAY { format!("Last {name} at that time") } else { format!("Last {name}") }
        }
    }
}

/// What this baseline cannot tell.
fn limits(evidence: &Evidence) -> Option<String> {
    let HealthyWindows { phi, size, .. } = evidence.healthy?;
    let (n, m) = (evidence.n as f64, evidence.m as f64);
    let mut limits = Vec::new();
    if n * m / (n + m) > FAR * size {
        limits.push(format!("Extrapolated from windows of about {} rows.", words::count(size.round() as u64)));
    }
    if phi > LARGE && evidence.statistic != DriftStatistic::Lasting {
        limits.push(
            "Healthy windows of this length differ so much that only their lasting change can be found: longer windows, \
             or out_of_range and wasserstein, see more."
                .to_owned(),
        );
    }
    (!limits.is_empty()).then(|| limits.join(" "))
}

/// A value of a statistic as it is held against thresholds.
fn figure(statistic: DriftStatistic, value: f64) -> String {
    match statistic.definition().scale {
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
