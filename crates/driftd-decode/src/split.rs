//! Records that hold arrays and texts that are read on in: what stands at places within them, and rows.
//!
//! A record that is split is as good as several records, each with one row in place of its array of rows. Which arrays
//! are rows depends on the monitor, so this is done once for every different answer.

use driftd_model::{Offset, RejectReason};

use crate::feature::Splits;
use crate::fields::FieldTree;
use crate::format::{Format, RecordText};
use crate::lane::Lane;
use crate::parsed::{Array, ParsedRecord, TextWithin};
use crate::reach::{Fault, FirstFault, Reach, Said, Sorted};
use crate::reject::Reject;
use crate::rows::{Mark, Row, Rows};

/// A parsed record of which not everything was read.
pub(crate) struct Split<'a, F> {
    reach: Reach<'a, F>,
    offset: Offset,
    /// What is to be read on, as the record was parsed.
    arrays: Vec<Array>,
    lists: Vec<Array>,
    within: Vec<TextWithin>,
    /// Length of the scratch text then.
    scratch: usize,
}

impl<'a, F: Format> Split<'a, F> {
    pub(crate) fn new(
        fields: &'a FieldTree,
        record: RecordText<'a>,
        parsed: &'a mut ParsedRecord,
        offset: Offset,
    ) -> Self {
        let (arrays, lists) = (std::mem::take(&mut parsed.arrays), std::mem::take(&mut parsed.lists));
        let (within, scratch) = (std::mem::take(&mut parsed.within), parsed.scratch.len());
        let (said, lengths) = (Said::default(), Vec::new());
        let reach = Reach {
            fields,
            record,
            parsed,
            most: 0,
            broken: Vec::new(),
            said,
            lengths,
            watches: false,
            format: std::marker::PhantomData,
        };
        Self { reach, offset, arrays, lists, within, scratch }
    }

    /// Gives the record's rows to all monitors; whether any wants one. `before` is what there was before it.
    pub(crate) fn add_to(mut self, rows: &mut Rows, before: &Mark) -> Result<bool, Reject> {
        (self.reach.most, self.reach.watches) = (rows.most(), rows.is_watching());
        let mut wanted = false;
        for way in 0..rows.splits.len() {
            let own = (way > 0).then(|| rows.mark());
            wanted |= self.add_way(rows, way, own.as_ref().unwrap_or(before))?;
        }
        if rows.leaves_unread(&self.reach.lengths) {
            let (lengths, fields) = (std::mem::take(&mut self.reach.lengths), self.reach.fields);
            rows.see(&lengths, fields, self.row(0));
        }
        Ok(wanted)
    }

    /// Gives the rows to the monitors that split records in one way; whether any wants one. When a text turns out to be
    /// broken, it is done once more without those that look into it.
    fn add_way(&mut self, rows: &mut Rows, way: usize, before: &Mark) -> Result<bool, Reject> {
        let mut wanted = false;
        self.reach.broken.clear();
        // With what was rejected since.
        let mut later = None;
        let done = loop {
            let mark = later.as_ref().unwrap_or(before);
            match self.try_way(rows, way) {
                Ok(more) => break Ok(wanted | more),
                Err(Fault::Record(reject)) => break Err(reject),
                Err(Fault::Rows(reject)) => {
                    rows.go_back(mark);
                    break Ok(wanted | rows.reject_for(way, None, reject, self.row(way)));
                }
                Err(Fault::Text(node, reject)) => {
                    rows.go_back(mark);
                    wanted |= rows.reject_for(way, Some(node), reject, self.row(way));
                    self.reach.broken.push(node);
                    later = Some(rows.mark());
                }
            }
        };
        if !self.reach.broken.is_empty() {
            rows.leave_out_nobody();
        }
        done
    }

    fn try_way(&mut self, rows: &mut Rows, way: usize) -> Result<bool, Fault> {
        let parsed = &mut *self.reach.parsed;
        parsed.close();
        parsed.scratch.truncate(self.scratch);
        // The last is taken first.
        parsed.arrays.extend(self.arrays.iter().rev());
        parsed.lists.extend(&self.lists);
        parsed.within.extend(&self.within);
        self.reach.said = Said::default();
        let mut sorted = Sorted::default();
        let none = Splits::default();
        let splits = rows.splits.get(way).unwrap_or(&none);
        self.reach.settle(Some((splits, &mut sorted)))?;
        if !sorted.rows.is_empty() || !sorted.every.is_empty() {
            return self.each_row(&sorted, rows, way);
        }
        // Without rows, predictions and labels are what any array is.
        for array in sorted.outputs {
            self.reach.by_index(array)?;
        }
        self.reach.settle(None)?;
        Ok(rows.add(self.row(way))?)
    }

    fn each_row(&mut self, sorted: &Sorted, rows: &mut Rows, way: usize) -> Result<bool, Fault> {
        let ragged = |what| Fault::Rows(Reject::new(RejectReason::RaggedRows, what));
        let mut lanes = self.lanes(sorted).map_err(ragged)?;
        if let Err(what) = self.check(&lanes) {
            // The first row says whose it would be.
            FirstFault::default().note(self.advance(&mut lanes))?;
            return Err(ragged(what));
        }
        let count = lanes.first().map_or(0, |lane| lane.rows);
        rows.leave_room(count)?;
        let (scratch, said) = (self.reach.parsed.scratch.len(), self.reach.said.len());
        let mut wanted = count == 0 && rows.concern(way, self.row(way));
        for _ in 0..count {
            self.advance(&mut lanes)?;
            wanted |= rows.add(self.row(way))?;
            self.reach.parsed.scratch.truncate(scratch);
            self.reach.said.truncate(said);
        }
        Ok(wanted)
    }

    /// Sets the cells of the next row, all of them even if some cannot be read.
    fn advance(&mut self, lanes: &mut [Lane]) -> Result<(), Fault> {
        let mut first = FirstFault::default();
        lanes.iter_mut().try_for_each(|lane| first.note(lane.advance(&mut self.reach)))?;
        first.note(self.reach.settle(None))?;
        first.outcome()
    }

    /// The arrays side by side, or why one is no rows.
    fn lanes(&self, sorted: &Sorted) -> Result<Vec<Lane>, String> {
        let rows = sorted.rows.iter().map(|array| Ok(Lane::of_objects(*array)));
        let outputs = sorted.outputs.iter().map(|array| Ok(Lane::in_place(*array)));
        let every = sorted.every.iter().map(|(array, columns)| Lane::every(*array, *columns, &self.reach));
        rows.chain(outputs).chain(every).collect()
    }

    /// Whether they are the same rows.
    fn check(&self, lanes: &[Lane]) -> Result<(), String> {
        let place = |lane: &Lane| self.reach.fields.pointer(lane.node);
        if let Some(first) = lanes.first()
            && let Some(other) = lanes.iter().find(|lane| lane.rows != first.rows)
        {
            let (a, b) = (place(first), place(other));
            return Err(format!("{a} has {} rows and {b} has {}", first.rows, other.rows));
        }
        Ok(())
    }

    /// The row that the cells hold now.
    fn row(&mut self, way: usize) -> Row<'_> {
        self.reach.parsed.fill();
        let texts = self.reach.parsed.texts(self.reach.record.text);
        Row { offset: self.offset, cells: &self.reach.parsed.cells, texts, splits: Some(way) }
    }
}
