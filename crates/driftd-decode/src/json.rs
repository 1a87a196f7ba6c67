//! JSON records: one object a message, or one a line of it.
//!
//! A record is tried on the fast path first, which knows the texts between the values of earlier records, and goes
//! through the complete parser where that does not know it. Both read it alike.
//!
//! Two things that are no JSON, but are written by what people write JSON with, are read all the same ([`repair`]): the
//! bare words `NaN`, `Infinity` and `-Infinity`, as their quoted forms are, and half a surrogate pair in a text, which
//! becomes U+FFFD. Both are decided here, once, for messages and for files.

mod elements;
mod fast;
mod parser;
mod repair;

use driftd_model::RejectReason;
use serde::de::IgnoredAny;

use self::fast::FastPath;
use self::parser::Origin;
pub(crate) use self::{elements::next_element, fast::single, repair::repair};
use crate::cell::{Cell, Span};
use crate::fields::{FieldTree, NodeId};
use crate::format::{Format, RecordSink, RecordText};
use crate::parsed::{ParsedRecord, Source};
use crate::reject::Reject;

/// The format JSON. One a reader: it keeps room, and what it knows of earlier records.
#[derive(Debug, Default)]
pub struct Json {
    fast: FastPath,
}

impl Format for Json {
    fn read(
        &mut self,
        message: &[u8],
        fields: &FieldTree,
        parsed: &mut ParsedRecord,
        sink: &mut impl RecordSink,
    ) -> Result<(), Reject> {
        let json = simdutf8::compat::from_utf8(message).map_err(|error| {
            let byte = error.valid_up_to() + 1;
            let what = format!("byte {byte} begins no character");
            Reject { column: byte, ..Reject::new(RejectReason::NotUtf8, what) }
        })?;
        if self.fast.read(json, parsed) {
            return sink.record(RecordText { text: json, start: 0 }, parsed);
        }
        let Some(lines) = lines(json) else {
            return self.read_slowly(RecordText { text: json, start: 0 }, fields, parsed, sink);
        };
        sink.several();
        lines.into_iter().try_for_each(|line| {
            if self.fast.read(line.text, parsed) {
                sink.record(line, parsed)
            } else {
                self.read_slowly(line, fields, parsed, sink)
            }
        })
    }

    fn next_element(record: RecordText<'_>, rest: Span) -> Option<Span> {
        next_element(record.text, rest)
    }

    fn read_element(
        record: RecordText<'_>,
        element: Span,
        fields: &FieldTree,
        node: NodeId,
        parsed: &mut ParsedRecord,
    ) -> Result<(), Reject> {
        if let Some(cell) = whole(record.text, element, fields, node) {
            parsed.set(fields, node, cell);
            return Ok(());
        }
        let json = element.of(record.text);
        let read = parser::parse(fields, Origin::record(record.text), json, node, parsed);
        read.map_err(|error| Reject::from_parser(&error, json, record.start + element.start as usize))
    }
}

/// Reads a part of the scratch text, which is JSON or is to be, as the value at `node`.
pub(crate) fn read_scratch(
    part: Span,
    fields: &FieldTree,
    node: NodeId,
    parsed: &mut ParsedRecord,
) -> serde_json::Result<()> {
    if let Some(cell) = whole(&parsed.scratch, part, fields, node) {
        let cell = if let Cell::Text(span) = cell { Cell::Resolved(span) } else { cell };
        parsed.set(fields, node, cell);
        return Ok(());
    }
    // What is parsed out of it may make it longer.
    let mut copy = std::mem::take(&mut parsed.copy);
    copy.clear();
    copy.push_str(part.of(&parsed.scratch));
    let origin = Origin { whole: &copy, start: part.start as usize, source: Source::Scratch };
    let read = parser::parse(fields, origin, &copy, node, parsed);
    parsed.copy = copy;
    read
}

/// The single value that a part of `text` is, if the fast path can tell and no pointer goes on into it.
#[inline]
fn whole(text: &str, part: Span, fields: &FieldTree, node: NodeId) -> Option<Cell> {
    let (cell, end) = single(text, part.start as usize)?;
    let goes_on = || if let Cell::Text(span) = cell { fields.goes_into(node, span.of(text)) } else { false };
    (end == part.end as usize && !goes_on()).then_some(cell)
}

impl Json {
    /// Reads a record by the complete parser, and learns from it.
    fn read_slowly(
        &mut self,
        record: RecordText<'_>,
        fields: &FieldTree,
        parsed: &mut ParsedRecord,
        sink: &mut impl RecordSink,
    ) -> Result<(), Reject> {
        let is_malformed = |reject: &Reject| reject.reason == RejectReason::MalformedJson;
        let mut done = read_completely(record, fields, parsed, sink);
        // What is wrong may also be within an array, where it only shows when the sink asks for the elements.
        if done.as_ref().is_err_and(is_malformed)
            && let Some(text) = repair(record.text)
        {
            let repaired = read_completely(RecordText { text: &text, ..record }, fields, parsed, sink);
            if !repaired.as_ref().is_err_and(is_malformed) {
                done = repaired;
            }
        }
        if let Shape::Plain = done?
            && parsed.seen.is_none()
        {
            self.fast.learn(fields, record.text);
        }
        Ok(())
    }
}

/// What a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One row.
    Plain,
    /// It holds arrays whose elements are wanted, or texts that are gone into.
    Nested,
}

fn read_completely(
    record: RecordText<'_>,
    fields: &FieldTree,
    parsed: &mut ParsedRecord,
    sink: &mut impl RecordSink,
) -> Result<Shape, Reject> {
    parsed.clear();
    let read = parser::parse(fields, Origin::record(record.text), record.text, NodeId::ROOT, parsed);
    read.map_err(|error| Reject::from_parser(&error, record.text, record.start))?;
    if !record.text.trim_ascii_start().starts_with('{') {
        let byte = Some(record.start + 1);
        return Err(Reject { byte, ..Reject::new(RejectReason::NotAnObject, "a record is an object") });
    }
    let shape = if parsed.is_read() { Shape::Plain } else { Shape::Nested };
    sink.record(record, parsed)?;
    Ok(shape)
}

/// The lines of a message that holds an object a line; nothing when it holds one value.
fn lines(json: &str) -> Option<Vec<RecordText<'_>>> {
    let (first, _) = json.trim_ascii_start().split_once('\n').filter(|(_, rest)| !rest.trim_ascii().is_empty())?;
    // The first line of an object that is spread over lines is no object.
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let whole = first.starts_with('{') && (is_json(first) || repair(first).is_some_and(|text| is_json(&text)));
    whole.then(|| {
        let mut start = 0;
        let lines = json.split_inclusive('\n').map(|line| {
            start += line.len();
            RecordText { text: line, start: start - line.len() }
        });
        lines.filter(|line| !line.text.trim_ascii().is_empty()).collect()
    })
}

#[cfg(test)]
mod tests;
