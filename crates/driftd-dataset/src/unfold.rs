//! Records as a monitor's pointers look into them, written anew as flat rows.
//!
//! A table of JSON records has a column for every member, and what lies behind arrays and texts of an envelope is none. Where
//! a configuration says by pointers where its features stand, a baseline and a check have to find what a replay finds
//! there: so the records are decoded by the same decoder for a monitor of the same pointers, and every row it gets becomes a
//! line of a temporary file, with features, labels and event time under their names and every other member that is a
//! column under its own.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::sync::Arc;

use driftd_decode::{Decoder, Json, Survey};
use driftd_model::{
    Baseline, BaselineRef, DeadLetter, FeatureBaseline, FeatureRules, HealthyVariation, Monitor, MonitorPlan, Offset,
    Pointer, RecordShape, Role, StoredBaseline,
};
use driftd_stats::{CategoryCounts, FeatureAggregate, FeatureLayout, MISSING_CODE};
use driftd_window::{Column, RecordBatch, Timestamp};

use crate::DatasetError;
use crate::input::Input;
use crate::ndjson::Lines;
use crate::notes::Notes;
use crate::options::ReadOptions;

/// Records of which the rows are written at once, and their cells.
const RECORDS: usize = 1 << 12;
const CELLS: usize = 1 << 22;
/// Records that are looked at to see whether anything stands where the pointers lead.
const LOOKED_AT: usize = 100;

/// A column of the rows, and where it stands in a record.
struct Place {
    name: String,
    pointer: Pointer,
    rules: FeatureRules,
}

/// The rows of the JSON files of `input` as `monitor` looks into them; nothing where it names no places of its own, or where
/// nothing stands there.
pub(crate) fn rows_of(
    input: &Input,
    options: &ReadOptions,
    monitor: &Monitor,
    notes: &mut Notes,
) -> Result<Option<File>, DatasetError> {
    let named = named(monitor);
    if named.is_empty() {
        return Ok(None);
    }
    let looked: Vec<&str> = named.iter().map(|place| place.name.as_str()).collect();
    if !Rows::new(input, options, &named).finds_any(&looked)? {
        return Ok(None);
    }
    let places = with_members(named, monitor, input, options, notes)?;
    let mut rows = Rows::new(input, options, &places);
    let keys: Vec<String> = places.iter().map(|place| text(&place.name) + ":").collect();
    let mut out = BufWriter::with_capacity(256 << 10, tempfile::tempfile().map_err(DatasetError::spill)?);
    while let Some((batch, rejects)) = rows.next()? {
        for reject in rejects {
            let DeadLetter { offset, reason, detail } = reject;
            notes.add(&input.name, format!("the record in line {offset} is left out as {reason}: {detail}"));
        }
        write(&mut out, &batch, &places, &keys).map_err(DatasetError::spill)?;
    }
    let mut file = out.into_inner().map_err(|error| DatasetError::spill(error.into_error()))?;
    file.rewind().map_err(DatasetError::spill)?;
    Ok(Some(file))
}

/// The features of `monitor` that have places of their own.
fn named(monitor: &Monitor) -> Vec<Place> {
    let features = monitor.features.iter().filter(|(_, rules)| !rules.ignore);
    let place = |(name, rules): (&driftd_model::FeatureName, &FeatureRules)| {
        let rules = FeatureRules {
            path: rules.path.clone(),
            role: rules.role,
            default: rules.default.clone(),
            ..FeatureRules::default()
        };
        Some(Place { name: name.as_str().to_owned(), pointer: rules.path.clone()?, rules })
    };
    features.filter_map(place).collect()
}

/// These places, those of event times and labels, and the other members that records have.
fn with_members(
    mut places: Vec<Place>,
    monitor: &Monitor,
    input: &Input,
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<Vec<Place>, DatasetError> {
    let mut known: BTreeSet<String> = places.iter().map(|place| place.name.clone()).collect();
    let mut add = |places: &mut Vec<Place>, name: String, pointer: Pointer| {
        if known.insert(name.clone()) {
            let rules = FeatureRules { path: Some(pointer.clone()), ..FeatureRules::default() };
            places.push(Place { name, pointer, rules });
        }
    };
    let labels = monitor.segments.iter().flat_map(|segments| &segments.by);
    for pointer in labels.chain([&monitor.shape.event_time]) {
        add(&mut places, pointer.column(), pointer.clone());
    }
    let gone_into: Vec<Vec<String>> = places.iter().map(|place| place.pointer.tokens()).collect();
    let mut survey = Survey::<Json>::default();
    for file in &input.files {
        let mut lines = Lines::open(&file.open(true, options)?)?;
        while let Some(line) = lines.next()? {
            let read = survey.read(line, &mut |_, _, _| ());
            read.map_err(|error| lines.unsurveyed(&error))?;
        }
    }
    let (names, paths) = survey.into_fields();
    for (name, paths) in names.into_iter().zip(paths) {
        let Some(path) = paths.into_iter().next() else { continue };
        // What a pointer leads to has its name, and what it goes into is no value.
        let is_on_way = |tokens: &Vec<String>| tokens.iter().zip(&path).all(|(token, name)| **token == **name);
        if gone_into.iter().any(|tokens| tokens.len() >= path.len() && is_on_way(tokens)) {
            continue;
        }
        match pointer_to(path.iter().map(|name| &**name)) {
            Some(pointer) => add(&mut places, name, pointer),
            None => notes.add(&input.name, format!("member {name:?} is left out: to a pointer its name is a step")),
        }
    }
    for partition in input.files.iter().flat_map(|file| &file.partitions) {
        if let Some(pointer) = pointer_to([partition.column.as_str()]) {
            add(&mut places, partition.column.clone(), pointer);
        }
    }
    Ok(places)
}

/// The pointer to a member by names, if that is what it means.
fn pointer_to<'a>(path: impl IntoIterator<Item = &'a str>) -> Option<Pointer> {
    let tokens = path.into_iter().map(|name| format!("/{}", Pointer::token_of(name)));
    Pointer::new(&tokens.collect::<String>()).ok().filter(|pointer| !pointer.is_nested())
}

/// A plan of which every feature is text, so that nothing of a value is lost that can be said in one.
#[expect(clippy::expect_used, reason = "names are fixed, and every feature of the monitor is in the baseline")]
fn plan_of(places: &[Place]) -> MonitorPlan {
    let feature = |place: &Place| {
        let (dictionary, counts) = CategoryCounts::new().into_dictionary(1);
        let (layout, aggregate) = (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(counts));
        FeatureBaseline { name: place.name.as_str().into(), role: Role::Feature, layout: Arc::new(layout), aggregate }
    };
    let baseline = Baseline {
        source: String::new(),
        rows: 0,
        features: places.iter().map(feature).collect(),
        segment_by: Vec::new(),
        segments: Vec::new(),
        skipped: Vec::new(),
        traffic: None,
        healthy: HealthyVariation::default(),
    };
    let features = places.iter().map(|place| (place.name.as_str().into(), place.rules.clone())).collect();
    let monitor = Monitor {
        shape: RecordShape::default(),
        segments: None,
        features,
        ..Monitor::new("rows".parse().expect("a name"), "rows".into())
    };
    let reference = BaselineRef { name: "rows".parse().expect("a name"), version: 1 };
    let stored = StoredBaseline::new(reference, Timestamp::from_micros(0), baseline);
    MonitorPlan::new(monitor, stored).expect("a plan of its own baseline")
}

/// The rows of all files, batch by batch.
struct Rows<'a> {
    files: std::slice::Iter<'a, crate::input::InputFile>,
    options: &'a ReadOptions,
    decoder: Decoder,
    open: Option<Lines>,
    names: Vec<String>,
}

impl<'a> Rows<'a> {
    fn new(input: &'a Input, options: &'a ReadOptions, places: &[Place]) -> Self {
        let decoder = Decoder::new(&[Arc::new(plan_of(places))]).keeping_timeless();
        let names = places.iter().map(|place| place.name.clone()).collect();
        Self { files: input.files.iter(), options, decoder, open: None, names }
    }

    /// Whether one of the first records has a value in one of these columns.
    fn finds_any(mut self, names: &[&str]) -> Result<bool, DatasetError> {
        let batch = self.read(LOOKED_AT)?.map(|(batch, _)| batch);
        let has =
            |column: &Column| column.as_text().is_some_and(|texts| texts.codes.iter().any(|c| *c != MISSING_CODE));
        let columns = batch.iter().flat_map(|batch| batch.columns().iter().zip(&self.names));
        let mut wanted = columns.filter(|(_, name)| names.contains(&name.as_str()));
        Ok(wanted.any(|(column, _)| has(column)))
    }

    fn next(&mut self) -> Result<Option<(RecordBatch, Vec<DeadLetter>)>, DatasetError> {
        self.read((CELLS / self.names.len().max(1)).clamp(1, RECORDS))
    }

    /// The rows of the next records, `most` of them at most; nothing at the end.
    fn read(&mut self, most: usize) -> Result<Option<(RecordBatch, Vec<DeadLetter>)>, DatasetError> {
        let mut records = 0;
        while records < most {
            let Some(lines) = &mut self.open else {
                let Some(file) = self.files.next() else { break };
                let filed = file.partitions.iter().map(|filed| (filed.column.as_str(), filed.value.as_deref()));
                self.decoder.fill_with(filed);
                self.open = Some(Lines::open(&file.open(true, self.options)?)?);
                continue;
            };
            if lines.next()?.is_none() {
                self.open = None;
                continue;
            }
            self.decoder.push(Offset(lines.line() as i64), Some(lines.text()));
            records += 1;
        }
        let decoded = self.decoder.finish();
        let batch = decoded.batches.into_iter().next();
        Ok(batch.filter(|_| records > 0).map(|batch| (batch, decoded.rejects)))
    }
}

/// Writes the rows of a batch, each as an object of what it has.
fn write(out: &mut impl Write, batch: &RecordBatch, places: &[Place], keys: &[String]) -> std::io::Result<()> {
    let texts: Vec<Vec<String>> = batch
        .columns()
        .iter()
        .map(|column| column.as_text().map_or_else(Vec::new, |texts| texts.values.iter().map(|v| value(v)).collect()))
        .collect();
    let mut line = String::new();
    for row in 0..batch.rows() {
        line.clear();
        for ((column, values), (place, key)) in batch.columns().iter().zip(&texts).zip(places.iter().zip(keys)) {
            let code = column.as_text().and_then(|texts| texts.codes.get(row).copied()).unwrap_or(MISSING_CODE);
            let value = match values.get(code as usize) {
                Some(value) => value.as_str(),
                // A null is not what a default stands for: that was decided when the record was decoded.
                None if code == MISSING_CODE && place.rules.default.is_some() => "null",
                None if code == MISSING_CODE => continue,
                None => "[]",
            };
            line.push(if line.is_empty() { '{' } else { ',' });
            line.push_str(key);
            line.push_str(value);
        }
        line.push_str(if line.is_empty() { "{}\n" } else { "}\n" });
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// What the text of a value is in JSON.
fn value(shown: &str) -> String {
    if matches!(shown, "true" | "false") { shown.to_owned() } else { text(shown) }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
