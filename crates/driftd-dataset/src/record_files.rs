//! Files of records as they went through a topic: one object a line, or however objects may follow one another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use driftd_decode::{Decoder, Limits, Note};
use driftd_model::{DeadLetter, MonitorPlan, Offset, RejectReason};
use driftd_window::RecordBatch;

use crate::DatasetError;
use crate::blob::Blob;
use crate::format::Format;
use crate::input::Input;
use crate::ndjson::{ItemError, Items};
use crate::options::ReadOptions;

/// Lines of a batch. Batches are always cut alike, so that a replay that is repeated finds where it was.
const LINES: usize = 1 << 12;
/// Rejects of which the place is kept.
const SAMPLES: usize = 20;
/// Lines that are looked at to see whether a file holds records.
const LOOKED_AT: usize = 100;

/// A file of records that could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RecordFileError(#[from] DatasetError);

/// The records of files for one monitor, decoded exactly as they are when they come from a topic.
///
/// A line that cannot be decoded is passed over and counted in [`RecordFiles::rejected`]. Offsets of rejects are line
/// numbers, counted from 1 through all files.
#[derive(Debug)]
pub struct RecordFiles {
    decoder: Decoder,
    limits: Limits,
    options: ReadOptions,
    paths: std::vec::IntoIter<PathBuf>,
    open: Option<(PathBuf, Items)>,
    /// Lines of the files before the one that is open.
    before: u64,
    rejected: Rejected,
}

/// What was rejected and noted so far, to be looked at while and after the batches are read elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Rejected(Arc<Mutex<Tally>>);

#[derive(Debug, Default)]
struct Tally {
    reasons: BTreeMap<String, u64>,
    samples: Vec<DeadLetter>,
    filtered: u64,
    notes: Vec<String>,
}

impl RecordFiles {
    /// The records of the files `paths`, in their order.
    #[must_use]
    pub fn new(paths: &[PathBuf], plan: &Arc<MonitorPlan>) -> Self {
        Self::with_options(paths, plan, &ReadOptions::default())
    }

    /// The records of the files `paths`, in their order, to be read as `options` say.
    #[must_use]
    pub fn with_options(paths: &[PathBuf], plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Self {
        let limits = Limits::default();
        Self {
            decoder: Decoder::with_limits(std::slice::from_ref(plan), limits).quoting(),
            limits,
            options: options.clone(),
            paths: Vec::from(paths).into_iter(),
            open: None,
            before: 0,
            rejected: Rejected::default(),
        }
    }

    /// The files that `named` names, if they hold records as they go through a topic and no flat tables, which have a
    /// reader of their own. What cannot be read is left to that, which says why.
    #[must_use]
    pub fn find(named: &Path, plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Option<Vec<PathBuf>> {
        let input = Input::find(&[named.to_owned()], options).ok()?;
        let paths: Vec<PathBuf> = input.files.into_iter().map(|file| file.path).collect();
        let first = paths.first().filter(|_| input.format == Format::Ndjson)?;
        Self::fits_with(first, plan, options).unwrap_or(false).then_some(paths)
    }

    /// Whether one of the first records of a file has a value at the place of the monitor's event time: records as they
    /// go through a topic do, flat tables need not.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn fits(path: &Path, plan: &Arc<MonitorPlan>) -> Result<bool, RecordFileError> {
        Self::fits_with(path, plan, &ReadOptions::default())
    }

    fn fits_with(path: &Path, plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Result<bool, RecordFileError> {
        let mut first = Self::with_options(&[path.to_owned()], plan, options);
        for _ in 0..LOOKED_AT {
            if !first.next_record()? {
                break;
            }
            let decoded = first.decoder.finish();
            let timed = decoded.rejects.iter().any(|reject| reject.reason == RejectReason::BadEventTime.as_str());
            if timed || decoded.batches.iter().any(|batch| batch.rows() > 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is rejected, now and later.
    #[must_use]
    pub fn rejected(&self) -> Rejected {
        self.rejected.clone()
    }

    /// Decodes the next record; false after the last one of the last file.
    fn next_record(&mut self) -> Result<bool, RecordFileError> {
        loop {
            if self.open.is_none() {
                let Some(path) = self.paths.next() else {
                    return Ok(false);
                };
                let blob = match Blob::open(&path, true, &self.options) {
                    Err(DatasetError::EmptyFile { .. }) => continue,
                    opened => opened?,
                };
                self.open = Some((path, Items::open(&blob)?));
            }
            let Some((path, items)) = &mut self.open else {
                return Ok(false);
            };
            match items.advance(self.limits.bytes as u64) {
                Ok(true) => {
                    self.decoder.push(Offset((self.before + items.line()) as i64), Some(items.text()));
                    return Ok(true);
                }
                Ok(false) => {
                    self.before += items.lines();
                    self.open = None;
                }
                Err(ItemError::Io(error)) => return Err(DatasetError::io(path, error).into()),
                Err(ItemError::Shape { line, what }) => {
                    let (path, what) = (path.clone(), what.to_owned());
                    return Err(DatasetError::BadJson { path, line, column: 1, what }.into());
                }
            }
        }
    }
}

impl Iterator for RecordFiles {
    type Item = Result<RecordBatch, RecordFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut more = true;
            for _ in 0..LINES {
                match self.next_record() {
                    Ok(true) => {}
                    Ok(false) => {
                        more = false;
                        break;
                    }
                    Err(error) => {
                        // After an error nothing more can be trusted: the next call ends the iteration.
                        (self.open, self.paths) = (None, Vec::new().into_iter());
                        self.decoder.finish();
                        return Some(Err(error));
                    }
                }
            }
            let decoded = self.decoder.finish();
            self.rejected.add(decoded.rejects, decoded.filtered, decoded.notes);
            let batch = decoded.batches.into_iter().next().filter(|batch| batch.rows() > 0);
            if let Some(batch) = batch {
                return Some(Ok(batch));
            }
            if !more {
                return None;
            }
        }
    }
}

impl Rejected {
    fn add(&self, rejects: Vec<DeadLetter>, filtered: u64, notes: Vec<Note>) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.filtered += filtered;
        tally.notes.extend(notes.into_iter().map(|note| note.what));
        for reject in rejects {
            *tally.reasons.entry(reject.reason.clone()).or_default() += 1;
            if tally.samples.len() < SAMPLES {
                tally.samples.push(reject);
            }
        }
    }

    /// Rejected records by reason.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reasons.clone()
    }

    /// The first of them.
    #[must_use]
    pub fn samples(&self) -> Vec<DeadLetter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).samples.clone()
    }

    /// Records that the monitor's filter did not let pass.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).filtered
    }

    /// What a person should know of how the records were read, one sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).notes.clone()
    }
}
