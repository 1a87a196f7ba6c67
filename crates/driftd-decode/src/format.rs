//! What the formats of records have in common.

use std::fmt;

use crate::cell::Span;
use crate::fields::{FieldTree, NodeId};
use crate::parsed::ParsedRecord;
use crate::reject::Reject;

/// A format of records: it reads bytes into the cells of wanted fields. Whoever reads messages of a topic, lines of a
/// file or bodies of requests reads them through a format.
pub trait Format: fmt::Debug + Default + Send {
    /// Reads `message`, which holds one record or several: each into `parsed`, whereupon `sink` gets it.
    ///
    /// # Errors
    /// What cannot be read, and what the sink refuses. Of a message with several records, those before may have been
    /// handed over.
    fn read(
        &mut self,
        message: &[u8],
        fields: &FieldTree,
        parsed: &mut ParsedRecord,
        sink: &mut impl RecordSink,
    ) -> Result<(), Reject>;

    /// The element of an array that comes first in `rest`, which begins with an element or behind one and ends where
    /// the last one does.
    fn next_element(record: RecordText<'_>, rest: Span) -> Option<Span>;

    /// Reads an element of an array as the value at `node`.
    ///
    /// # Errors
    /// What cannot be read.
    fn read_element(
        record: RecordText<'_>,
        element: Span,
        fields: &FieldTree,
        node: NodeId,
        parsed: &mut ParsedRecord,
    ) -> Result<(), Reject>;
}

/// Takes the records of a message.
pub trait RecordSink {
    /// More than one record follows. What was taken of them is to be forgotten when one of them cannot be read.
    fn several(&mut self);

    /// Takes the record that was read into `parsed`.
    ///
    /// # Errors
    /// The message holds more than is wanted, or an element of an array cannot be read; nothing of the record was taken
    /// then.
    fn record(&mut self, text: RecordText<'_>, parsed: &mut ParsedRecord) -> Result<(), Reject>;
}

/// The text of a record, which its cells are ranges of.
#[derive(Clone, Copy, Debug)]
pub struct RecordText<'a> {
    /// The text.
    pub text: &'a str,
    /// Where it begins in its message.
    pub start: usize,
}
