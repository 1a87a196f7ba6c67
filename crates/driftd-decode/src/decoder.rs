//! Messages of a topic become batches for its monitors.

use std::marker::PhantomData;
use std::sync::Arc;

use driftd_model::{DeadLetter, MonitorPlan, Offset, RejectReason};
use driftd_window::RecordBatch;

use crate::fields::{ColumnIndex, FieldTree};
use crate::format::{Format, RecordSink, RecordText};
use crate::json::Json;
use crate::parsed::ParsedRecord;
use crate::reject::Reject;
use crate::rows::{Mark, Row, Rows};
use crate::split::Split;

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
    /// What a person should know of how monitors read the records; a decoder says it once.
    pub notes: Vec<Note>,
}

/// How much a decoder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Load {
    /// Rows, of all monitors together.
    pub rows: usize,
    /// Panes that the rows of a monitor lie in; of the monitor that has most.
    pub panes: usize,
}

/// What a person should know of how a monitor reads records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The same for notes of several decoders that are about the same.
    pub about: String,
    /// One sentence.
    pub what: String,
}

/// Turns the records of one partition into batches, whatever their format.
pub trait RecordDecoder: Send {
    /// Decodes one message; `None` is a message without a payload, a tombstone.
    fn push(&mut self, offset: Offset, payload: Option<&[u8]>);

    /// What the messages since [`finish`](Self::finish) came to so far. A message may be a hundred times as large as its
    /// text, so whoever pushes looks at this, too.
    fn load(&self) -> Load;

    /// What the messages since the last call became; the decoder is empty again.
    fn finish(&mut self) -> Decoded;
}

/// Decodes the messages of one topic for all of its monitors. One a partition; it keeps nothing between two batches but
/// room and what it has said of them, so what a message becomes never depends on the messages before it.
#[derive(Debug)]
pub struct Decoder<F: Format = Json> {
    format: F,
    fields: FieldTree,
    parsed: ParsedRecord,
    rows: Rows,
    bytes: usize,
    /// What stands for members that records leave out.
    filling: Vec<(ColumnIndex, Option<String>)>,
}

impl Default for Limits {
    /// 8 MiB and 65,536 rows.
    fn default() -> Self {
        Self { bytes: 8 << 20, rows: 1 << 16 }
    }
}

impl Decoder {
    /// A decoder of JSON for the monitors of `plans`, with the default limits.
    #[must_use]
    pub fn new(plans: &[Arc<MonitorPlan>]) -> Self {
        Self::with_limits(plans, Limits::default())
    }

    /// A decoder of JSON for the monitors of `plans`.
    #[must_use]
    pub fn with_limits(plans: &[Arc<MonitorPlan>], limits: Limits) -> Self {
        Self::of_format(plans, limits)
    }
}

impl<F: Format> Decoder<F> {
    /// The same decoder, whose rejects say what stood where no event time was, and whose notes what stood where no number
    /// was. Not for what is stored: of records nothing is.
    #[must_use]
    pub fn quoting(mut self) -> Self {
        self.rows.quote();
        self
    }

    /// The same decoder, which makes rows of records without an event time as well, marked
    /// [`driftd_window::NO_EVENT_TIME`].
    #[must_use]
    pub fn keeping_timeless(mut self) -> Self {
        self.rows.keep_timeless();
        self
    }

    /// A decoder for the monitors of `plans`.
    #[must_use]
    pub fn of_format(plans: &[Arc<MonitorPlan>], limits: Limits) -> Self {
        let mut fields = FieldTree::default();
        let rows = Rows::new(plans, &mut fields, limits.rows);
        let parsed = ParsedRecord::new(&fields);
        // Texts are found by 32-bit positions.
        let bytes = limits.bytes.min(u32::MAX as usize);
        Self { format: F::default(), fields, parsed, rows, bytes, filling: Vec::new() }
    }

    /// From now on these are the values of members that a record leaves out, wherever a monitor looks for a member of that
    /// name; none is a null. So is said what the directories that a file lies in say of all its records.
    pub fn fill_with<'a>(&mut self, members: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) {
        self.filling.clear();
        for (name, value) in members {
            let columns = self.fields.columns_named(name);
            self.filling.extend(columns.map(|column| (column, value.map(str::to_owned))));
        }
        // What was filled in before is not to be any more.
        self.parsed.fill_with(&[]);
    }

    /// Decodes one message; `None` is a message without a payload.
    pub fn push(&mut self, offset: Offset, payload: Option<&[u8]>) {
        if let Err(reject) = self.message(offset, payload) {
            self.rows.rejects.push(reject.at(offset));
        }
    }

    /// How much it holds.
    #[must_use]
    pub fn load(&self) -> Load {
        self.rows.load()
    }

    /// What the messages since the last call became; the decoder is empty again.
    pub fn finish(&mut self) -> Decoded {
        Decoded {
            batches: self.rows.take(),
            rejects: std::mem::take(&mut self.rows.rejects),
            filtered: std::mem::take(&mut self.rows.filtered),
            notes: self.rows.take_notes(),
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
        let Self { format, fields, parsed, rows, filling, .. } = self;
        rows.begin();
        let mut sink = MonitorSink::<F> { fields, filling, rows, offset, whole: None, format: PhantomData };
        let done = format.read(bytes, fields, parsed, &mut sink);
        if let (Err(_), Some(mark)) = (&done, sink.whole) {
            rows.go_back(&mark);
        }
        if done.is_ok() {
            rows.end(offset);
        }
        done
    }
}

impl<F: Format> RecordDecoder for Decoder<F> {
    fn push(&mut self, offset: Offset, payload: Option<&[u8]>) {
        Self::push(self, offset, payload);
    }

    fn load(&self) -> Load {
        Self::load(self)
    }

    fn finish(&mut self) -> Decoded {
        Self::finish(self)
    }
}

/// Gives the records of a message to the monitors that want them.
struct MonitorSink<'a, F> {
    fields: &'a FieldTree,
    filling: &'a [(ColumnIndex, Option<String>)],
    rows: &'a mut Rows,
    offset: Offset,
    /// What there was before a message of several records.
    whole: Option<Mark>,
    format: PhantomData<F>,
}

impl<F: Format> RecordSink for MonitorSink<'_, F> {
    fn several(&mut self) {
        self.whole = Some(self.rows.mark());
    }

    #[inline]
    fn record(&mut self, record: RecordText<'_>, parsed: &mut ParsedRecord) -> Result<(), Reject> {
        if !self.filling.is_empty() {
            parsed.fill_with(self.filling);
        }
        let wanted = if parsed.is_read() {
            let row = Row { offset: self.offset, cells: &parsed.cells, texts: parsed.texts(record.text), splits: None };
            self.rows.add(row)?
        } else {
            let mark = self.rows.mark();
            let wanted = Split::<F>::new(self.fields, record, parsed, self.offset).add_to(self.rows, &mark);
            if wanted.is_err() {
                self.rows.go_back(&mark);
            }
            wanted?
        };
        self.rows.filtered += u64::from(!wanted);
        Ok(())
    }
}
