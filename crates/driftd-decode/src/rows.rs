//! Rows on their way into the batches of the monitors that want them.

use std::collections::BTreeMap;
use std::sync::Arc;

use driftd_model::{DeadLetter, MonitorPlan, Offset, Pointer, RejectReason, words};
use driftd_window::{NO_EVENT_TIME, RecordBatch, TimeReader};

use crate::cell::{Cell, Texts};
use crate::decoder::{Load, Note};
use crate::feature::Splits;
use crate::fields::{ColumnIndex, FieldTree, NodeId};
use crate::filter::MonitorFilter;
use crate::opened::MOST_PANES;
use crate::parsed::cell;
use crate::reject::Reject;
use crate::target::Target;
use crate::unread::Watches;

/// Monitors named in the detail of a reject; of more, the number is given.
const NAMED: usize = 3;
/// Characters of what stood where no event time was.
const LONGEST: usize = 40;

/// The monitors of a topic with the rows they have so far, and what was rejected.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) targets: Vec<Target>,
    pub(crate) rejects: Vec<DeadLetter>,
    /// Records that no monitor wanted.
    pub(crate) filtered: u64,
    /// The different ways in which the monitors split records into rows.
    pub(crate) splits: Vec<Splits>,
    filter: MonitorFilter,
    moments: Vec<EventTimeField>,
    /// Monitors that wanted a row and found no event time in it.
    timeless: Vec<usize>,
    notes: Vec<Note>,
    /// Arrays that are read by index, and how many of their first elements every monitor reads that was not told yet that
    /// it leaves some unread.
    watched: BTreeMap<NodeId, usize>,
    /// The number of the message that is being decoded, its rows, and how many it may have.
    message: u64,
    seen: usize,
    most: usize,
    /// What all targets have.
    load: Load,
    /// Whether rejects may say what stood where no event time was.
    quotes: bool,
    /// Whether rows without an event time are rows all the same.
    keeps_timeless: bool,
}

/// A place of event times, read once a row.
#[derive(Debug)]
struct EventTimeField {
    pointer: String,
    column: ColumnIndex,
    reader: TimeReader,
    at: Option<i64>,
}

/// A row of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) offset: Offset,
    pub(crate) cells: &'a [Cell],
    pub(crate) texts: Texts<'a>,
    /// The only way of splitting whose monitors take the row; nothing for a record that nobody splits.
    pub(crate) splits: Option<usize>,
}

/// What there was before a message, to go back to when it turns out to be bad.
#[derive(Debug)]
pub(crate) struct Mark {
    rows: Vec<usize>,
    rejects: usize,
    filtered: u64,
    seen: usize,
}

impl Rows {
    pub(crate) fn new(plans: &[Arc<MonitorPlan>], fields: &mut FieldTree, most: usize) -> Self {
        let mut rows = Self { most, ..Self::default() };
        for plan in plans {
            let mut splits = Splits::default();
            let mut target = Target::new(plan, fields, &mut splits);
            let shape = &plan.monitor().shape;
            let place = fields.want_pointer(&shape.event_time);
            splits.add_every(&place);
            let (pointer, reader) = (shape.event_time.as_str().to_owned(), shape.times.clone());
            let moment = EventTimeField { pointer, column: place.column, reader, at: None };
            let is_same = |a: &EventTimeField, b: &EventTimeField| a.column == b.column && a.reader == b.reader;
            target.time = position_or_push(&mut rows.moments, moment, is_same);
            rows.filter.add(plan.monitor(), fields, &mut splits);
            splits.settle(fields);
            target.splits = position_or_push(&mut rows.splits, splits, PartialEq::eq);
            target.watches = Watches::new(pointers(plan), fields);
            target.through = through(pointers(plan), fields);
            rows.targets.push(target);
        }
        rows.watch();
        rows
    }

    /// Lets rejects say what stood where no event time was, and notes what stood where no number was: for files, of which
    /// nobody keeps what is said.
    pub(crate) fn quote(&mut self) {
        self.quotes = true;
        self.targets.iter_mut().for_each(Target::keep_odd);
    }

    /// What a person should know of the records, each once.
    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        let odd = self.targets.iter_mut().flat_map(Target::take_odd);
        self.notes.extend(odd);
        std::mem::take(&mut self.notes)
    }

    /// Makes rows of what has no event time: for files that are no traffic.
    pub(crate) const fn keep_timeless(&mut self) {
        self.keeps_timeless = true;
    }

    /// Rows that a message may have.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Begins a message.
    pub(crate) fn begin(&mut self) {
        self.seen = 0;
        self.message += 1;
    }

    /// Ends a message: monitors in which it opens too many panes get none of it.
    pub(crate) fn end(&mut self, offset: Offset) {
        // One row opens one pane.
        if self.seen <= MOST_PANES {
            return;
        }
        let message = self.message;
        let ended = (0..).zip(&mut self.targets);
        let refused: Vec<usize> = ended.filter_map(|(place, target)| target.end(message).then_some(place)).collect();
        if !refused.is_empty() {
            self.weigh();
            let named = monitors(refused.iter().filter_map(|place| self.targets.get(*place)));
            let reject =
                Reject::new(RejectReason::TooManyPanes, format!("rows in more than {MOST_PANES} panes: {named}"));
            self.rejects.push(reject.at(offset));
        }
    }

    /// What there is so far.
    pub(crate) const fn load(&self) -> Load {
        self.load
    }

    /// Adds up anew what there is, once rows are gone.
    fn weigh(&mut self) {
        self.load = Load {
            rows: self.targets.iter().map(Target::rows).sum(),
            panes: self.targets.iter().map(Target::panes).max().unwrap_or(0),
        };
    }

    /// The batches of all targets, which are empty again.
    pub(crate) fn take(&mut self) -> Vec<RecordBatch> {
        self.load = Load::default();
        self.targets.iter_mut().map(Target::take).collect()
    }

    /// Whether a message may have that many rows more, before there is one of them.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn leave_room(&self, rows: usize) -> Result<(), Reject> {
        if rows > self.most.saturating_sub(self.seen) { Err(self.too_many()) } else { Ok(()) }
    }

    fn too_many(&self) -> Reject {
        Reject::new(RejectReason::TooLarge, format!("more than {} rows", self.most))
    }

    /// Gives a row to the monitors that want it; whether any does.
    ///
    /// # Errors
    /// More rows than a message may have.
    pub(crate) fn add(&mut self, row: Row<'_>) -> Result<bool, Reject> {
        self.seen += 1;
        if self.seen > self.most {
            return Err(self.too_many());
        }
        self.moments.iter_mut().for_each(|moment| moment.at = None);
        let Row { cells, texts, .. } = row;
        let mut wanted = false;
        for place in self.filter.of(cells, texts) {
            let Some(target) = self.targets.get_mut(*place) else {
                continue;
            };
            if row.splits.is_some_and(|splits| splits != target.splits || target.is_left_out) {
                continue;
            }
            wanted = true;
            let moment = self.moments.get_mut(target.time);
            let at = moment.map_or(NO_EVENT_TIME, |moment| {
                *moment.at.get_or_insert_with(|| texts.time(cell(cells, moment.column), &moment.reader))
            });
            if at == NO_EVENT_TIME && !self.keeps_timeless {
                self.timeless.push(*place);
            } else {
                target.push(self.message, at, cells, texts);
                self.load.panes = self.load.panes.max(target.panes());
                self.load.rows += 1;
            }
        }
        if !self.timeless.is_empty() {
            self.reject_timeless(row);
        }
        Ok(wanted)
    }

    /// One reject for a row, however many monitors found no event time in it.
    #[cold]
    fn reject_timeless(&mut self, row: Row<'_>) {
        let timeless = self.timeless.iter().filter_map(|place| self.targets.get(*place));
        let first = timeless.clone().next().and_then(|target| self.moments.get(target.time));
        let found = first.map_or(Cell::Absent, |moment| cell(row.cells, moment.column));
        let (reason, what) = match found {
            Cell::Absent => (RejectReason::NoEventTime, "nothing"),
            Cell::Null => (RejectReason::NoEventTime, "null"),
            Cell::Bool(_) => (RejectReason::BadEventTime, "a boolean"),
            Cell::Integer(_) | Cell::Large(_) | Cell::Float(_) => {
                (RejectReason::BadEventTime, "a number that is no time")
            }
            Cell::Text(_) | Cell::Resolved(_) => (RejectReason::BadEventTime, "a text that is no time"),
            Cell::List => (RejectReason::BadEventTime, "a list"),
            Cell::Object => (RejectReason::BadEventTime, "an object"),
        };
        let mut shown = String::new();
        let written = row.texts.shown(found, &mut shown).filter(|_| reason == RejectReason::BadEventTime);
        let what = match written {
            Some(text) if self.quotes => format!("{what}, {:?},", words::name(text, LONGEST)),
            Some(text) if row.texts.text(found).is_some() => format!("{what}, of the form {:?},", form(text)),
            _ => what.to_owned(),
        };
        let pointer = first.map_or("", |moment| moment.pointer.as_str());
        let monitors = monitors(timeless);
        let place = if self.seen > 1 { format!(" in row {} of the message", self.seen) } else { String::new() };
        let reject = Reject::new(reason, format!("{what} at {pointer}{place}: {monitors}"));
        self.rejects.push(reject.at(row.offset));
        self.timeless.clear();
    }

    /// Rejects a record for the monitors that want it and split it in one way, or for those of them that look through a
    /// node, who are left out from now on; whether there are any.
    pub(crate) fn reject_for(&mut self, way: usize, through: Option<NodeId>, reject: Reject, row: Row<'_>) -> bool {
        let looks = |target: &Target| through.is_none_or(|node| target.through.binary_search(&node).is_ok());
        let named = {
            let mut wanting = self.wanting(way, row).filter(|target| looks(target)).peekable();
            wanting.peek().is_some().then(|| monitors(wanting))
        };
        let is_wanted = named.is_some();
        if let Some(monitors) = named {
            let what = format!("{}: {monitors}", reject.what);
            self.rejects.push(Reject { what, ..reject }.at(row.offset));
        }
        for target in self.targets.iter_mut().filter(|target| through.is_some() && looks(target)) {
            target.is_left_out = true;
        }
        is_wanted
    }

    /// Monitors that were left out of a record get the next one.
    pub(crate) fn leave_out_nobody(&mut self) {
        self.targets.iter_mut().for_each(|target| target.is_left_out = false);
    }

    /// Whether a record without any row is meant for a monitor that splits it in one way.
    pub(crate) fn concern(&mut self, way: usize, row: Row<'_>) -> bool {
        self.wanting(way, row).next().is_some()
    }

    fn wanting(&mut self, way: usize, row: Row<'_>) -> impl Iterator<Item = &Target> {
        let Self { filter, targets, .. } = self;
        let targets = &*targets;
        let wanting = filter.of(row.cells, row.texts).iter().filter_map(move |place| targets.get(*place));
        wanting.filter(move |target| target.splits == way && !target.is_left_out)
    }

    /// Whether there is an array of which a monitor might leave elements unread without having been told.
    pub(crate) fn is_watching(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Whether somebody might of arrays of these lengths.
    pub(crate) fn leaves_unread(&self, lengths: &[(NodeId, usize)]) -> bool {
        lengths.iter().any(|(array, len)| *len > 1 && self.watched.get(array).is_some_and(|read| read < len))
    }

    /// Notes what monitors that want a record leave unread of arrays of these lengths.
    #[cold]
    pub(crate) fn see(&mut self, lengths: &[(NodeId, usize)], fields: &FieldTree, row: Row<'_>) {
        let Self { filter, targets, notes, .. } = self;
        for place in filter.of(row.cells, row.texts) {
            if let Some(Target { name, watches, .. }) = targets.get_mut(*place) {
                notes.extend(watches.see(name, lengths, fields));
            }
        }
        self.watch();
    }

    fn watch(&mut self) {
        self.watched.clear();
        for (array, read) in self.targets.iter().flat_map(|target| target.watches.read_first()) {
            self.watched.entry(array).and_modify(|least| *least = read.min(*least)).or_insert(read);
        }
    }

    /// Where to go back to.
    pub(crate) fn mark(&self) -> Mark {
        let rows = self.targets.iter().map(Target::rows).collect();
        Mark { rows, rejects: self.rejects.len(), filtered: self.filtered, seen: self.seen }
    }

    /// Forgets everything since `mark`.
    pub(crate) fn go_back(&mut self, mark: &Mark) {
        self.targets.iter_mut().zip(&mark.rows).for_each(|(target, rows)| target.truncate(*rows));
        self.weigh();
        self.rejects.truncate(mark.rejects);
        self.filtered = mark.filtered;
        self.seen = mark.seen;
    }
}

/// What a text looks like, without what it says: digits are nines and letters are `a`.
fn form(text: &str) -> String {
    let form = |c: char| match c {
        '0'..='9' => '9',
        c if c.is_alphabetic() => 'a',
        c if c.is_ascii_graphic() || c == ' ' => c,
        _ => '?',
    };
    text.chars().take(LONGEST).map(form).collect()
}

/// Where a monitor looks.
fn pointers(plan: &MonitorPlan) -> impl Iterator<Item = &Pointer> {
    let monitor = plan.monitor();
    let features = plan.features().iter().filter_map(|feature| feature.path.as_ref());
    let segments = monitor.segments.iter().flat_map(|segments| &segments.by);
    let (shape, filter) = (&monitor.shape, &monitor.filter);
    let model = shape.model_name.as_ref().filter(|_| !filter.models.is_empty());
    let version = shape.model_version.as_ref().filter(|_| !filter.versions.is_empty());
    features.chain(segments).chain([&shape.event_time]).chain(model).chain(version)
}

/// The nodes on the way of pointers that the tree has, sorted.
fn through<'a>(pointers: impl Iterator<Item = &'a Pointer>, fields: &FieldTree) -> Vec<NodeId> {
    let mut through: Vec<NodeId> = pointers
        .flat_map(|pointer| {
            let tokens = pointer.tokens();
            let ways = (1..tokens.len()).map(|len| fields.find(tokens.get(..len).unwrap_or_default()));
            ways.flatten().collect::<Vec<_>>()
        })
        .collect();
    through.sort_unstable();
    through
}

/// The monitors by name, or the first few of many; once each, however many plans of theirs stand side by side.
fn monitors<'a>(targets: impl Iterator<Item = &'a Target>) -> String {
    let mut names: Vec<&str> = targets.map(|target| target.name.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let named = names.join(", ");
    match (names.len(), more) {
        (0 | 1, _) => format!("monitor {named}"),
        (_, 0) => format!("monitors {named}"),
        (_, more) => format!("monitors {named} and {more} more"),
    }
}

fn position_or_push<T>(list: &mut Vec<T>, new: T, same: impl Fn(&T, &T) -> bool) -> usize {
    let known = list.iter().position(|known| same(known, &new));
    known.unwrap_or_else(|| {
        list.push(new);
        list.len() - 1
    })
}
