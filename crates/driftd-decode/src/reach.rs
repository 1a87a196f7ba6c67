//! What lies behind arrays and texts of a record: elements by their index or by what they are called, JSON and lines of
//! comma-separated values within texts.
//!
//! Whatever is read may hold further arrays and texts; they wait in the parsed record until nothing is left to be read.
//! Arrays that are rows to a monitor are set aside for [`Split`](crate::split::Split).

use std::borrow::Cow;
use std::marker::PhantomData;

use driftd_model::RejectReason;

use crate::cell::{Cell, Span};
use crate::feature::Splits;
use crate::fields::{Choice, FieldTree, NodeId, may_be_json};
use crate::format::{Format, RecordText};
use crate::json::{next_element, read_scratch, repair};
use crate::parsed::{Array, ParsedRecord, Source, TextWithin};
use crate::reject::Reject;

/// Dimensions of a tensor at most.
const DIMENSIONS: usize = 8;

/// Reads on in a record until nothing is left to be read.
pub(crate) struct Reach<'a, F> {
    pub(crate) fields: &'a FieldTree,
    pub(crate) record: RecordText<'a>,
    pub(crate) parsed: &'a mut ParsedRecord,
    /// Lines of a text at most.
    pub(crate) most: usize,
    /// Nodes of texts that nobody reads on in, because that was tried.
    pub(crate) broken: Vec<NodeId>,
    /// What the lists beside arrays say.
    pub(crate) said: Said,
    /// Arrays of which elements were read by their index, and how many they have.
    pub(crate) lengths: Vec<(NodeId, usize)>,
    /// Whether anybody wants to know them.
    pub(crate) watches: bool,
    pub(crate) format: PhantomData<F>,
}

/// What the lists beside arrays say of them.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Of an array's node, the index of an element that was asked for by its name, and the node it is read as.
    named: Vec<(NodeId, usize, NodeId)>,
    /// Rows, columns and so on, by the node of the list.
    shapes: Vec<(NodeId, Vec<usize>)>,
}

/// The arrays of a record that are rows to some monitors.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Arrays of objects, each of which stands in place of the array.
    pub(crate) rows: Vec<Array>,
    /// Predictions and labels, each of which does if there are rows.
    pub(crate) outputs: Vec<Array>,
    /// Arrays of which a pointer wants every element, and whether it wants columns of them.
    pub(crate) every: Vec<(Array, bool)>,
}

/// Why a record is not counted.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be read by anybody.
    Record(Reject),
    /// It has no rows for monitors that split it in this way.
    Rows(Reject),
    /// The text at a node cannot be read on in.
    Text(NodeId, Reject),
}

/// The first fault of several readings, none of which is left out for it, unless nobody can read the record.
#[derive(Debug, Default)]
pub(crate) struct FirstFault(Option<Fault>);

impl FirstFault {
    pub(crate) fn note(&mut self, outcome: Result<(), Fault>) -> Result<(), Fault> {
        match outcome {
            Ok(()) => {}
            Err(fault @ Fault::Record(_)) => return Err(fault),
            Err(fault) => {
                self.0.get_or_insert(fault);
            }
        }
        Ok(())
    }

    pub(crate) fn outcome(self) -> Result<(), Fault> {
        self.0.map_or(Ok(()), Err)
    }
}

impl From<Reject> for Fault {
    fn from(reject: Reject) -> Self {
        Self::Record(reject)
    }
}

impl Said {
    /// How much there is, to go back to.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.named.len(), self.shapes.len())
    }

    pub(crate) fn truncate(&mut self, (named, shapes): (usize, usize)) {
        self.named.truncate(named);
        self.shapes.truncate(shapes);
    }

    /// The shape that stands at the node of a list, if that holds one.
    pub(crate) fn shape(&self, list: NodeId) -> Option<&[usize]> {
        self.shapes.iter().rfind(|(of, _)| *of == list).map(|(_, shape)| shape.as_slice())
    }

    /// Elements of the array at a node that were asked for by name: index and node.
    pub(crate) fn named(&self, node: NodeId) -> impl Iterator<Item = (usize, NodeId)> {
        self.named.iter().filter(move |(of, ..)| *of == node).map(|(_, index, child)| (*index, *child))
    }

    /// An element is called what somebody asked for. Of two of one name the last counts.
    fn name(&mut self, new: (NodeId, usize, NodeId)) {
        match self.named.iter_mut().find(|(of, _, child)| (*of, *child) == (new.0, new.2)) {
            Some(known) => *known = new,
            None => self.named.push(new),
        }
    }
}

impl<F: Format> Reach<'_, F> {
    /// Reads on until nothing is left; what splits the record goes to `sorted`. Of what cannot be read only the first is
    /// said, and everything else is read all the same: whom it concerns shows from the cells.
    pub(crate) fn settle(&mut self, mut split: Option<(&Splits, &mut Sorted)>) -> Result<(), Fault> {
        let mut first = FirstFault::default();
        loop {
            while let Some(list) = self.parsed.lists.pop() {
                self.read_list(list);
            }
            if let Some(text) = self.parsed.within.pop() {
                first.note(self.go_into(text))?;
                continue;
            }
            let Some(array) = self.parsed.arrays.pop() else {
                return first.outcome();
            };
            self.parsed.clear_below(self.fields, array.node);
            self.parsed.set(self.fields, array.node, Cell::List);
            let is_taken = split.as_mut().is_some_and(|(splits, sorted)| self.sort(array, splits, sorted));
            if !is_taken {
                first.note(self.by_index(array))?;
            }
        }
    }

    /// Sorts an array in; whether it stands for its elements from then on.
    fn sort(&self, array: Array, splits: &Splits, sorted: &mut Sorted) -> bool {
        if let Some(columns) = splits.every(array.node) {
            sorted.every.push((array, columns));
        }
        if splits.rows.contains(&array.node) && self.begins_with(array, &['{']) {
            sorted.rows.push(array);
        } else if splits.outputs.contains(&array.node) {
            sorted.outputs.push(array);
        } else {
            return false;
        }
        true
    }

    /// Sets the places that are elements of an array, by their index and by what they are called.
    pub(crate) fn by_index(&mut self, array: Array) -> Result<(), Fault> {
        let fields = self.fields;
        let choices = fields.steps(array.node).map(|steps| steps.choices.as_slice()).unwrap_or_default();
        let mut first = FirstFault::default();
        if !choices.is_empty() && self.begins_with(array, &['{']) {
            choices.iter().try_for_each(|choice| first.note(self.choose(array, choice)))?;
        }
        let mut wanted: Vec<(usize, NodeId)> = fields.indices(array.node).collect();
        if self.watches && !wanted.is_empty() && !self.lengths.iter().any(|(node, _)| *node == array.node) {
            self.lengths.push((array.node, array.len));
        }
        wanted.extend(self.said.named(array.node));
        wanted.sort_unstable();
        let mut elements = Elements::of(array);
        for (index, child) in wanted {
            let Some(element) = self.at(&mut elements, index) else { break };
            first.note(self.read(array.source, element, child))?;
        }
        first.outcome()
    }

    /// Sets the places that are objects of an array whose member has a value that is asked for. Of two such objects the
    /// last counts.
    fn choose(&mut self, array: Array, choice: &Choice) -> Result<(), Fault> {
        let (mut elements, mut first) = (Elements::of(array), FirstFault::default());
        let mut shown = String::new();
        while let Some(element) = self.next(&mut elements) {
            if !self.text(array.source, element).starts_with('{') {
                continue;
            }
            self.parsed.clear_below(self.fields, choice.probe);
            first.note(self.read(array.source, element, choice.probe))?;
            let found = self.parsed.cell(choice.found);
            let value = self.parsed.texts(self.record.text).shown(found, &mut shown);
            if let Some(child) = value.and_then(|value| choice.of.get(value)).copied() {
                self.parsed.clear_below(self.fields, child);
                first.note(self.read(array.source, element, child))?;
            }
        }
        first.outcome()
    }

    /// Notes what a list says of the array beside it.
    fn read_list(&mut self, list: Array) {
        let fields = self.fields;
        let Some(steps) = fields.steps(list.node) else { return };
        let mut elements = Elements::of(list);
        if steps.is_shape && list.len <= DIMENSIONS {
            let mut shape = Vec::with_capacity(list.len);
            while let Some(element) = self.next(&mut elements) {
                shape.extend(self.text(list.source, element).parse::<usize>().ok());
            }
            if shape.len() == list.len {
                self.said.shapes.push((list.node, shape));
            }
        }
        if steps.names.is_empty() {
            return;
        }
        let mut elements = Elements::of(list);
        while let Some(element) = self.next(&mut elements) {
            let index = elements.index - 1;
            let asked = |name: &str| -> Vec<(NodeId, NodeId)> {
                let arrays = steps.names.iter().filter_map(|array| Some((*array, fields.steps(*array)?)));
                let choices = arrays.flat_map(|(array, steps)| steps.choices.iter().map(move |choice| (array, choice)));
                let beside = choices.filter(|(_, choice)| choice.beside == Some(list.node));
                beside.filter_map(|(array, choice)| Some((array, *choice.of.get(name)?))).collect()
            };
            let found = asked(&name_of(self.text(list.source, element)));
            for (array, child) in found {
                self.said.name((array, index, child));
            }
        }
    }

    /// Reads on in a text.
    fn go_into(&mut self, text: TextWithin) -> Result<(), Fault> {
        let fields = self.fields;
        self.parsed.clear_below(fields, text.node);
        if self.broken.contains(&text.node) {
            return Ok(());
        }
        let Some(steps) = fields.steps(text.node) else { return Ok(()) };
        let (source, span) = match text.cell {
            Cell::Text(span) => (Source::Record, span),
            Cell::Resolved(span) => (Source::Scratch, span),
            _ => return Ok(()),
        };
        if steps.json && may_be_json(self.text(source, span)) {
            let part = if source == Source::Scratch { span } else { self.keep(span.of(self.record.text))? };
            if let Err(error) = read_scratch(part, fields, text.node, self.parsed) {
                self.read_repaired(part, &error, text.node).map_err(|reject| {
                    // What stands before the place where it is broken means nothing.
                    self.parsed.clear_below(fields, text.node);
                    Fault::Text(text.node, reject)
                })?;
            }
            // To whom the text is a value, it is one.
            self.parsed.set(fields, text.node, text.cell);
        }
        steps.csv.map_or(Ok(()), |lines| self.read_lines(text, lines))
    }

    /// Reads on in a text that the parser has refused, which may be for something that is read all the same.
    fn read_repaired(&mut self, part: Span, error: &serde_json::Error, node: NodeId) -> Result<(), Reject> {
        let fields = self.fields;
        self.parsed.clear_below(fields, node);
        let text = part.of(&self.parsed.scratch);
        let place = fields.pointer(node);
        let refused = |reject: Reject| {
            let at = reject.byte.map_or_else(String::new, |byte| format!("byte {byte} of "));
            Reject { what: format!("{at}the text at {place}: {}", reject.what), byte: None, ..reject }
        };
        let reject = refused(Reject::from_parser(error, text, 0));
        let Some(text) = repair(text).filter(|_| reject.reason == RejectReason::MalformedJson) else {
            return Err(reject);
        };
        let part = self.keep(&text)?;
        read_scratch(part, fields, node, self.parsed).map_err(|_| reject)
    }

    /// The lines of a text become an array at `node`.
    fn read_lines(&mut self, text: TextWithin, node: NodeId) -> Result<(), Fault> {
        let mut csv = self.parsed.csv.take().unwrap_or_default();
        let lines = self.parsed.texts(self.record.text).text(text.cell).unwrap_or_default();
        let read = csv.read(lines, self.most).map(|(json, len)| (self.keep(json), len));
        self.parsed.csv = Some(csv);
        let Ok((content, len)) = read else {
            return Err(Fault::Record(Reject::new(RejectReason::TooLarge, format!("more than {} rows", self.most))));
        };
        self.parsed.arrays.push(Array { node, source: Source::Scratch, content: content?, len });
        Ok(())
    }

    /// Keeps a text for as long as the cells that are ranges of it.
    fn keep(&mut self, text: &str) -> Result<Span, Reject> {
        let scratch = &mut self.parsed.scratch;
        let start = scratch.len();
        if start + text.len() > u32::MAX as usize {
            let what = "texts within it, which are more than 4 GiB";
            return Err(Reject::new(RejectReason::TooLarge, what));
        }
        scratch.push_str(text);
        Ok(Span::new(start, scratch.len()))
    }

    /// Reads an element as the value at `node`, where nothing stands.
    pub(crate) fn read(&mut self, source: Source, element: Span, node: NodeId) -> Result<(), Fault> {
        let Self { record, fields, parsed, .. } = self;
        match source {
            Source::Record => Ok(F::read_element(*record, element, fields, node, parsed)?),
            Source::Scratch => match read_scratch(element, fields, node, parsed) {
                Ok(()) => Ok(()),
                Err(error) => self.read_repaired(element, &error, node).map_err(Fault::Rows),
            },
        }
    }

    /// Whether an array has a first element that begins with one of these.
    pub(crate) fn begins_with(&self, array: Array, chars: &[char]) -> bool {
        // What an array holds begins with its first element, and is nothing where there is none.
        self.text(array.source, array.content).starts_with(chars)
    }

    /// The next element of an array.
    pub(crate) fn next(&self, elements: &mut Elements) -> Option<Span> {
        let Elements { array, rest, index, .. } = elements;
        let element = match array.source {
            Source::Record => F::next_element(self.record, *rest),
            Source::Scratch => next_element(&self.parsed.scratch, *rest),
        }?;
        rest.start = element.end;
        *index += 1;
        elements.last = element;
        Some(element)
    }

    /// The element with that index, which is none before the last one that was asked for.
    pub(crate) fn at(&self, elements: &mut Elements, index: usize) -> Option<Span> {
        if index >= elements.array.len {
            return None;
        }
        while elements.index <= index {
            self.next(elements)?;
        }
        Some(elements.last)
    }

    pub(crate) fn text(&self, source: Source, span: Span) -> &str {
        match source {
            Source::Record => span.of(self.record.text),
            Source::Scratch => span.of(&self.parsed.scratch),
        }
    }
}

/// The elements of an array that were not looked at yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    array: Array,
    rest: Span,
    /// Number of those before.
    index: usize,
    last: Span,
}

impl Elements {
    pub(crate) const fn of(array: Array) -> Self {
        Self { array, rest: array.content, index: 0, last: array.content }
    }

    /// How many were looked at.
    pub(crate) const fn seen(&self) -> usize {
        self.index
    }
}

/// What a name of a list is, which was accepted by the parser.
fn name_of(element: &str) -> Cow<'_, str> {
    let inner = element.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    match inner {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
        Some(_) => Cow::Owned(serde_json::from_str(element).unwrap_or_default()),
        None => Cow::Borrowed(element),
    }
}
