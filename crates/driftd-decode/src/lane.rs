//! One array of a record whose elements are rows: what each row takes of it.

use driftd_model::RejectReason;

use crate::cell::Cell;
use crate::fields::NodeId;
use crate::format::Format;
use crate::parsed::Array;
use crate::reach::{Elements, Fault, FirstFault, Reach};
use crate::reject::Reject;

/// An array, of which each row takes its part.
pub(crate) struct Lane {
    pub(crate) node: NodeId,
    array: Array,
    elements: Elements,
    /// Number of rows.
    pub(crate) rows: usize,
    part: Part,
}

/// What a row takes.
enum Part {
    /// An element, which stands in place of the array and may have to be an object, as the first one is.
    Place { objects: bool },
    /// An element, which is read as the child for every element.
    Every,
    /// As many single values as a row of the tensor has, some of which are wanted.
    Tensor { wanted: Vec<(usize, NodeId)>, lists: Vec<NodeId>, len: usize },
}

impl Lane {
    /// The elements in place of the array.
    pub(crate) fn in_place(array: Array) -> Self {
        let part = Part::Place { objects: false };
        Self { node: array.node, array, elements: Elements::of(array), rows: array.len, part }
    }

    /// The same of rows, each of which is an object.
    pub(crate) fn of_objects(array: Array) -> Self {
        Self { part: Part::Place { objects: true }, ..Self::in_place(array) }
    }

    /// Every element. Single values of which columns are wanted, and that are a tensor because a shape of several
    /// dimensions stands beside them, are as many rows as that says.
    ///
    /// # Errors
    /// The shape is not that of the values, in words.
    pub(crate) fn every<F: Format>(array: Array, columns: bool, reach: &Reach<'_, F>) -> Result<Self, String> {
        let lane = Self { part: Part::Every, ..Self::in_place(array) };
        let list = reach.fields.steps(array.node).and_then(|steps| steps.shape);
        let shape = list.and_then(|list| reach.said.shape(list));
        let (Some(list), Some([rows, row @ ..])) = (list, shape) else {
            return Ok(lane);
        };
        if !columns || row.is_empty() || reach.begins_with(array, &['[', '{']) {
            return Ok(lane);
        }
        let len = product(row);
        if len.and_then(|len| len.checked_mul(*rows)) != Some(array.len) {
            let of = |node| reach.fields.pointer(node);
            let dimensions: Vec<String> = row.iter().map(ToString::to_string).collect();
            let (list, values) = (of(list), of(array.node));
            let each = dimensions.join(" by ");
            return Err(format!("{list} says {rows} rows of {each} and {values} has {} values", array.len));
        }
        let (mut wanted, mut lists) = (Vec::new(), Vec::new());
        for node in every_of(reach, array.node) {
            place(reach, *node, row, 0, &mut wanted, &mut lists);
        }
        wanted.sort_unstable();
        Ok(Self { rows: *rows, part: Part::Tensor { wanted, lists, len: len.unwrap_or_default() }, ..lane })
    }

    /// Sets the places of the next row.
    pub(crate) fn advance<F: Format>(&mut self, reach: &mut Reach<'_, F>) -> Result<(), Fault> {
        let (fields, source) = (reach.fields, self.array.source);
        let mut first = FirstFault::default();
        match &self.part {
            Part::Place { objects } => {
                reach.parsed.clear_below(fields, self.node);
                if let Some(element) = reach.next(&mut self.elements) {
                    if *objects && !reach.text(source, element).starts_with('{') {
                        let (place, row) = (fields.pointer(self.node), self.elements.seen() - 1);
                        let what = format!("{place}/{row} is no object, unlike the row before it");
                        first.note(Err(Fault::Rows(Reject::new(RejectReason::RaggedRows, what))))?;
                    }
                    first.note(reach.read(source, element, self.node))?;
                }
            }
            Part::Every => {
                let element = reach.next(&mut self.elements);
                for row in every_of(reach, self.node) {
                    reach.parsed.clear_below(fields, *row);
                    if let Some(element) = element {
                        first.note(reach.read(source, element, *row))?;
                    }
                }
            }
            Part::Tensor { wanted, lists, len } => {
                for list in lists {
                    reach.parsed.set(fields, *list, Cell::List);
                }
                let mut wanted = wanted.iter().peekable();
                for index in 0..*len {
                    let Some(element) = reach.next(&mut self.elements) else { break };
                    while let Some((_, node)) = wanted.next_if(|(at, _)| *at == index) {
                        reach.parsed.clear_below(fields, *node);
                        first.note(reach.read(source, element, *node))?;
                    }
                }
            }
        }
        first.outcome()
    }
}

/// The nodes that every element of an array is read as.
fn every_of<'a, F>(reach: &Reach<'a, F>, node: NodeId) -> &'a [NodeId] {
    reach.fields.steps(node).map(|steps| steps.every.as_slice()).unwrap_or_default()
}

/// Which of the values of a row go where: a part of it, which begins at `from` and has these dimensions, is what would
/// stand at `node` if the values were nested.
fn place<F>(
    reach: &Reach<'_, F>,
    node: NodeId,
    dimensions: &[usize],
    from: usize,
    wanted: &mut Vec<(usize, NodeId)>,
    lists: &mut Vec<NodeId>,
) {
    let Some((elements, within)) = dimensions.split_first() else {
        wanted.push((from, node));
        return;
    };
    lists.push(node);
    let size = product(within).unwrap_or_default();
    let children = reach.fields.indices(node).chain(reach.said.named(node));
    for (index, child) in children.filter(|(index, _)| index < elements) {
        place(reach, child, within, from + index * size, wanted, lists);
    }
}

fn product(dimensions: &[usize]) -> Option<usize> {
    dimensions.iter().try_fold(1, |product: usize, dimension| product.checked_mul(*dimension))
}
