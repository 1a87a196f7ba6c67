//! Files of records as they went through a topic: one object a line, or however objects may follow one another.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use driftd_decode::{Decoder, Limits, Load, Note};
use driftd_model::{DeadLetter, MonitorPlan, Offset, RejectReason};
use driftd_window::RecordBatch;

use crate::DatasetError;
use crate::blob::Blob;
use crate::format::Format;
use crate::input::{Input, InputFile};
use crate::ndjson::Lines;
use crate::options::ReadOptions;

/// Lines of a batch. Batches are always cut alike, so that a replay that is repeated finds where it was.
const LINES: usize = 1 << 12;
/// Rows of a batch, and panes that they lie in; its last line may be of many.
const ROWS: usize = 1 << 17;
const PANES: usize = 2048;
/// Rejects of which the place is kept.
const SAMPLES: usize = 20;
/// Lines that are looked at to see whether a file holds records.
const LOOKED_AT: usize = 100;

/// A file of records that could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RecordFileError(#[from] DatasetError);

/// Files that hold records as they go through a topic.
#[derive(Clone, Debug)]
pub struct FoundRecords(Vec<InputFile>);

/// The records of files for one monitor, decoded exactly as they are when they come from a topic.
///
/// A line that cannot be decoded is passed over and counted in [`RecordFiles::rejected`]. Offsets of rejects are line
/// numbers, counted from 1 through all files. What the directories that a file lies in say of its records stands for
/// members that they leave out.
#[derive(Debug)]
pub struct RecordFiles {
    decoder: Decoder,
    limits: Limits,
    options: ReadOptions,
    files: std::vec::IntoIter<InputFile>,
    open: Option<Lines>,
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

impl FoundRecords {
    /// The files that `named` names, if they hold records as they go through a topic and no flat tables, which have a
    /// reader of their own. What cannot be read is left to that, which says why.
    #[must_use]
    pub fn find(named: &Path, plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Option<Self> {
        let input = Input::find(&[named.to_owned()], options).ok()?;
        let first = input.files.first().filter(|_| input.format == Format::Ndjson)?;
        let fits = RecordFiles::of(vec![first.clone()], plan, options).fit().unwrap_or(false);
        fits.then_some(Self(input.files))
    }

    /// These files and then `further` ones.
    #[must_use]
    pub fn and(mut self, further: Self) -> Self {
        self.0.extend(further.0);
        self
    }

    /// Their lines, for whoever wants to know beforehand; nothing where that would mean to fetch or to unpack all of them.
    #[must_use]
    pub fn lines(&self, options: &ReadOptions) -> Option<u64> {
        self.0.iter().map(|file| lines(file, options)).sum()
    }
}

fn lines(file: &InputFile, options: &ReadOptions) -> Option<u64> {
    if file.is_remote() {
        return None;
    }
    let blob = match file.open(true, options) {
        Err(DatasetError::EmptyFile { .. }) => return Some(0),
        opened => opened.ok().filter(Blob::is_plain)?,
    };
    let (mut text, mut lines, mut buffer) = (blob.text().ok()?, 0, vec![0; 1 << 20]);
    loop {
        match text.read(&mut buffer).ok()? {
            0 => return Some(lines),
            read => lines += memchr::memchr_iter(b'\n', buffer.get(..read).unwrap_or_default()).count() as u64,
        }
    }
}

impl RecordFiles {
    /// The records of the files `paths`, in their order.
    #[must_use]
    pub fn new(paths: &[PathBuf], plan: &Arc<MonitorPlan>) -> Self {
        Self::of(paths.iter().map(|path| InputFile::alone(path)).collect(), plan, &ReadOptions::default())
    }

    /// The records of `files`, in their order, to be read as `options` say.
    #[must_use]
    pub fn open(files: FoundRecords, plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Self {
        Self::of(files.0, plan, options)
    }

    fn of(files: Vec<InputFile>, plan: &Arc<MonitorPlan>, options: &ReadOptions) -> Self {
        let limits = Limits::default();
        Self {
            decoder: Decoder::with_limits(std::slice::from_ref(plan), limits).quoting(),
            limits,
            options: options.clone(),
            files: files.into_iter(),
            open: None,
            before: 0,
            rejected: Rejected::default(),
        }
    }

    /// Whether one of the first records of a file has a value at the place of the monitor's event time: records as they
    /// go through a topic do, flat tables need not.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn fits(path: &Path, plan: &Arc<MonitorPlan>) -> Result<bool, RecordFileError> {
        Self::new(&[path.to_owned()], plan).fit()
    }

    fn fit(mut self) -> Result<bool, RecordFileError> {
        for _ in 0..LOOKED_AT {
            if !self.next_record()? {
                break;
            }
            let decoded = self.decoder.finish();
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

    /// Whether a batch may take another record: a line may be thousands of rows, or lie in many panes.
    fn has_room(&self) -> bool {
        let Load { rows, panes } = self.decoder.load();
        rows < ROWS && panes < PANES
    }

    /// Decodes the next record; false after the last one of the last file.
    fn next_record(&mut self) -> Result<bool, RecordFileError> {
        loop {
            let Some(lines) = &mut self.open else {
                let Some(file) = self.files.next() else {
                    return Ok(false);
                };
                let blob = match file.open(true, &self.options) {
                    Err(DatasetError::EmptyFile { .. }) => continue,
                    opened => opened?,
                };
                let filed = file.partitions.iter().map(|filed| (filed.column.as_str(), filed.value.as_deref()));
                self.decoder.fill_with(filed);
                self.open = Some(Lines::open(&blob)?);
                continue;
            };
            if lines.advance(self.limits.bytes as u64)? {
                self.decoder.push(Offset((self.before + lines.line()) as i64), Some(lines.text()));
                return Ok(true);
            }
            self.before += lines.lines();
            self.open = None;
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
                    Ok(true) if self.has_room() => {}
                    Ok(true) => break,
                    Ok(false) => {
                        more = false;
                        break;
                    }
                    Err(error) => {
                        // After an error nothing more can be trusted: the next call ends the iteration.
                        (self.open, self.files) = (None, Vec::new().into_iter());
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
