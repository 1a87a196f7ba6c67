//! One monitor's half of a decoder: what it wants of a record, and the batch it gets.

use std::collections::HashMap;

use driftd_model::{MonitorPlan, Pointer};
use driftd_window::{NO_EVENT_TIME, RecordBatch, SegmentColumn, SegmentKey};
use foldhash::fast::FixedState;

use crate::cell::{Cell, Texts};
use crate::column::{ColumnBuilder, take};
use crate::decoder::Note;
use crate::dictionary::Dictionary;
use crate::feature::{FieldIndex, Splits};
use crate::fields::{ColumnIndex, FieldTree, NodeId};
use crate::opened::OpenedPanes;
use crate::parsed::cell;
use crate::unread::Watches;

/// A monitor, and the rows it has so far.
#[derive(Debug)]
pub(crate) struct Target {
    /// Name of the monitor.
    pub(crate) name: String,
    /// Which of the decoder's event times is its own.
    pub(crate) time: usize,
    /// Which of the decoder's ways to split records is its own.
    pub(crate) splits: usize,
    /// Nodes on the way to its values. Sorted.
    pub(crate) through: Vec<NodeId>,
    /// It does not get the record that is being split, in which a text on that way is broken.
    pub(crate) is_left_out: bool,
    /// Arrays of which it reads elements by their index.
    pub(crate) watches: Watches,
    native: ColumnIndex,
    times: Vec<i64>,
    features: Vec<(FieldIndex, ColumnBuilder)>,
    /// Names of the features.
    names: Vec<String>,
    labels: Option<Labels>,
    opened: OpenedPanes,
    /// The last message that had a row for it, and the rows before that one.
    message: u64,
    before: usize,
}

impl Target {
    pub(crate) fn new(plan: &MonitorPlan, fields: &mut FieldTree, splits: &mut Splits) -> Self {
        let features = plan.features().iter();
        let features = features.map(|f| {
            (FieldIndex::of(f, fields, splits), ColumnBuilder::of(&f.layout).with_default(f.default.as_ref()))
        });
        let features = features.collect();
        let monitor = plan.monitor();
        Self {
            name: monitor.id.as_str().to_owned(),
            time: 0,
            splits: 0,
            native: FieldIndex::native(fields),
            times: Vec::new(),
            features,
            names: plan.features().iter().map(|feature| feature.name.as_str().to_owned()).collect(),
            labels: monitor.segments.as_ref().map(|segments| Labels::new(&segments.by, fields, splits)),
            watches: Watches::default(),
            through: Vec::new(),
            is_left_out: false,
            opened: OpenedPanes::new(monitor.pane),
            message: 0,
            before: 0,
        }
    }

    /// Whether a message that was decoded opens more panes than it may; then its rows are forgotten.
    pub(crate) fn end(&mut self, message: u64) -> bool {
        let is_too_many = self.message == message && self.opened.is_too_many();
        if is_too_many {
            self.truncate(self.before);
        }
        is_too_many
    }

    /// How many panes the rows lie in.
    pub(crate) fn panes(&self) -> usize {
        self.opened.count()
    }

    /// Appends a row of a message with that event time, unless the message has opened too many panes.
    pub(crate) fn push(&mut self, message: u64, at: i64, cells: &[Cell], texts: Texts<'_>) {
        if self.message != message {
            (self.message, self.before) = (message, self.rows());
            self.opened.begin();
        }
        if at != NO_EVENT_TIME && !self.opened.enter(at) {
            return;
        }
        self.times.push(at);
        let native = cell(cells, self.native) == Cell::Object;
        for (places, builder) in &mut self.features {
            builder.push(places.find(cells, native), texts);
        }
        if let Some(labels) = &mut self.labels {
            labels.push(cells, texts);
        }
    }

    /// Has the first text kept that is no number, of every feature of numbers.
    pub(crate) fn keep_odd(&mut self) {
        self.features.iter_mut().for_each(|(_, builder)| builder.keep_odd());
    }

    /// What there is to say of those that were found since.
    pub(crate) fn take_odd(&mut self) -> Vec<Note> {
        let Self { name, names, features, .. } = self;
        let odd =
            features.iter_mut().zip(&*names).filter_map(|((_, builder), feature)| Some((feature, builder.take_odd()?)));
        let note = |(feature, text): (&String, String)| Note {
            about: format!("{name} {feature}"),
            what: format!("feature {feature:?} has values that are no numbers, such as {text:?}"),
        };
        odd.map(note).collect()
    }

    /// Rows so far.
    pub(crate) fn rows(&self) -> usize {
        self.times.len()
    }

    /// Forgets the rows from `rows` on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        if rows >= self.rows() {
            return;
        }
        if rows <= self.before {
            self.opened.undo();
        }
        self.times.truncate(rows);
        self.features.iter_mut().for_each(|(_, builder)| builder.truncate(rows));
        self.labels.iter_mut().for_each(|labels| labels.codes.truncate(rows));
    }

    /// The rows as a batch; the target is empty again.
    #[expect(clippy::expect_used, reason = "every column is pushed to once a row, with codes of its own list")]
    pub(crate) fn take(&mut self) -> RecordBatch {
        let columns = self.features.iter_mut().map(|(_, builder)| builder.take()).collect();
        let segments = self.labels.as_mut().map(Labels::take);
        self.opened.clear();
        RecordBatch::new(take(&mut self.times), segments, columns).expect("columns have one value a row")
    }
}

/// The segment of every row, by the labels it carries.
#[derive(Debug)]
struct Labels {
    labels: Vec<Label>,
    /// Segments by the codes of their labels.
    known: HashMap<Box<[u32]>, u32, FixedState>,
    keys: Vec<SegmentKey>,
    codes: Vec<u32>,
    /// The codes of the labels of one row.
    combination: Vec<u32>,
    shown: String,
}

/// One label of a segment.
#[derive(Debug)]
struct Label {
    name: String,
    column: ColumnIndex,
    values: Dictionary,
}

impl Labels {
    fn new(by: &[Pointer], fields: &mut FieldTree, splits: &mut Splits) -> Self {
        let label = |pointer: &Pointer| {
            let place = fields.want_pointer(pointer);
            splits.add_every(&place);
            Label { name: pointer.column(), column: place.column, values: Dictionary::default() }
        };
        Self {
            labels: by.iter().map(label).collect(),
            known: HashMap::default(),
            keys: Vec::new(),
            codes: Vec::new(),
            combination: Vec::new(),
            shown: String::new(),
        }
    }

    fn push(&mut self, cells: &[Cell], texts: Texts<'_>) {
        self.combination.clear();
        for label in &mut self.labels {
            self.combination.push(label.values.code_of(cell(cells, label.column), texts, &mut self.shown));
        }
        let code = match self.known.get(self.combination.as_slice()) {
            Some(code) => *code,
            None => {
                let code = self.keys.len() as u32;
                let labels = self.labels.iter().zip(&self.combination);
                self.keys.push(SegmentKey::from_labels(
                    labels.map(|(label, code)| (label.name.as_str(), label.values.text(*code))),
                ));
                self.known.insert(self.combination.as_slice().into(), code);
                code
            }
        };
        self.codes.push(code);
    }

    fn take(&mut self) -> SegmentColumn {
        self.known.clear();
        self.labels.iter_mut().for_each(|label| drop(label.values.take()));
        SegmentColumn { codes: take(&mut self.codes), keys: std::mem::take(&mut self.keys) }
    }
}
