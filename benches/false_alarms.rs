//! False alarms on healthy streams and pairs of categorical samples, and delays on drifting ones, of driftd and of the
//! rules that other tools judge by, on the same windows.
//!
//! `cargo bench --workspace --bench false_alarms`. driftd's windows go through the evaluation that a seal calls, memory
//! and incidents included; what is counted is what somebody would have been called for. The other rules are counted in
//! windows with any alarm, since each of them would have called. They are written down here from their documentation,
//! not run: single thresholds, PSI > 0.2 and KS p < 0.05; Evidently's default for numbers (Wasserstein distance of at
//! least 0.1 standard deviations) for one column and for half of them; and NannyML's (Jensen-Shannon distance beyond
//! three standard deviations over the mean of the reference's own chunks), on driftd's bins.

use anyhow::Context;
use driftd_benches::random::Random;
use driftd_benches::report::{headline, note, table};
use driftd_model::{Comparison, JudgeRules, SealOutcome, Verdict, judge};
use driftd_stats::{CategoricalAggregate, CategoryCounts, DriftStatistic, FeatureAggregate, FeatureLayout, TextSlice};
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
    categories()?;
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

/// How a categorical sample is drawn.
#[derive(Clone, Copy)]
enum Law {
    /// Every category as often.
    Uniform,
    /// The k-th in proportion to 1/k.
    Harmonic,
}

/// How often two samples of one law are said to differ, and two are whose values have gathered on a few categories.
fn categories() -> anyhow::Result<()> {
    headline("categories: pairs of samples of one law that a check calls drifted, and samples that gathered");
    let mut rows = Vec::new();
    for (name, law) in [("uniform", Law::Uniform), ("1/rank", Law::Harmonic)] {
        for (kinds, size) in [(2, 1_000), (20, 10_000), (500, 10_000), (2_000, 10_000), (20_000, 100_000)] {
            let pairs = if size > 10_000 { 10 } else { 40 };
            let mut random = Random::new(u64::from(kinds) * 7 + size as u64);
            let found: Vec<Compared> = (0..pairs)
                .map(|_| compared(&sample(&mut random, law, kinds, size), &sample(&mut random, law, kinds, size)))
                .collect::<anyhow::Result<_>>()?;
            rows.push(row_of(name, kinds, size, "none", &found));
        }
    }
    for (kinds, few, share) in [(500, 5, 0.3), (300, 1, 0.3), (2_000, 10, 0.3), (20_000, 3, 0.2), (500, 20, 0.5)] {
        let (size, mut random) = (10_000, Random::new(u64::from(kinds + few)));
        let found: Vec<Compared> = (0..30)
            .map(|_| {
                let before = sample(&mut random, Law::Uniform, kinds, size);
                let mut after = sample(&mut random, Law::Uniform, kinds, size);
                for value in &mut after {
                    if random.chance(share) {
                        *value = random.index(few);
                    }
                }
                compared(&before, &after)
            })
            .collect::<anyhow::Result<_>>()?;
        rows.push(row_of("uniform", kinds, size, &format!("{:.0} % on {few}", share * 100.0), &found));
    }
    table(&["law", "categories", "rows", "gathered", "pairs", "driftd", "PSI > 0.2", "χ² p < 0.05", "JS ≥ 0.1"], &rows);
    note("driftd: features that are a warning or critical. PSI, χ² and JS are those of driftd's names and buckets.");
    Ok(())
}

/// What is said of one pair.
struct Compared {
    is_bad: bool,
    psi: bool,
    chi_square: bool,
    js: bool,
}

fn row_of(law: &str, kinds: u32, size: usize, gathered: &str, found: &[Compared]) -> Vec<String> {
    let count = |rule: fn(&Compared) -> bool| found.iter().filter(|pair| rule(pair)).count().to_string();
    let said =
        [count(|pair| pair.is_bad), count(|pair| pair.psi), count(|pair| pair.chi_square), count(|pair| pair.js)];
    let of = [law.to_owned(), kinds.to_string(), size.to_string(), gathered.to_owned(), found.len().to_string()];
    of.into_iter().chain(said).collect()
}

fn sample(random: &mut Random, law: Law, kinds: u32, size: usize) -> Vec<u32> {
    let harmonic = f64::from(kinds).ln();
    let draw = |random: &mut Random| match law {
        Law::Uniform => random.index(kinds),
        // By its distribution function, which is close to ln(k)/ln(kinds).
        Law::Harmonic => ((random.unit() * harmonic).exp() as u32).min(kinds - 1),
    };
    (0..size).map(|_| draw(random)).collect()
}

/// Freezes a dictionary on one sample, counts the other on it, and judges as `driftd check` does.
fn compared(before: &[u32], after: &[u32]) -> anyhow::Result<Compared> {
    let mut counts = CategoryCounts::new();
    for value in before {
        counts.add(&format!("c{value}"), 1);
    }
    let (dictionary, baseline) = counts.into_dictionary(100);
    let mut window = CategoricalAggregate::empty(&dictionary);
    let values: Vec<String> = (0..=after.iter().copied().max().unwrap_or(0)).map(|value| format!("c{value}")).collect();
    window.absorb(&dictionary, TextSlice { codes: after, values: &values });
    let (feature, rules) = ("c".into(), JudgeRules::default());
    let (layout, baseline) = (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(baseline));
    let window = FeatureAggregate::Categorical(window);
    let comparison = Comparison {
        feature: &feature,
        layout: &layout,
        baseline: &baseline,
        window: &window,
        rules: &rules,
        healthy: None,
    };
    let verdict = judge(&[comparison]).into_iter().next().context("a verdict each")?;
    let score = |statistic| verdict.score(statistic);
    let value = |statistic| score(statistic).and_then(|score| score.value);
    let pearson = score(DriftStatistic::ChiSquare).and_then(|score| Some((score.value?, score.df?)));
    Ok(Compared {
        is_bad: verdict.outcome.is_bad(),
        psi: value(DriftStatistic::Psi).is_some_and(|psi| psi > 0.2),
        // Wilson and Hilferty's cube root: within some per mille of the χ² tail at 0.05.
        chi_square: pearson.is_some_and(|(chi, df)| {
            let df = f64::from(df);
            ((chi / df).cbrt() - (1.0 - 2.0 / (9.0 * df))) / (2.0 / (9.0 * df)).sqrt() > 1.645
        }),
        js: value(DriftStatistic::Js).is_some_and(|distance| distance >= 0.1),
    })
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
