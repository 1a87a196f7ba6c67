//! Decoders: one message in, rows of named columns out.
//!
//! # The native shape
//! One JSON object is one record:
//! ```json
//! {"id": "…", "ts": "2013-07-01T12:00:00Z", "model": "flight-delay", "version": "3",
//!  "features": {"dep_delay": 12.5, "carrier": "UA"}, "prediction": 0.3, "label": null}
//! ```
//! Event time, segments, model, version and features with a `path` are found by their JSON Pointers (RFC 6901). A
//! feature without one is the member of its name of the object `features`, or of the record itself when that has no such
//! object; a name with slashes, as a baseline of nested records gives, is also read as a path. A prediction without
//! a path is `/prediction`, or the member of its name when an object stands there; when nothing does, it is found like
//! a feature. Labels likewise. Members may come in any order, and others are ignored, whatever they hold. Of a name
//! that stands twice in an object the last counts, and nothing of the first.
//!
//! **Values** are typed as files are: a number is correctly rounded to 64 bits, and as a category it is known by its
//! shortest text; booleans are the categories `true` and `false`, and mistyped as numbers; the texts `NaN`, `Infinity`
//! and `-Infinity` are numbers; null and absent are missing; a list or an object is mistyped. A number beyond the range
//! of 64-bit floats at a wanted place makes its record malformed. **Event times** are RFC 3339 text, or seconds,
//! milliseconds, microseconds or nanoseconds since 1970 as a number or a text; every record decides its unit for itself
//! ([`driftd_window::EpochUnit::guess`]), because reading may start anywhere.
//!
//! **Rows.** The object around a feature (`features`, or the parent of its path) may be an array of objects instead:
//! one row each, under one event. Such a record is as good as several, each with one row in place of the array. In it
//! an array at a prediction or label has one element a row, while anything else is the same for all rows. An array
//! whose first element is no object is no array of rows; pointers address its elements by index, as they do everywhere
//! outside the monitor's rows. A message may also hold several objects, one a line. A message is counted whole or, when
//! any of it cannot be read, not at all. Rows without an event time are rejected one by one, and arrays of rows that do
//! not match for the monitors concerned.
//!
//! Everything that is not counted has a [`RejectReason`], except records that no monitor's filter lets pass, which are counted
//! in [`Decoded::filtered`]. Rejects say where and why, never what.
//!
//! # Speed
//! A record is read once, whatever the number of monitors, and a place that several of them want is looked for once. A
//! record that has the same text between its values as an earlier one is read by comparing that text (`template`); every
//! other goes through `serde_json`, with the same result.

mod address;
mod cell;
mod column;
mod dictionary;
mod ndjson;
mod parse;
mod places;
mod reject;
mod rows;
mod scan;
mod split;
mod target;
mod template;
mod tree;

use std::sync::Arc;

use driftd_model::{DeadLetter, MonitorPlan, Offset, RejectReason};
use driftd_window::RecordBatch;
use serde::de::IgnoredAny;

use self::cell::Texts;
pub use self::ndjson::{NdjsonBatches, NdjsonError, Rejected};
use self::parse::Found;
use self::reject::Reject;
use self::rows::{Row, Rows};
use self::split::Split;
use self::template::Templates;
use self::tree::{NodeId, Tree};

/// How large a message may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message.
    pub bytes: usize,
    /// Rows of a message, which may be a hundred times as large in memory as in their text.
    pub rows: usize,
}

/// What a decoder made of the messages since it was last asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// One batch a plan, in their order.
    pub batches: Vec<RecordBatch>,
    /// What was rejected, in the order it came.
    pub rejects: Vec<DeadLetter>,
    /// Records that no monitor's filter let pass.
    pub filtered: u64,
}

/// Decodes the messages of one topic for all of its monitors. One a lane; it keeps nothing between two batches but room
/// and templates, so what a message becomes never depends on the messages before it.
#[derive(Debug)]
pub struct Decoder {
    tree: Tree,
    found: Found,
    templates: Templates,
    rows: Rows,
    bytes: usize,
}

impl Default for Limits {
    /// 8 MiB and 65,536 rows.
    fn default() -> Self {
        Self { bytes: 8 << 20, rows: 1 << 16 }
    }
}

impl Decoder {
    /// A decoder for the monitors of `plans`, with the default limits.
    #[must_use]
    pub fn new(plans: &[Arc<MonitorPlan>]) -> Self {
        Self::with_limits(plans, Limits::default())
    }

    /// A decoder for the monitors of `plans`.
    #[must_use]
    pub fn with_limits(plans: &[Arc<MonitorPlan>], limits: Limits) -> Self {
        let mut tree = Tree::new();
        let rows = Rows::new(plans, &mut tree, limits.rows);
        let found = Found::new(&tree);
        // Texts are found by 32-bit positions.
        let bytes = limits.bytes.min(u32::MAX as usize);
        Self { tree, found, templates: Templates::default(), rows, bytes }
    }

    /// Decodes one message; `None` is a message without a payload.
    pub fn push(&mut self, offset: Offset, payload: Option<&[u8]>) {
        if let Err(reject) = self.message(offset, payload) {
            self.rows.rejects.push(reject.at(offset));
        }
    }

    /// What the messages since the last call became; the decoder is empty again.
    pub fn finish(&mut self) -> Decoded {
        Decoded {
            batches: self.rows.targets.iter_mut().map(target::Target::take).collect(),
            rejects: std::mem::take(&mut self.rows.rejects),
            filtered: std::mem::take(&mut self.rows.filtered),
        }
    }

    fn message(&mut self, offset: Offset, payload: Option<&[u8]>) -> Result<(), Reject> {
        let Some(bytes) = payload else {
            return Err(Reject::new(RejectReason::Tombstone, "a message without a payload"));
        };
        if bytes.len() > self.bytes {
            let what = format!("{} bytes, which is more than {}", bytes.len(), self.bytes);
            return Err(Reject::new(RejectReason::TooLarge, what));
        }
        let json = simdutf8::compat::from_utf8(bytes).map_err(|error| {
            Reject::new(RejectReason::NotUtf8, format!("byte {} begins no character", error.valid_up_to() + 1))
        })?;
        self.rows.begin();
        if self.read_by_template(json) {
            return self.add(offset, json);
        }
        let Some(lines) = lines(json) else {
            return self.parse(offset, json, 0);
        };
        let mark = self.rows.mark();
        let done = lines.into_iter().try_for_each(|(start, line)| self.record(offset, line, start));
        if done.is_err() {
            self.rows.go_back(&mark);
        }
        done
    }

    /// One record of a message that holds several.
    fn record(&mut self, offset: Offset, json: &str, start: usize) -> Result<(), Reject> {
        if self.read_by_template(json) { self.add(offset, json) } else { self.parse(offset, json, start) }
    }

    fn read_by_template(&mut self, json: &str) -> bool {
        self.templates.read(json, &mut self.found)
    }

    /// Reads a record completely; it begins at byte `start` of its message.
    fn parse(&mut self, offset: Offset, json: &str, start: usize) -> Result<(), Reject> {
        self.found.clear();
        let parsed = self.found.parse(&self.tree, json, json, NodeId::ROOT);
        parsed.map_err(|error| Reject::from_parser(&error, json, start))?;
        if !json.trim_ascii_start().starts_with('{') {
            return Err(Reject::new(RejectReason::NotAnObject, format!("byte {}: a record is an object", start + 1)));
        }
        if self.found.arrays.is_empty() {
            self.templates.learn(&self.tree, json);
            return self.add(offset, json);
        }
        let Self { tree, found, rows, .. } = self;
        let mark = rows.mark();
        let wanted = Split { tree, record: json, start, found, offset }.add_to(rows);
        if wanted.is_err() {
            rows.go_back(&mark);
        }
        rows.filtered += u64::from(!wanted?);
        Ok(())
    }

    /// Gives the record that was read to the monitors that want it.
    fn add(&mut self, offset: Offset, record: &str) -> Result<(), Reject> {
        let texts = Texts { record, scratch: &self.found.scratch };
        let wanted = self.rows.add(Row { offset, cells: &self.found.cells, texts, splits: None })?;
        self.rows.filtered += u64::from(!wanted);
        Ok(())
    }
}

/// The lines of a message that holds an object a line, with the byte each begins at; nothing when it holds one value.
fn lines(json: &str) -> Option<Vec<(usize, &str)>> {
    let (first, _) = json.trim_ascii_start().split_once('\n').filter(|(_, rest)| !rest.trim_ascii().is_empty())?;
    // The first line of an object that is spread over lines is no object.
    let whole = first.starts_with('{') && serde_json::from_str::<IgnoredAny>(first).is_ok();
    whole.then(|| {
        let mut start = 0;
        let lines = json.split_inclusive('\n').map(|line| {
            start += line.len();
            (start - line.len(), line)
        });
        lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect()
    })
}

#[cfg(test)]
mod tests;
