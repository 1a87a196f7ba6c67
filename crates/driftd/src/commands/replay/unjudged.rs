//! What of a replay no window has judged, and why: a day on which nothing was judged must not look like a good one.

use std::fmt::Write;

use driftd_model::{Monitor, MonitorPlan, Outcome, ReadStore, Sealed, Verdict, WindowResult, evaluate_range, words};
use driftd_window::{EventTime, WindowSpec};

use super::Walked;
use crate::commands::routes::NO_BUDGET;
use crate::terminal::outcome_word;

/// Features of an open window that are named.
const WORST: usize = 5;

/// Windows of the whole population that a replay came to the end of.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    windows: u64,
    /// Those of which nothing can be said.
    without: u64,
    /// Why, of the first feature of the first of them.
    why: Option<String>,
    /// First instant of the first of them, and first instant after the last.
    stretch: Option<(EventTime, EventTime)>,
}

/// The end of what was read, as far as no window has judged it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tail {
    /// Up to where everything is counted.
    counted_to: EventTime,
    /// Records of which open windows wait for more.
    rows: u64,
    /// The first instant that no window but the open ones has judged.
    since: EventTime,
    /// Windows that are not open have judged them all the same, shorter ones.
    is_judged_in_part: bool,
    /// The windows that hold them, with start and end.
    open: Vec<OpenWindow>,
}

#[derive(Clone, Debug, PartialEq)]
struct OpenWindow {
    spec: WindowSpec,
    start: EventTime,
    end: EventTime,
}

impl Verdicts {
    /// Notes the windows that ended with a step.
    pub(super) fn see(&mut self, sealed: &Sealed) {
        for window in sealed.outcome.windows_of_records().filter(|window| window.segment.is_all()) {
            self.windows += 1;
            let (from, to) = self.stretch.unwrap_or((window.start, window.window.end));
            self.stretch = Some((from.min(window.start), to.max(window.window.end)));
            if matches!(window.outcome, Outcome::NotComparable | Outcome::InsufficientData) {
                self.without += 1;
                let reason = window.verdicts.iter().find_map(|v| Some((v.feature.as_str(), v.reason.as_ref()?)));
                self.why = self
                    .why
                    .take()
                    .or_else(|| reason.map(|(feature, reason)| format!("{}: {reason}", words::name(feature, 60))));
            }
        }
    }

    /// What is to be said of windows without a verdict, if there are any.
    pub(super) fn note(&self) -> Option<String> {
        let why = self.why.as_deref().map_or_else(String::new, |why| format!(" ({why})"));
        let of = words::counted(self.windows, "window", "windows");
        (self.without > 0).then(|| format!("of {of}, {} could not be judged{why}", words::count(self.without)))
    }

    /// How many incidents healthy data would open over what was judged, at most.
    pub(super) fn on_healthy_data(&self, monitor: &Monitor) -> Option<String> {
        let (from, to) = self.stretch?;
        let over = driftd_notify::roughly(to.since(from));
        let Some(interval) = monitor.false_alarm_interval() else {
            return Some(format!("on healthy data {NO_BUDGET}"));
        };
        let allowed = match to.since(from).as_secs_f64() / interval.as_secs_f64() {
            few if few < 0.01 => "fewer than 0.01 incidents".to_owned(),
            most => format!("at most {} incidents", words::number((most * 100.0).round() / 100.0)),
        };
        Some(format!(
            "healthy data would open {allowed} of drift and data quality in these {over}, on average \
             (false_alarms = \"{}\")",
            monitor.false_alarms
        ))
    }

    fn has_any(&self) -> bool {
        self.windows > self.without
    }
}

impl Tail {
    /// What the store holds of the monitor that no window has judged, or none but shorter ones; nothing where there is
    /// nothing.
    pub(super) async fn of(store: &dyn ReadStore, monitor: &Monitor) -> anyhow::Result<Option<Self>> {
        let Some(counted_to) = store.sealed_through(&monitor.id).await? else { return Ok(None) };
        let mut ends: Vec<EventTime> = monitor.windows.iter().map(|window| window.last_end(counted_to)).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        ends.dedup();
        let latest = ends.first().copied();
        for since in ends {
            let panes = store.sealed_panes(&monitor.id, since, counted_to).await?;
            let rows = panes.iter().map(|pane| pane.rows).sum();
            if rows > 0 {
                let open = monitor.windows.iter().filter(|window| window.last_end(counted_to) <= since).map(|spec| {
                    let end = spec.next_end(counted_to);
                    OpenWindow { spec: spec.clone(), start: spec.start_of(end), end }
                });
                let is_judged_in_part = Some(since) != latest;
                return Ok(Some(Self { counted_to, rows, since, is_judged_in_part, open: open.collect() }));
            }
        }
        Ok(None)
    }

    /// That they are not judged yet, and what would judge them.
    pub(super) fn note(&self) -> String {
        let windows = self.open.iter().map(|window| {
            let (name, zone) = (window.spec.name().as_str(), window.spec.zone());
            let end = if zone.is_utc() { at(window.end) } else { words::instant_in(zone, window.end) };
            format!("window {name:?} is open until {end}")
        });
        format!(
            "{} {}, from {} to {} (UTC): {}; --partial judges it as far as it goes",
            words::counted(self.rows, "record", "records"),
            if self.is_judged_in_part { "judged in shorter windows only" } else { "not judged yet" },
            at(self.since),
            at(self.counted_to),
            windows.collect::<Vec<_>>().join(", "),
        )
    }

    /// The open windows, judged on what they hold so far. Nothing of it is stored, and it opens no incident.
    pub(super) async fn judge(&self, store: &dyn ReadStore, plan: &MonitorPlan) -> anyhow::Result<String> {
        let mut text = String::new();
        for window in &self.open {
            let panes = store.sealed_panes(&plan.monitor().id, window.start, self.counted_to).await?;
            for result in evaluate_range(plan, window.start, self.counted_to, &panes) {
                text.push_str(&self.described(window, &result));
            }
        }
        Ok(text)
    }

    fn described(&self, window: &OpenWindow, result: &WindowResult) -> String {
        let segment = if result.segment.is_all() { String::new() } else { format!(", segment {}", result.segment) };
        let mut text = format!(
            "open window {:?}, {}, judged as far as it goes, to {}{segment}: {} ({})\n",
            window.spec.name().as_str(),
            words::span_in(window.spec.zone(), window.start, window.end),
            at(self.counted_to),
            outcome_word(result.outcome),
            words::counted(result.rows, "record", "records"),
        );
        let mut notable: Vec<&Verdict> = result.verdicts.iter().filter(|v| v.outcome != Outcome::Stable).collect();
        notable.sort_by(|a, b| Verdict::worst_first(a, b));
        for verdict in notable.iter().take(WORST) {
            let said = match (&verdict.reason, verdict.leading_score()) {
                (Some(reason), _) => reason.to_string(),
                (None, Some(score)) => {
                    let value = score.value.map_or_else(|| "infinite".to_owned(), words::number);
                    format!("{} {value}; {}", score.statistic.name(), words::moved_sentence(&verdict.moved, 1))
                }
                (None, None) => String::new(),
            };
            let said = said.trim_end_matches("; ");
            let name = words::name(verdict.feature.as_str(), 60);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {name}  {}  {said}", outcome_word(verdict.outcome));
        }
        text
    }
}

/// What is to be said of records whose event times were not read, where others' were.
pub(super) fn unread_note(walked: &Walked) -> Option<String> {
    let unread = walked.uncounted.unread();
    let rows = words::counted(unread.rows, "record", "records");
    Some(format!("{rows} with an event time that is none, such as {:?}", unread.first?))
}

/// Why nothing was judged although records were read; nothing where something was, or where all of them had been counted
/// before. `frontier` is up to where the monitor was sealed before.
pub(super) fn nothing_judged(
    plan: &MonitorPlan,
    walked: &Walked,
    files: &str,
    frontier: Option<EventTime>,
    tail: Option<&Tail>,
) -> Option<String> {
    let (summary, monitor) = (&walked.summary, plan.monitor());
    let accepted = summary.account.rows.accepted;
    if walked.verdicts.has_any() || (accepted == 0 && summary.skipped > 0) {
        return None;
    }
    let of_others = walked.uncounted.of_others();
    if accepted == 0 && of_others > 0 && summary.account.rows.rejected() == 0 && !walked.uncounted.has_rejects() {
        return Some(format!(
            "nothing was judged: all {} of {files} are of other models or versions than monitor {} counts: look at its \
             filter",
            words::counted(of_others, "record", "records"),
            monitor.id,
        ));
    }
    if accepted == 0 {
        return Some(format!("nothing was judged: no record of {files} {}", no_time(plan, walked)));
    }
    if let Some(note) = walked.verdicts.note() {
        return Some(format!("nothing was judged: {note}"));
    }
    if summary.late >= accepted
        && let Some(frontier) = frontier
    {
        let id = &monitor.id;
        return Some(format!(
            "nothing was judged: all {} are late, older than {} (UTC), up to where monitor {id} is sealed; they were \
             counted as late. What is older is judged apart: under another name with --as {id}-history, or with \
             --dry-run, which stores nothing",
            words::counted(summary.late, "record", "records"),
            at(frontier),
        ));
    }
    let tail = tail.map_or_else(|| "no window has ended".to_owned(), Tail::note);
    Some(format!("nothing was judged: {tail}"))
}

/// Why no record has a usable event time.
fn no_time(plan: &MonitorPlan, walked: &Walked) -> String {
    let (monitor, rows) = (plan.monitor(), walked.summary.account.rows);
    let place = monitor.shape.event_time.as_str();
    let mut reasons = Vec::new();
    if rows.too_old > 0 {
        let oldest = at(monitor.oldest);
        reasons
            .push(format!("{} lie before {oldest}, the oldest that can be meant (oldest)", words::count(rows.too_old)));
    }
    if rows.in_future > 0 {
        let skew = monitor.max_future_skew;
        reasons.push(format!("{} lie more than {skew} in the future (max_future_skew)", words::count(rows.in_future)));
    }
    let unread = walked.uncounted.unread();
    if let Some(first) = &unread.first {
        let expected = monitor.shape.times.expected();
        reasons.push(format!("{} are none, such as {first:?}: {expected}", words::count(unread.rows)));
    }
    let missing = rows.without_time.saturating_sub(unread.rows);
    if missing > 0 {
        reasons.push(format!("{} have none", words::count(missing)));
    }
    if walked.uncounted.has_bad_times() {
        reasons.push(monitor.shape.times.expected());
    }
    let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    format!(
        "has a usable event time: check the file, or event_time of monitor {} (it reads {place}){reasons}",
        monitor.id
    )
}

/// An instant as a sentence has it: `2024-03-04`, `2024-03-04 20:00`.
fn at(at: EventTime) -> String {
    let text = at.to_string();
    text.strip_suffix("T00:00:00Z").map_or_else(|| words::minutes(&text), str::to_owned)
}
