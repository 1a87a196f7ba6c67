//! The records of files, whatever they are written in.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use driftd_dataset::{
    DatasetError, Filtered, FoundRecords, ReadOptions, RecordFileError, RecordFiles, Rejected, ReplayReader, Unread,
    UnreadTimes,
};
use driftd_model::{MonitorPlan, RejectReason, words};
use driftd_window::RecordBatch;

/// The records of some files for one monitor, in the files' order.
///
/// Files of JSON lines that hold records as they go through a topic are decoded as those are, so that a replay gives the
/// verdicts that the daemon gave; all others are tables.
#[derive(Default)]
pub(super) struct Records {
    parts: VecDeque<Part>,
    rows: Option<u64>,
    notes: Vec<String>,
    rejected: Vec<Rejected>,
    filtered: Vec<Filtered>,
    unread: Vec<UnreadTimes>,
}

/// What was not counted, and grows while the records are read.
pub(super) struct Uncounted {
    rejected: Vec<Rejected>,
    filtered: Vec<Filtered>,
    unread: Vec<UnreadTimes>,
}

enum Part {
    Tables(Box<ReplayReader>),
    Lines(Box<RecordFiles>),
}

/// Files that cannot be read any further.
#[derive(Debug)]
pub(super) enum RecordsError {
    Table(DatasetError),
    Lines(RecordFileError),
}

impl Records {
    /// Opens `files` for the monitor of `plan`.
    pub(super) fn open(files: &[PathBuf], read: &ReadOptions, plan: &Arc<MonitorPlan>) -> Result<Self, DatasetError> {
        let mut records = Self::default();
        let kinds: Vec<(Option<FoundRecords>, &PathBuf)> =
            files.iter().map(|file| (FoundRecords::find(file, plan, read), file)).collect();
        if kinds.is_empty() {
            return Err(DatasetError::NoFiles);
        }
        let mut rows = Some(0);
        for run in kinds.chunk_by(|(a, _), (b, _)| a.is_some() == b.is_some()) {
            let lines = run.iter().filter_map(|(lines, _)| lines.clone()).reduce(FoundRecords::and);
            let of_run = if let Some(lines) = lines {
                let of_run = lines.lines(read);
                let batches = RecordFiles::open(lines, plan, read);
                records.rejected.push(batches.rejected());
                records.parts.push_back(Part::Lines(Box::new(batches)));
                of_run
            } else {
                let paths: Vec<PathBuf> = run.iter().map(|(_, file)| (*file).clone()).collect();
                let reader = ReplayReader::open_with(&paths, plan, read)?;
                let of_run = reader.rows();
                records.notes.extend(reader.notes().iter().cloned());
                records.filtered.push(reader.filtered());
                records.unread.push(reader.unread());
                records.parts.push_back(Part::Tables(Box::new(reader)));
                Some(of_run)
            };
            rows = rows.zip(of_run).map(|(rows, more)| rows + more);
        }
        records.rows = rows;
        Ok(records)
    }

    /// Rows of all files together, as far as that can be known before they are read; of lines that hold several, one.
    pub(super) fn rows(&self) -> Option<u64> {
        self.rows
    }

    /// What a person should know about the files, one sentence each.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What will not have been counted once the records were read.
    pub(super) fn uncounted(&self) -> Uncounted {
        let Self { rejected, filtered, unread, .. } = self;
        Uncounted { rejected: rejected.clone(), filtered: filtered.clone(), unread: unread.clone() }
    }
}

impl Uncounted {
    /// Values of tables that stand where an event time should and are none.
    pub(super) fn unread(&self) -> Unread {
        let mut all = Unread::default();
        self.unread.iter().for_each(|part| all.add(part.so_far()));
        all
    }

    /// Records of other models or versions.
    pub(super) fn of_others(&self) -> u64 {
        let of_lines: u64 = self.rejected.iter().map(Rejected::filtered).sum();
        of_lines + self.filtered.iter().map(Filtered::rows).sum::<u64>()
    }

    /// Whether anything could not be decoded.
    pub(super) fn has_rejects(&self) -> bool {
        self.rejected.iter().any(|part| !part.reasons().is_empty())
    }

    /// Whether records were rejected for such a value.
    pub(super) fn has_bad_times(&self) -> bool {
        let reason = RejectReason::BadEventTime.as_str();
        self.rejected.iter().any(|part| part.reasons().contains_key(reason))
    }

    /// What was passed over, one sentence a reason, and what else there is to say of the records.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for part in &self.rejected {
            let samples = part.samples();
            for (reason, count) in part.reasons() {
                let first = samples.iter().find(|sample| sample.reason == reason);
                let first =
                    first.map_or_else(String::new, |f| format!("; the first in line {}: {}", f.offset, f.detail));
                sentences.push(format!("{} rejected as {reason}{first}", words::counted(count, "record", "records")));
            }
            sentences.extend(part.notes());
        }
        let of_others = self.of_others();
        if of_others > 0 {
            let count = words::counted(of_others, "record", "records");
            sentences.push(format!("{count} of other models or versions passed over"));
        }
        sentences
    }
}

impl Iterator for Records {
    type Item = Result<RecordBatch, RecordsError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.parts.front_mut()? {
                Part::Tables(reader) => reader.next().map(|batch| batch.map_err(RecordsError::Table)),
                Part::Lines(batches) => batches.next().map(|batch| batch.map_err(RecordsError::Lines)),
            };
            match batch {
                Some(batch) => return Some(batch),
                None => self.parts.pop_front(),
            };
        }
    }
}

impl fmt::Display for RecordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(error) => error.fmt(f),
            Self::Lines(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RecordsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Table(error) => error.source(),
            Self::Lines(error) => error.source(),
        }
    }
}
