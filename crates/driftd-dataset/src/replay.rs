//! Files read as a monitor's traffic.

use std::path::{Path, PathBuf};

use driftd_model::MonitorPlan;
use driftd_stats::FeatureAggregate;
use driftd_window::{Column, RecordBatch, SegmentKey};

use crate::notes::Notes;
use crate::options::ReadOptions;
use crate::segments::Labels;
use crate::select::{Filtered, Selection};
use crate::table::Batches;
use crate::times::{Times, UnreadTimes};
use crate::values::{Chunk, Reading, Values, Wanted};
use crate::{ColumnInfo, ColumnKind, DatasetError, Table};

/// Rows of a batch at most.
const BATCH_ROWS: usize = 1 << 16;

/// The rows of one or more files, in the files' order, as batches for the reducer of a monitor.
///
/// A feature is the column of its path's last token, or of its own name where it has no path or one with steps into
/// arrays and texts; event time and segments are the columns of
/// the last tokens of their pointers, and so are model and version where the monitor filters by them. Event times may be
/// timestamps, dates, and whatever the monitor's [`driftd_window::TimeReader`] reads; timestamps and dates without a zone
/// are in the monitor's. A row whose event time is
/// missing or unreadable keeps its place, marked [`driftd_window::NO_EVENT_TIME`], so that the reducer can count it as
/// rejected. Rows need not be sorted.
pub struct ReplayReader {
    tables: Vec<Table>,
    /// Columns of the features, and how they are wanted wherever they stand.
    features: Vec<(String, Wanted)>,
    labels: Option<Labels>,
    selection: Selection,
    /// What the selection's columns hold in the table that is being read.
    filter_kinds: Vec<Option<ColumnKind>>,
    unread: UnreadTimes,
    event_time: String,
    notes: Vec<String>,
    rows: u64,
    read: u64,
    next_table: usize,
    batches: Option<Batches>,
}

impl ReplayReader {
    /// Opens `paths` for the monitor of `plan`.
    ///
    /// # Errors
    /// No file at all, a file that cannot be opened, one without the event time column or whose event time column can
    /// hold none, and names that fit several columns. A feature or segment column that is not there is a note, and
    /// all its values are missing.
    pub fn open(paths: &[PathBuf], plan: &MonitorPlan) -> Result<Self, DatasetError> {
        Self::open_with(paths, plan, &ReadOptions::default())
    }

    /// Opens `paths` for the monitor of `plan`, to be read as `options` say.
    ///
    /// # Errors
    /// As [`ReplayReader::open`].
    pub fn open_with(paths: &[PathBuf], plan: &MonitorPlan, options: &ReadOptions) -> Result<Self, DatasetError> {
        if paths.is_empty() {
            return Err(DatasetError::NoFiles);
        }
        let monitor = plan.monitor();
        let column = |f: &driftd_model::PlannedFeature| {
            // Flat files have no arrays and texts to step into; there the feature goes by its own name.
            let path = f.path.as_ref().filter(|path| !path.is_nested());
            path.map_or_else(|| f.name.as_str().to_owned(), driftd_model::Pointer::column)
        };
        let baseline = plan.baseline_of(&SegmentKey::all()).map(|(_, aggregates)| aggregates).unwrap_or_default();
        let wanted = |(f, baseline): (&driftd_model::PlannedFeature, &FeatureAggregate)| {
            (column(f), Wanted::for_feature(None, &f.layout, baseline))
        };
        let defaults: Vec<_> = plan.features().iter().filter_map(|f| Some((column(f), f.default.as_ref()?))).collect();
        let named = || defaults.iter().map(|(name, value)| (name.as_str(), *value));
        let open = |path: &PathBuf| {
            let table = Table::open_all(std::slice::from_ref(path), options)?;
            table.with_times(monitor.shape.times.clone()).with_defaults(named())
        };
        let mut reader = Self {
            tables: paths.iter().map(open).collect::<Result<_, _>>()?,
            features: plan.features().iter().zip(baseline).map(wanted).collect(),
            labels: monitor.segments.as_ref().map(|s| Labels::new(&s.by)),
            selection: Selection::new(monitor),
            filter_kinds: Vec::new(),
            unread: UnreadTimes::default(),
            event_time: monitor.shape.event_time.column(),
            notes: Vec::new(),
            rows: 0,
            read: 0,
            next_table: 0,
            batches: None,
        };
        reader.rows = reader.tables.iter().map(Table::rows).sum();
        let mut notes = Notes::default();
        reader.tables.iter().try_for_each(|table| reader.check(table, &mut notes))?;
        reader.notes = notes.sentences();
        Ok(reader)
    }

    /// Rows of all files together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows handed out so far.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.read
    }

    /// What a person should know about the files, one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The next batch, of 65,536 rows at most; nothing after the last row.
    ///
    /// # Errors
    /// A file that turns out to be damaged.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, DatasetError> {
        loop {
            if let Some(batches) = &mut self.batches {
                if let Some(chunk) = batches.next(BATCH_ROWS)? {
                    self.read += chunk.rows as u64;
                    return self.assemble(chunk).map(Some);
                }
                self.batches = None;
            }
            let Some(table) = self.tables.get(self.next_table) else {
                return Ok(None);
            };
            self.filter_kinds = self.selection.found_in(table)?;
            self.batches = Some(table.batches(self.wanted(table)?)?);
            self.next_table += 1;
        }
    }

    /// Rows that the monitor's filter did not let pass, counted while they are read.
    #[must_use]
    pub fn filtered(&self) -> Filtered {
        self.selection.passed_over()
    }

    /// Values that stand where an event time should and are none, counted while they are read.
    #[must_use]
    pub fn unread(&self) -> UnreadTimes {
        self.unread.clone()
    }

    /// Event time first, then features, then labels, then what is filtered by.
    fn wanted(&self, table: &Table) -> Result<Vec<Wanted>, DatasetError> {
        let texts = Wanted::new(None, Reading::Texts);
        let times = std::iter::once((&self.event_time, Wanted::new(None, Reading::Times)));
        let features = self.features.iter().map(|(name, wanted)| (name, *wanted));
        let labels = self.labels.iter().flat_map(Labels::names).map(|name| (name, texts));
        let wanted = |(name, wanted): (&String, Wanted)| Ok(Wanted { column: table.find(name)?, ..wanted });
        let filters = self.selection.names().iter().map(|name| (name, texts));
        times.chain(features).chain(labels).chain(filters).map(wanted).collect()
    }

    /// What is wrong or remarkable about a file, before anything is counted.
    fn check(&self, table: &Table, notes: &mut Notes) -> Result<(), DatasetError> {
        check_event_time(table, &self.event_time)?;
        notes.extend(table.noted());
        let path = table.path();
        let names = self.features.iter().map(|(name, _)| name).chain(self.labels.iter().flat_map(Labels::names));
        for (wanted, name) in self.wanted(table)?.iter().skip(1).zip(names) {
            let info = wanted.column.and_then(|c| table.schema().columns().get(c));
            match (info.map(|info| &info.kind), wanted.reading) {
                (Some(ColumnKind::Bool), Reading::Numbers) if wanted.takes_booleans => {}
                (None, _) => notes.add(path, format!("no column {name:?}; all its values count as missing")),
                (Some(ColumnKind::Unsupported(what)), _) => {
                    notes.add(path, format!("column {name:?} holds {what}; all its values count as missing"));
                }
                (Some(ColumnKind::Text | ColumnKind::Bool | ColumnKind::Time), Reading::Numbers) => {
                    let held = info.map(ColumnInfo::shown).unwrap_or_default();
                    notes.add(path, format!("column {name:?} holds {held}, where numbers are expected"));
                }
                _ => {}
            }
        }
        for (name, is_there) in self.selection.names().iter().zip(self.selection.found_in(table)?) {
            if is_there.is_none() {
                notes.add(path, format!("no column {name:?} to filter by; all rows are taken for the monitor's"));
            }
        }
        Ok(())
    }

    fn assemble(&self, chunk: Chunk) -> Result<RecordBatch, DatasetError> {
        let mut times = Vec::new();
        let mut columns = Vec::with_capacity(self.features.len());
        for values in chunk.values {
            match values {
                Values::Times(Times { at, unread }) => {
                    times = at;
                    self.unread.add(unread);
                }
                Values::Column(column) => columns.push(column),
            }
        }
        let mut labels: Vec<Column> = columns.split_off(self.features.len().min(columns.len()));
        let filters = labels.split_off(self.labels.as_ref().map_or(0, |l| l.names().len()).min(labels.len()));
        let segments = self.labels.as_ref().map(|l| l.encode(&labels.iter().collect::<Vec<_>>(), chunk.rows));
        let mut batch = RecordBatch::new(times, segments, columns)
            .map_err(|source| DatasetError::Misaligned { path: self.current().to_owned(), source })?;
        if let Some(keep) = self.selection.keep(&filters, &self.filter_kinds, chunk.rows) {
            batch.retain(&keep);
        }
        Ok(batch)
    }

    fn current(&self) -> &Path {
        self.tables.get(self.next_table.saturating_sub(1)).map_or(Path::new(""), Table::path)
    }
}

impl Iterator for ReplayReader {
    type Item = Result<RecordBatch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch().transpose();
        if matches!(batch, Some(Err(_))) {
            // After an error nothing more can be trusted: the next call ends the iteration.
            self.batches = None;
            self.next_table = self.tables.len();
        }
        batch
    }
}

fn check_event_time(table: &Table, name: &str) -> Result<(), DatasetError> {
    let Some(column) = table.find(name)? else {
        return Err(DatasetError::MissingColumn {
            path: table.path().to_owned(),
            name: name.to_owned(),
            purpose: "event times",
            known: table.schema().names(),
        });
    };
    match table.schema().columns().get(column).map(|c| &c.kind) {
        Some(kind @ (ColumnKind::Bool | ColumnKind::Unsupported(_))) => Err(DatasetError::NoEventTimes {
            path: table.path().to_owned(),
            name: name.to_owned(),
            found: kind.to_string(),
        }),
        _ => Ok(()),
    }
}
