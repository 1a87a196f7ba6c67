//! False alarms on healthy streams and delays on drifting ones, of driftd and of the rules that other tools judge by, on
//! the same windows.
//!
//! `cargo bench --workspace --bench false_alarms`. driftd's windows go through the evaluation that a seal calls, memory
//! and incidents included; what is counted is what somebody would have been called for. The other rules are counted in
//! windows with any alarm, since each of them would have called. They are written down here from their documentation,
//! not run: single thresholds, PSI > 0.2 and KS p < 0.05; Evidently's default for numbers (Wasserstein distance of at
//! least 0.1 standard deviations) for one column and for half of them; and NannyML's (Jensen-Shannon distance beyond
//! three standard deviations over the mean of the reference's own chunks), on driftd's bins.

use driftd_benches::random::Random;
use driftd_benches::report::{headline, note, table};
use driftd_model::{SealOutcome, Verdict};
use driftd_stats::DriftStatistic;
use driftd_testkit::alarm_stream::{AlarmStream, StreamRules, opened};
use driftd_window::Span;

/// Rows of a baseline.
const BASELINE: usize = 10_000;
/// Windows of a baseline; then another one is drawn, since false alarms are a mean over baselines.
const STRETCH: usize = 200;
/// Values that are drawn for one cell of a table at most: larger windows are fewer.
const VALUES: usize = 60_000_000;
/// Windows after which a shift counts as never found.
const PATIENCE: usize = 100;
/// Streams whose delays give one median.
const STREAMS: usize = 15;
/// Features of a stream whose delay is measured, and how many of them shift.
const SHIFTING: (usize, usize) = (25, 3);

fn main() -> anyhow::Result<()> {
    healthy()?;
    delays()
}

/// How often each rule alarms on windows of the baseline's own population.
fn healthy() -> anyhow::Result<()> {
    headline("alarms in 10,000 healthy windows, budget 1 per 90d (111 with daily windows, 4.6 with hourly ones)");
    let mut rows = Vec::new();
    for features in [25, 100] {
        for size in [50, 100, 200, 1000, 10_000] {
            let windows = (VALUES / (features * size)).min(10_000);
            let daily = count(features, size, windows, &rules(24)?);
            let hourly = count(features, size, windows, &rules(1)?);
            let per = |alarms: usize| format!("{:.0}", alarms as f64 * 10_000.0 / daily.windows as f64);
            rows.push(vec![
                features.to_string(),
                size.to_string(),
                daily.windows.to_string(),
                per(daily.incidents),
                per(hourly.incidents),
                per(daily.psi),
                per(daily.ks),
                per(daily.distance_of_one),
                per(daily.distance_of_half),
                daily.chunks.map_or("–".to_owned(), per),
            ]);
        }
    }
    let heads = [
        "features",
        "rows",
        "windows",
        "driftd daily",
        "driftd hourly",
        "PSI > 0.2",
        "KS p < 0.05",
        "W/σ ≥ 0.1, one",
        "half",
        "JS, mean + 3 sd",
    ];
    table(&heads, &rows);
    note("driftd: incidents. The others: windows with any alarm.");
    Ok(())
}

/// How many windows after a shift of three of 25 features somebody is called.
fn delays() -> anyhow::Result<()> {
    headline("median delay in windows until an incident opens, 3 of 25 features shift");
    let mut rows = Vec::new();
    for (psi, shift) in [(0.038, 0.2), (0.117, 0.35), (0.238, 0.5)] {
        let mut cells = vec![format!("{psi}")];
        for hours in [24, 1] {
            for size in [50, 200, 1000] {
                let rules = rules(hours)?;
                let mut found: Vec<usize> = (0..STREAMS).map(|seed| delay(size, shift, seed as u64, &rules)).collect();
                found.sort_unstable();
                let median = found.get(STREAMS / 2).copied().unwrap_or(PATIENCE);
                cells.push(if median < PATIENCE { median.to_string() } else { "never".to_owned() });
            }
        }
        rows.push(cells);
    }
    table(&["PSI", "daily, 50 rows", "200", "1000", "hourly, 50 rows", "200", "1000"], &rows);
    note(&format!(
        "Of {STREAMS} streams; thirty healthy windows come first. \"never\": not within {PATIENCE} windows."
    ));
    Ok(())
}

fn rules(hours: u32) -> anyhow::Result<StreamRules> {
    Ok(StreamRules {
        false_alarms: "1 per 90d".parse()?,
        window: Span::from_hours(hours),
        judged: vec![DriftStatistic::Psi, DriftStatistic::Lasting],
    })
}

/// What the rules said of healthy windows.
#[derive(Default)]
struct Counted {
    windows: usize,
    incidents: usize,
    psi: usize,
    ks: usize,
    distance_of_one: usize,
    distance_of_half: usize,
    /// Nothing where the reference is a single chunk.
    chunks: Option<usize>,
}

fn count(features: usize, size: usize, windows: usize, rules: &StreamRules) -> Counted {
    let mut counted = Counted { chunks: (BASELINE / size > 1).then_some(0), ..Counted::default() };
    let mut random = Random::new((features * size) as u64);
    while counted.windows < windows {
        let reference: Vec<Vec<f64>> = (0..features).map(|_| normals(&mut random, BASELINE, 0.0)).collect();
        let limits = distance_limits(&reference, size, rules);
        let mut stream = AlarmStream::new(reference, rules);
        for _ in 0..STRETCH.min(windows - counted.windows) {
            let values: Vec<Vec<f64>> = (0..features).map(|_| normals(&mut random, size, 0.0)).collect();
            counted.add(&stream.push(&values), &limits);
        }
    }
    counted
}

impl Counted {
    fn add(&mut self, outcome: &SealOutcome, limits: &[f64]) {
        self.windows += 1;
        self.incidents += opened(outcome);
        let verdicts: Vec<&Verdict> = outcome.windows_of_records().flat_map(|window| &window.verdicts).collect();
        let value = |verdict: &Verdict, statistic| verdict.score(statistic).and_then(|score| score.value);
        let any = |rule: &dyn Fn(&Verdict) -> bool| usize::from(verdicts.iter().any(|verdict| rule(verdict)));
        self.psi += any(&|verdict| value(verdict, DriftStatistic::Psi).is_some_and(|psi| psi > 0.2));
        self.ks +=
            any(&|verdict| verdict.score(DriftStatistic::Ks).and_then(|score| score.p_value).is_some_and(|p| p < 0.05));
        let far = |verdict: &&&Verdict| {
            let distance = verdict.score(DriftStatistic::Wasserstein).and_then(|score| score.normalized);
            distance.is_some_and(|distance| distance >= 0.1)
        };
        let drifted = verdicts.iter().filter(far).count();
        self.distance_of_one += usize::from(drifted > 0);
        self.distance_of_half += usize::from(2 * drifted >= verdicts.len());
        if let Some(chunks) = &mut self.chunks {
            let beyond = verdicts
                .iter()
                .zip(limits)
                .any(|(verdict, limit)| value(verdict, DriftStatistic::Js).is_some_and(|distance| distance > *limit));
            *chunks += usize::from(beyond);
        }
    }
}

/// Mean and three standard deviations of the distances between the reference and its own chunks, a feature each.
fn distance_limits(reference: &[Vec<f64>], size: usize, rules: &StreamRules) -> Vec<f64> {
    let mut stream = AlarmStream::new(reference.to_vec(), rules);
    let mut distances = vec![Vec::new(); reference.len()];
    for chunk in 0..BASELINE / size {
        let rows = chunk * size..(chunk + 1) * size;
        let values: Vec<Vec<f64>> =
            reference.iter().map(|column| column.get(rows.clone()).unwrap_or_default().to_vec()).collect();
        let outcome = stream.push(&values);
        let verdicts = outcome.windows_of_records().flat_map(|window| &window.verdicts);
        for (verdict, distances) in verdicts.zip(&mut distances) {
            distances.extend(verdict.score(DriftStatistic::Js).and_then(|score| score.value));
        }
    }
    let limit = |distances: &Vec<f64>| {
        let n = distances.len() as f64;
        let mean = distances.iter().sum::<f64>() / n;
        mean + 3.0 * (distances.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    distances.iter().map(limit).collect()
}

/// Windows until an incident opens, the first shifted one being 1; [`PATIENCE`] where none does.
fn delay(size: usize, shift: f64, seed: u64, rules: &StreamRules) -> usize {
    let (features, shifting) = SHIFTING;
    let mut random = Random::new(seed * 1_000 + size as u64);
    let reference = (0..features).map(|_| normals(&mut random, BASELINE, 0.0)).collect();
    let mut stream = AlarmStream::new(reference, rules);
    let mut draw = |shift: f64| -> Vec<Vec<f64>> {
        (0..features).map(|at| normals(&mut random, size, if at < shifting { shift } else { 0.0 })).collect()
    };
    for _ in 0..30 {
        stream.push(&draw(0.0));
    }
    (1..PATIENCE).find(|_| opened(&stream.push(&draw(shift))) > 0).unwrap_or(PATIENCE)
}

fn normals(random: &mut Random, rows: usize, shift: f64) -> Vec<f64> {
    (0..rows).map(|_| random.normal() + shift).collect()
}
