//! What the demo tells: months, incidents, and where to go on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use driftd_engine::ReplaySummary;
use driftd_model::{
    FeatureName, Incident, IncidentKind, IncidentState, MonitorPlan, Outcome, Score, Severity, Store, StoredBaseline,
    Verdict, evaluate_range, words,
};
use driftd_window::{EventTime, Span, Timestamp, WindowSpec};

use crate::commands::replay;
use crate::terminal::{Stream, Table, colour, outcome_word};

/// Features a month names.
const WORST: usize = 3;
/// Incidents that are told.
const TOLD: usize = 10;
/// February to December.
const REPLAYED_DAYS: f64 = 334.0;

pub(super) fn opening() -> String {
    "Every domestic flight that left New York City in 2013, as two delay models saw it. They were trained on January;\n\
     driftd freezes January as the baseline and replays February to December in event-time order: every day is\n\
     held against it, with every feature, both predictions and the label, and may differ as much as the days of January\n\
     differ. One monitor watches flights and predictions, another the weather that goes into one of the models."
        .to_owned()
}

pub(super) fn baseline(stored: &StoredBaseline) -> String {
    format!(
        "Baseline {} ({}): {} flights, {} columns.",
        stored.reference,
        stored.hash.short(),
        words::count(stored.baseline.rows),
        stored.baseline.features.len(),
    )
}

/// What a replay came to, in one line.
pub(super) fn replayed(plan: &MonitorPlan, summary: &ReplaySummary, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let rate = summary.account.rows.accepted as f64 / seconds.max(1e-9);
    let monitor = &plan.monitor().id;
    format!(
        "Monitor {monitor}: {} in {seconds:.1} s ({} records/s).",
        replay::account(summary),
        words::count(rate as u64)
    )
}

/// A month of a monitor, day by day.
#[derive(Default)]
struct Month {
    rows: u64,
    judged_days: usize,
    bad_days: usize,
    drifted: BTreeMap<FeatureName, Drifted>,
}

/// A feature that drifted on some days of a month.
struct Drifted {
    days: usize,
    /// The first instant of its worst day, and what was said of it then.
    worst: (EventTime, Verdict),
}

impl Month {
    /// The month whose first day begins at or after `start`, up to the one that begins at or after `end`.
    async fn of(store: &dyn Store, plan: &MonitorPlan, start: EventTime, end: EventTime) -> anyhow::Result<Self> {
        let mut month = Self::default();
        let Some(spec) = plan.monitor().windows.first() else { return Ok(month) };
        let instant = Span::from_micros(1).unwrap_or(Span::ZERO);
        let [start, end] = [start, end].map(|first| spec.next_end(first.minus(instant)));
        let panes = store.sealed_panes(&plan.monitor().id, start, end).await?;
        for (from, to) in days_of(spec, start, end) {
            let results = evaluate_range(plan, from, to, &panes);
            let Some(day) = results.into_iter().find(|result| result.segment.is_all()) else {
                continue;
            };
            month.rows += day.rows;
            month.judged_days += usize::from(day.outcome >= Outcome::Stable);
            month.bad_days += usize::from(day.outcome.is_bad());
            for verdict in day.verdicts.into_iter().filter(|verdict| verdict.outcome.is_bad()) {
                month.add(from, verdict);
            }
        }
        Ok(month)
    }

    fn add(&mut self, day: EventTime, verdict: Verdict) {
        match self.drifted.get_mut(&verdict.feature) {
            None => {
                self.drifted.insert(verdict.feature.clone(), Drifted { days: 1, worst: (day, verdict) });
            }
            Some(known) => {
                known.days += 1;
                if Verdict::worst_first(&verdict, &known.worst.1).is_lt() {
                    known.worst = (day, verdict);
                }
            }
        }
    }

    /// Its features, those that drifted most often first.
    fn most_often(self) -> Vec<Drifted> {
        let mut drifted: Vec<Drifted> = self.drifted.into_values().collect();
        drifted.sort_by(|a, b| b.days.cmp(&a.days).then_with(|| Verdict::worst_first(&a.worst.1, &b.worst.1)));
        drifted
    }
}

/// The features that drifted on single days of every month, computed afterwards from the stored histograms: no raw data
/// is read again.
pub(super) async fn months(store: &dyn Store, plans: &[MonitorPlan]) -> anyhow::Result<String> {
    let header =
        ["month", "flights", "monitor", "bad days", "feature", "on", "worst day", "healthy shows", "what moved"];
    let mut table = Table::new(&header, &[1, 3, 5]);
    for number in 2..=12 {
        let (start, end) = (first_of(2013, number)?, first_of(2013, number + 1)?);
        let mut name = Some(month_name(number).to_owned());
        for plan in plans {
            let monitor = &plan.monitor().id;
            let month = Month::of(store, plan, start, end).await?;
            let flights = if name.is_some() { words::count(month.rows) } else { String::new() };
            let bad = format!("{} of {}", month.bad_days, month.judged_days);
            let mut left = [name.take().unwrap_or_default(), flights, monitor.to_string(), bad];
            if month.drifted.is_empty() {
                table.row(left.into_iter().chain(["–".to_owned()]));
                continue;
            }
            for feature in month.most_often().iter().take(WORST) {
                table.row(std::mem::take(&mut left).into_iter().chain(feature_cells(feature)));
            }
        }
    }
    let title = format!(
        "What drifted, month by month: the {WORST} features of each monitor that were beyond January's own days most often,\n\
         with their worst day and what a healthy day would have shown, computed from the stored histograms."
    );
    Ok(format!("{title}\n\n{}\n{}", colour(&table.text(), Stream::Out.is_coloured()), caveat()))
}

/// What January cannot know.
fn caveat() -> String {
    "These are single days; small changes that last are not in the table but among the incidents.\n\
     January is 31 days of one winter. What differs from it no more than its own days differ from each other is healthy;\n\
     a season that it never saw is drift, however usual it is for the time of the year."
        .to_owned()
}

/// The days in [`start`, `end`), midnights of the window shape's own clock.
fn days_of(spec: &WindowSpec, start: EventTime, end: EventTime) -> Vec<(EventTime, EventTime)> {
    let ends = std::iter::successors(Some(spec.next_end(start)), |end| Some(spec.next_end(*end)));
    ends.take_while(|day| *day <= end).map(|day| (spec.start_of(day), day)).collect()
}

fn feature_cells(drifted: &Drifted) -> [String; 5] {
    let (day, verdict) = &drifted.worst;
    let score = verdict.leading_score();
    // Of a share its own change says more than the bins of what is left.
    let share = score.and_then(|s| s.statistic.definition().scale.shares(s.value?, s.baseline_share));
    let bin = || verdict.moved.first().map(|m| (m.label.as_str(), m.before, m.after));
    let moved = share.or_else(bin).map_or_else(String::new, |(what, before, after)| {
        let (before, after) = words::percents(before, after);
        unbroken(&format!("{} {before} → {after}", words::name(what, 40)))
    });
    let date = day.to_string().chars().skip(5).take(5).collect::<String>();
    [
        verdict.feature.to_string(),
        format!("{} d", drifted.days),
        score.map_or_else(String::new, |s| {
            let value = s.value.map_or_else(|| "infinite".to_owned(), words::number);
            format!("{date} {} {value} {}", s.statistic.name(), outcome_word(verdict.outcome))
        }),
        score.and_then(|s: &Score| s.expected).map_or_else(String::new, words::number),
        moved,
    ]
}

/// Text whose line is only broken after the label: `10 %` on two lines is hard to read.
fn unbroken(moved: &str) -> String {
    moved.replace(" %", "\u{a0}%").replace(" → ", "\u{a0}→\u{a0}")
}

/// The incidents of the year against the budget, and the worst of them in one sentence each.
pub(super) async fn incidents(store: &dyn Store, plans: &[MonitorPlan]) -> anyhow::Result<String> {
    let mut found = Vec::new();
    for row in store.incidents(None).await? {
        found.extend(store.incident(&row.incident_id).await?.map(|(incident, _)| incident));
    }
    let is_counted =
        |incident: &&Incident| matches!(incident.key.kind, IncidentKind::Drift | IncidentKind::DataQuality);
    let (all, counted) = (found.len(), found.iter().filter(is_counted).count());
    let worst = |incident: &Incident| incident.worst_features().first().map_or(0.0, |worst| worst.weight());
    found.sort_by(|a, b| {
        let by_state = |incident: &Incident| (incident.severity, incident.is_firing());
        by_state(b).cmp(&by_state(a)).then_with(|| worst(b).total_cmp(&worst(a)))
    });
    found.truncate(TOLD);
    found.sort_by_key(|incident| incident.opened_at.unwrap_or(Timestamp::from_micros(i64::MAX)));
    let mut text = format!(
        "{all} incidents, {counted} of them of drift and data quality{}.\nThe worst {}, each in one sentence:\n",
        budget(plans),
        found.len()
    );
    for incident in found {
        let outcome = match incident.severity {
            Severity::Critical => outcome_word(Outcome::Critical),
            Severity::Warning => outcome_word(Outcome::Warning),
            Severity::Info => "○ info",
        };
        let day = |t: Option<Timestamp>| t.map(|t| t.to_string().chars().take(10).collect::<String>());
        let life = match (incident.state, day(incident.opened_at), day(incident.resolved_at)) {
            (IncidentState::Pending, ..) => "pending".to_owned(),
            (_, Some(opened), Some(resolved)) => format!("opened {opened}, resolved {resolved}"),
            (_, Some(opened), None) => format!("opened {opened}, still {}", incident.state),
            (_, None, _) => incident.state.to_string(),
        };
        let _ = writeln!(
            text,
            "\n  {}  {outcome}  {}  {life}\n      {}",
            incident.id,
            incident.key.kind,
            driftd_notify::incident_sentence(&incident),
        );
    }
    Ok(colour(&text, Stream::Out.is_coloured()))
}

/// What of them would be chance.
fn budget(plans: &[MonitorPlan]) -> String {
    let interval = plans.first().and_then(|plan| plan.monitor().false_alarm_interval());
    interval.map_or_else(String::new, |interval| {
        let most = words::number((REPLAYED_DAYS * 86_400.0 / interval.as_secs_f64() * 10.0).round() / 10.0);
        let once = driftd_notify::roughly(interval);
        format!(", where days like January's would have opened {most} a monitor at most (false alarms: once in {once})")
    })
}

pub(super) fn closing(store: &Path, delivered: u64, took: Duration) -> String {
    let path = store.display();
    let config = if path.to_string() == "driftd-demo.db" {
        "--config examples/flights/driftd.toml".to_owned()
    } else {
        "--config examples/flights/driftd.toml   (with DRIFTD__STORE__URL naming this store)".to_owned()
    };
    format!(
        "{delivered} notifications went through the outbox. Done in {:.1} s; everything is in {path}:\n\
         \n  driftd history flight-delay --feature dep_delay --statistic psi {config}\
         \n  driftd incidents list {config}\
         \n  driftd incidents show ID {config}",
        took.as_secs_f64(),
    )
}

/// Where what is in the store can be looked at.
pub(super) fn shown_at(addresses: &[SocketAddr]) -> String {
    let pages: Vec<String> = addresses.iter().map(|address| format!("http://{address}/")).collect();
    format!("\nThe dashboard: {}   (Ctrl-C ends it)", pages.join(", "))
}

/// The first instant of a month in UTC; month 13 is next January.
fn first_of(year: i32, month: u32) -> anyhow::Result<EventTime> {
    let (year, month) = if month > 12 { (year + 1, month - 12) } else { (year, month) };
    Ok(format!("{year}-{month:02}-01").parse()?)
}

fn month_name(month: u32) -> &'static str {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES.get(month as usize - 1).copied().unwrap_or("?")
}
