//! Baselines out of tables.

mod column;
mod identifier;
mod learner;
mod number_census;
mod options;
mod pass;
mod plan;
mod segments;
mod traffic;
mod windows;

use std::path::Path;
use std::sync::Arc;

use driftd_model::{Baseline, FeatureBaseline, HealthyVariation, Reason, SegmentBaseline, SkippedColumn, words};

use self::column::{Built, ColumnBuilder};
use self::learner::Learner;
pub use self::options::{BaselineOptions, EventTimes, SegmentOptions};
use self::plan::Planned;
use self::segments::SegmentCounts;
use self::traffic::{LearntTraffic, TrafficBuilder};
use self::windows::{Quarters, Usual};
use crate::values::{Reading, Values, Wanted};
use crate::{DatasetError, Table};

/// Builds a baseline from a table.
///
/// Numbers become numeric features, text and booleans categorical ones, a column without any value is watched for
/// presence only. Left out, and listed with the reason in [`Baseline::skipped`], are points in time (also as numbers),
/// columns that hold no single values, text that names rows ((nearly) every value a different one, or UUIDs and hashes)
/// and whole numbers that count them, unless their kind or a role but that of a feature is given in the options, or there
/// is nothing else than such numbers. The table is streamed; numbers that do not fit into the memory
/// budget are sorted on disk. With segments the table is streamed twice more, once to find the largest segments and
/// once to count them in the layouts of the whole.
///
/// With event times in the options and in the table, its rows are counted by hour of the week on the way, and by window
/// in the pass that counts segments, or in one more: how much they differ from each other is how much healthy traffic
/// does. Rows without a usable event time are left out, and so are those that lie far away from all others.
///
/// `progress` is told how many rows are done, from any thread.
///
/// # Errors
/// A file that turns out to be damaged, an override that a column cannot have, a segment column that is not there, or
/// nothing to monitor at all.
pub fn build_baseline(
    table: &Table,
    options: &BaselineOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Baseline, DatasetError> {
    build_baseline_with_notes(table, options, progress).map(|(baseline, _)| baseline)
}

/// [`build_baseline`], with what a person should know of the table besides, one sentence each.
///
/// # Errors
/// Those of [`build_baseline`].
pub fn build_baseline_with_notes(
    table: &Table,
    options: &BaselineOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Baseline, Vec<String>), DatasetError> {
    let with_times = options.event_times.as_ref().map(|times| table.clone().with_times(times.reader.clone()));
    let table = with_times.as_ref().unwrap_or(table);
    let (planned, mut skipped) = plan::plan(table, options)?;
    let (mut features, mut learnt) = build_columns(table, options, planned.clone(), &mut skipped, progress)?;
    if features.is_empty() && skipped.iter().any(|column| column.reason == Reason::RunningNumber) {
        // Where there is nothing else, somebody means the numbers that count on.
        let (counters, others) = skipped.into_iter().partition(|column| column.reason == Reason::RunningNumber);
        skipped = others;
        let wanted = plan::wanted(planned, &counters);
        (features, learnt) = build_columns(table, options, wanted, &mut skipped, progress)?;
    }
    if features.is_empty() {
        let reasons: Vec<String> = skipped.iter().map(|s| format!("{} ({})", s.name, s.reason)).collect();
        return Err(DatasetError::NothingToMonitor {
            path: table.path().to_owned(),
            reasons: words::choices(&reasons),
        });
    }
    let windows = learnt.as_mut().and_then(|learnt| learnt.windows.take());
    let windows = event_times(table, options).map(|(wanted, _)| wanted).zip(windows);
    let (segments, healthy) = count_parts(table, options, &features, windows)?;
    let note = learnt.as_ref().zip(options.event_times.as_ref());
    let notes = note.and_then(|(learnt, times)| learnt.note(table, &times.column)).into_iter().collect();
    let baseline = Baseline {
        source: source(table.path()),
        rows: table.rows(),
        features: features.into_iter().map(|(_, feature)| feature).collect(),
        segment_by: options.segments.as_ref().map_or_else(Vec::new, |wanted| wanted.by.clone()),
        segments,
        skipped,
        traffic: learnt.and_then(|learnt| learnt.traffic),
        healthy,
    };
    Ok((baseline, notes))
}

/// What a baseline says of where it came from. It travels further than its file does, so it keeps the name alone: folders
/// tell of people and machines.
fn source(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Features, each with the column it stands in.
type Features = Vec<(Wanted, FeatureBaseline)>;

/// What is made of a column while the table is read.
enum Sink {
    Feature(Box<ColumnBuilder>),
    Traffic(TrafficBuilder),
}

/// What was made of it.
enum Made {
    Feature(Box<Built>),
    Traffic(LearntTraffic),
}

impl Sink {
    fn absorb(&mut self, values: Values) -> Result<(), DatasetError> {
        match self {
            Self::Feature(builder) => builder.absorb(values)?,
            Self::Traffic(builder) => builder.absorb(values),
        }
        Ok(())
    }

    fn finish(self, table: &Table) -> Result<Made, DatasetError> {
        Ok(match self {
            Self::Feature(builder) => Made::Feature(Box::new(builder.finish(table.path())?)),
            Self::Traffic(builder) => Made::Traffic(builder.finish()),
        })
    }
}

/// The features and the traffic.
fn build_columns(
    table: &Table,
    options: &BaselineOptions,
    planned: Vec<Planned>,
    skipped: &mut Vec<SkippedColumn>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Features, Option<LearntTraffic>), DatasetError> {
    let budget = options.memory / table.at_once(planned.len()).max(1);
    let sink = |p: &Planned| {
        let precision = table.precision(p.column);
        Sink::Feature(Box::new(ColumnBuilder::new(p, options.layout_of(&p.name), precision, budget, table.rows())))
    };
    let mut columns: Vec<(Wanted, Sink)> =
        planned.iter().map(|p| (Wanted::new(Some(p.column), p.reading), sink(p))).collect();
    columns.extend(event_times(table, options));
    let mut planned = planned.into_iter();
    let (mut features, mut traffic) = (Vec::new(), None);
    for made in table.scan(columns, &Sink::absorb, &|sink: Sink| sink.finish(table), progress)? {
        let built = match made {
            Made::Feature(built) => built,
            Made::Traffic(found) => {
                traffic = Some(found);
                continue;
            }
        };
        let Some(Planned { name, column, reading, .. }) = planned.next() else {
            continue;
        };
        let role = options.roles.get(&name).copied().unwrap_or_default();
        match *built {
            Ok((layout, aggregate)) => {
                let (layout, wanted) = (Arc::new(layout), Wanted::new(Some(column), reading));
                features.push((wanted, FeatureBaseline { name: name.as_str().into(), role, layout, aggregate }));
            }
            Err(reason) => skipped.push(SkippedColumn { name, reason }),
        }
    }
    Ok((features, traffic))
}

/// What is counted in the layouts of the whole: segments, and the windows of its event times.
fn count_parts(
    table: &Table,
    options: &BaselineOptions,
    features: &Features,
    windows: Option<(Wanted, (Usual, Quarters))>,
) -> Result<(Vec<SegmentBaseline>, HealthyVariation), DatasetError> {
    let usual = windows.as_ref().map(|(times, (usual, _))| (*times, *usual));
    let found = options.segments.as_ref().map(|wanted| SegmentCounts::find(table, wanted, features, usual));
    let (mut segments, of_segments) = found.transpose()?.unzip();
    let mut learner = windows.and_then(|(times, (usual, whole))| {
        let features = features.iter().map(|(_, feature)| feature).collect();
        let learner = Learner::new(features, usual, &whole, of_segments.unwrap_or_default(), options.memory)?;
        Some((times, learner))
    });
    if segments.is_some() || learner.is_some() {
        pass::count(table, features, segments.as_mut(), learner.as_mut().map(|(times, learner)| (*times, learner)))?;
    }
    let healthy = learner.map_or_else(HealthyVariation::default, |(_, learner)| learner.finish());
    Ok((segments.map_or_else(Vec::new, |segments| segments.finish(features)), healthy))
}

/// The column of event times, where the table has the one that is meant. A training table need not have it, so one
/// whose name fits several columns is no reason to refuse it either.
fn event_times(table: &Table, options: &BaselineOptions) -> Option<(Wanted, Sink)> {
    let EventTimes { column, oldest, latest, .. } = options.event_times.as_ref()?;
    let column = table.find(column).ok().flatten()?;
    Some((Wanted::new(Some(column), Reading::Times), Sink::Traffic(TrafficBuilder::new(*oldest, *latest))))
}
