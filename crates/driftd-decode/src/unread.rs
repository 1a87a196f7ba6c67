//! Elements of arrays that a monitor leaves unread because it reads others by their index.

use std::collections::{BTreeMap, BTreeSet};

use driftd_model::{Pointer, PointerStep};

use crate::decoder::Note;
use crate::fields::{FieldTree, NodeId};

/// The arrays of which a monitor reads elements by their index.
#[derive(Debug, Default)]
pub(crate) struct Watches(BTreeMap<NodeId, Watch>);

#[derive(Debug)]
struct Watch {
    indices: BTreeSet<usize>,
    /// A pointer that reads one of them, and what it would be with a step for every element.
    pointer: String,
    instead: String,
}

impl Watches {
    /// The arrays that these pointers, which the tree has, read by index. An index within an element is the number of a
    /// column, and where rows are read nothing is left.
    pub(crate) fn new<'a>(pointers: impl IntoIterator<Item = &'a Pointer>, fields: &FieldTree) -> Self {
        let mut watches = Self::default();
        let mut rows = BTreeSet::new();
        for pointer in pointers {
            let tokens = pointer.tokens();
            let steps: Vec<PointerStep<'_>> = tokens.iter().map(|token| PointerStep::of(token)).collect();
            let node = |at: usize| fields.find(tokens.get(..at).unwrap_or_default());
            if let Some(every) = steps.iter().position(|step| *step == PointerStep::Every) {
                rows.extend(node(every));
                continue;
            }
            let is_column = |at: usize| at.checked_sub(1).and_then(|before| steps.get(before)?.index()).is_some();
            for (at, step) in steps.iter().enumerate().skip(1).filter(|(at, _)| !is_column(*at)) {
                let (Some(index), Some(array)) = (step.index(), node(at)) else { continue };
                let watch = watches.0.entry(array).or_insert_with(|| Watch {
                    indices: BTreeSet::new(),
                    pointer: pointer.as_str().to_owned(),
                    instead: with_every(pointer, at),
                });
                watch.indices.insert(index);
            }
        }
        watches.0.retain(|array, _| !rows.contains(array));
        watches
    }

    /// The arrays that are left to be watched, and how many of the first elements of each are read.
    pub(crate) fn read_first(&self) -> impl Iterator<Item = (NodeId, usize)> {
        let read = |watch: &Watch| watch.indices.iter().zip(0..).take_while(|(index, at)| *index == at).count();
        self.0.iter().map(move |(array, watch)| (*array, read(watch)))
    }

    /// What there is to say, once, of arrays of these lengths that were read for the monitor of that name.
    pub(crate) fn see(&mut self, monitor: &str, lengths: &[(NodeId, usize)], fields: &FieldTree) -> Vec<Note> {
        let mut notes = Vec::new();
        for (array, len) in lengths {
            let Some(watch) = self.0.get(array) else { continue };
            let read = watch.indices.range(..len).count();
            if read < *len && *len > 1 {
                let Watch { pointer, instead, .. } = watch;
                let place = fields.pointer(*array);
                let what = format!(
                    "monitor {monitor} reads {read} of the {len} elements at {place}, by index as in {pointer}; if every \
                     element is a row, write {instead}"
                );
                notes.push(Note { about: format!("{monitor} {place}"), what });
                self.0.remove(array);
            }
        }
        notes
    }
}

/// The pointer with a step for every element in place of the token at `place`.
fn with_every(pointer: &Pointer, place: usize) -> String {
    let tokens = pointer.as_str().split('/').skip(1).enumerate();
    tokens.map(|(at, token)| if at == place { "/*".to_owned() } else { format!("/{token}") }).collect()
}
