//! `driftd check`: two data sets, once.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use driftd_config::Config;
use driftd_dataset::{BaselineOptions, Checked, ReadOptions, Table, build_baseline, check};
use driftd_model::check::CheckReport;
use driftd_model::{Baseline, DefaultValue, FeatureName, JudgeRules, Monitor, Reason, check_defaults, words};
use driftd_stats::{Binning, DriftStatistic, LayoutOptions, distribution};
use driftd_web::{FeatureDistribution, render_check};

use crate::cli::{CheckArgs, CheckFormat};
use crate::commands::baseline::{identity, misspelt, options_for};
use crate::commands::{Exit, check_text};
use crate::setup;
use crate::stores::Stores;
use crate::terminal::{Bar, Stream, print};

pub(super) async fn run(args: CheckArgs, stores: &Stores) -> anyhow::Result<Exit> {
    let config = setup::config(&args.config)?;
    let monitor = match (args.monitor.as_deref(), config.monitors.as_slice()) {
        (Some(name), _) => Some(setup::monitor(&config, name)?),
        // A configuration that was named and has one monitor leaves no doubt whose rules are meant.
        (None, [only]) if !args.config.config.is_empty() => Some(only),
        (None, _) => None,
    };
    let chosen = statistics(&args.statistics)?;
    let read = args.read.over(&config.files);
    let current = Table::open_for(&args.current, &read, monitor)?.with_defaults(defaults_of(monitor))?;
    let Reference { name, baseline, mut columns, notes } = reference(&args, &read, &config, monitor, stores).await?;
    if let Some(monitor) = monitor {
        check_defaults(monitor, &baseline, &name)?;
    }
    let bar = Bar::rows(current.rows(), "counting current");
    let ignored: BTreeSet<&str> = args.ignore.iter().map(String::as_str).collect();
    let rules = |feature: &FeatureName| {
        let watched = !ignored.contains(feature.as_str()) && monitor.is_none_or(|m| m.watches(feature));
        watched.then(|| rules(feature, monitor, &args, &chosen))
    };
    let checked = check(&baseline, &name, &current, &rules, &|rows| bar.at(rows));
    bar.done();
    let mut checked = checked?;
    ensure_common(&checked.report, &columns, monitor, &current)?;
    if !chosen.is_empty() {
        for verdict in &mut checked.report.features {
            verdict.scores.retain(|score| chosen.contains(&score.statistic) || score.outcome.is_some());
        }
    }
    checked.report.notes.extend(notes);
    columns.extend(current.schema().all_names().map(str::to_owned));
    let unknown = args.ignore.iter().filter(|name| !columns.contains(*name));
    checked.report.notes.extend(unknown.map(|name| format!("--ignore {name}: neither side has such a column")));
    checked.report.notes.extend(monitor.and_then(|monitor| misspelt(monitor, &columns, "neither side has a")));
    let coloured = args.output.is_none() && Stream::Out.is_coloured();
    let text = match args.format {
        CheckFormat::Table => check_text::table(&checked.report, coloured),
        CheckFormat::Json => format!("{:#}\n", checked.report.to_json()),
        CheckFormat::Markdown => check_text::markdown(&checked.report),
        CheckFormat::Html => page(&baseline, &checked),
    };
    match &args.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("writing {} failed", path.display()))?,
        // Whoever reads the first lines only still learns from the exit code what the check found.
        None => print(text).or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })?,
    }
    if checked.report.judged() == 0 {
        // The report says what there is; that nothing could be judged must not pass for a good day.
        eprintln!("error: {}", unjudged(&checked.report));
        return Ok(Exit::Failed);
    }
    Ok(if checked.report.outcome().is_bad() { Exit::Found } else { Exit::Ok })
}

/// Why no feature was judged, and what to do about it.
fn unjudged(report: &CheckReport) -> String {
    let reasons: BTreeSet<String> =
        report.features.iter().filter_map(|v| Some(v.reason.as_ref()?.to_string())).collect();
    let reasons: Vec<String> = reasons.into_iter().collect();
    let has = |wanted: fn(&Reason) -> bool| report.features.iter().filter_map(|v| v.reason.as_ref()).any(wanted);
    let remedy = if has(|r| matches!(r, Reason::TooFewRows { .. } | Reason::TooFewBaselineRows { .. })) {
        "; compare more rows, or lower --min-samples (min_samples of a monitor)"
    } else if has(|r| *r == Reason::NothingDecides) {
        "; name statistics with thresholds, such as psi,ks,missing"
    } else {
        ""
    };
    match reasons.as_slice() {
        [] => "nothing could be judged: every feature is left out".to_owned(),
        reasons => format!("nothing could be judged: {}{remedy}", words::list(reasons)),
    }
}

/// What stands for members that records leave out.
fn defaults_of(monitor: Option<&Monitor>) -> impl Iterator<Item = (&str, &DefaultValue)> {
    monitor.into_iter().flat_map(Monitor::default_values)
}

/// What is compared with.
struct Reference {
    name: String,
    baseline: Baseline,
    /// Every column it has, monitored or not.
    columns: BTreeSet<String>,
    /// How its files were read.
    notes: Vec<String>,
}

/// The reference: a file when there is one of that name, else a stored baseline.
async fn reference(
    args: &CheckArgs,
    read: &ReadOptions,
    config: &Config,
    monitor: Option<&Monitor>,
    stores: &Stores,
) -> anyhow::Result<Reference> {
    if let [name] = args.baseline.as_slice()
        && is_stored(name)
    {
        anyhow::ensure!(args.bins.is_none(), "--bins cannot change a stored baseline: its bins are frozen");
        let stored = setup::baseline(&stores.configured(config).await?, name).await?;
        let baseline = stored.baseline.as_ref().clone();
        let skipped = baseline.skipped.iter().map(|s| s.name.clone());
        let columns = baseline.features.iter().map(|f| f.name.to_string()).chain(skipped).collect();
        return Ok(Reference { name: stored.reference.to_string(), baseline, columns, notes: Vec::new() });
    }
    let paths: Vec<PathBuf> = args.baseline.iter().map(PathBuf::from).collect();
    let is_pipe = |paths: &[PathBuf]| paths.iter().any(|path| path == Path::new("-"));
    anyhow::ensure!(
        !is_pipe(&paths) || !is_pipe(&args.current),
        "standard input can be one side only: name a file for the other"
    );
    let table = Table::open_for(&paths, read, monitor)?.with_defaults(defaults_of(monitor))?;
    let mut options = monitor.map_or_else(BaselineOptions::default, |m| options_for(m, config));
    // A check compares whole populations.
    options.segments = None;
    if let Some(bins) = args.bins {
        options.layout = LayoutOptions::new(options.layout.cells, Binning::Quantile(bins), options.layout.categories)?;
        options.layouts.clear();
    }
    options.exclude.extend(args.ignore.iter().cloned());
    let bar = Bar::rows(table.rows(), "building the baseline");
    let built = build_baseline(&table, &options, &|rows| bar.at(rows));
    bar.done();
    let (name, notes) = (table.path().display().to_string(), table.notes().to_vec());
    let columns = table.schema().all_names().map(str::to_owned).collect();
    Ok(Reference { name, baseline: built?, columns, notes })
}

/// Whether a name is that of a stored baseline: a word, or one with a version, and no file.
fn is_stored(name: &str) -> bool {
    let path = Path::new(name);
    let is_word = path.components().count() == 1 && path.extension().is_none() && !name.contains(['*', '?', '[', ':']);
    name.contains("@v") || is_word && name != "-" && !path.exists()
}

/// Files without a common column were not meant for each other: no feature was lost, the wrong file was named.
fn ensure_common(
    report: &CheckReport,
    columns: &BTreeSet<String>,
    monitor: Option<&Monitor>,
    current: &Table,
) -> anyhow::Result<()> {
    let features = report.features.len() - report.new_columns();
    // The event time is no column of a stored baseline, but says that it is the monitor's file.
    let identity: BTreeSet<String> = monitor.into_iter().flat_map(identity).collect();
    let is_known = |name: &str| columns.contains(name) || identity.contains(name);
    anyhow::ensure!(
        features == 0 || current.schema().all_names().any(is_known),
        "{} and {} have no column in common, so there is nothing to compare; are these the right files?",
        report.baseline.name,
        report.current.name
    );
    Ok(())
}

fn rules(
    feature: &FeatureName,
    monitor: Option<&Monitor>,
    args: &CheckArgs,
    chosen: &BTreeSet<DriftStatistic>,
) -> JudgeRules {
    // Two files are compared once: there is no period that a budget could be kept over.
    let mut rules = monitor.map_or_else(JudgeRules::default, |m| JudgeRules { q: m.judge.q, ..m.rules_for(feature) });
    rules.min_samples = args.min_samples.unwrap_or(rules.min_samples);
    if !chosen.is_empty() {
        rules.judged.clone_from(chosen);
    }
    rules
}

fn statistics(names: &[String]) -> anyhow::Result<BTreeSet<DriftStatistic>> {
    Ok(names.iter().map(|name| name.trim().parse()).collect::<Result<_, _>>()?)
}

/// The report as one self-contained HTML page, with a chart for every compared feature.
fn page(baseline: &Baseline, checked: &Checked) -> String {
    let charts: Vec<FeatureDistribution> = checked
        .counts
        .iter()
        .filter_map(|(name, window)| {
            let feature = baseline.feature(name.as_str())?;
            let before = distribution(&feature.layout, &feature.aggregate);
            Some(FeatureDistribution::from_counts(name.clone(), &before, &distribution(&feature.layout, window)))
        })
        .collect();
    render_check(&checked.report, &charts)
}
