//! Where a feature stands in a record.

use driftd_model::{PlannedFeature, Role};

use super::cell::Cell;
use super::tree::{NodeId, Slot, Tree, tokens};

/// Name of the object that holds the features of a record in the native shape.
const FEATURES: &str = "features";

/// The places a feature may stand at, of which a record decides.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// In a record with an object `features`, and in one without.
    usual: [Slot; 2],
    /// Further places, for features that have any.
    rest: Option<Box<Further>>,
}

/// Places that few features have.
#[derive(Clone, Debug, Default)]
struct Further {
    /// For a prediction or label: itself, and the member of the feature's name when it is an object.
    output: Option<(Slot, Slot)>,
    /// For a name with slashes, which the baseline of nested records gives: the name read as a path.
    path: [Option<Slot>; 2],
}

/// The arrays that split a record into rows for a monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Splits {
    /// Places of objects with features: an array of objects there is an array of rows. Sorted.
    pub(super) rows: Vec<NodeId>,
    /// Places of predictions and labels: in a record that is split, an array there has one element a row. Sorted.
    pub(super) outputs: Vec<NodeId>,
}

impl Places {
    /// The places of `feature`, wanted from now on; arrays on the way to it are noted in `splits`.
    pub(super) fn of(feature: &PlannedFeature, tree: &mut Tree, splits: &mut Splits) -> Self {
        let name = feature.name.as_str();
        if let Some(pointer) = &feature.path {
            let path = tokens(pointer.as_str());
            if let [parents @ .., _] = path.as_slice()
                && !parents.is_empty()
            {
                splits.rows.push(tree.node(parents));
            }
            if feature.role != Role::Feature {
                splits.outputs.push(tree.node(&path));
            }
            let slot = tree.want(&path);
            return Self { usual: [slot; 2], rest: None };
        }
        splits.rows.push(tree.node(&[FEATURES]));
        let usual = [tree.want(&[FEATURES, name]), tree.want(&[name])];
        let output = match feature.role {
            Role::Feature => None,
            Role::Prediction => Some("prediction"),
            Role::Label => Some("label"),
        };
        let output = output.map(|output| {
            splits.outputs.push(tree.node(&[output]));
            (tree.want(&[output]), tree.want(&[output, name]))
        });
        let path = name.contains('/').then(|| {
            let path: Vec<&str> = name.split('/').collect();
            let within: Vec<&str> = std::iter::once(FEATURES).chain(path.iter().copied()).collect();
            [Some(tree.want(&within)), Some(tree.want(&path))]
        });
        let rest =
            (output.is_some() || path.is_some()).then(|| Box::new(Further { output, path: path.unwrap_or_default() }));
        Self { usual, rest }
    }

    /// The slot that says whether a record has an object `features`.
    pub(super) fn native(tree: &mut Tree) -> Slot {
        tree.want(&[FEATURES])
    }

    /// What stands at the feature's place.
    #[inline]
    pub(super) fn find(&self, cells: &[Cell], native: bool) -> Cell {
        let [nested, flat] = self.usual;
        let usual = cell(cells, if native { nested } else { flat });
        match &self.rest {
            None => usual,
            Some(rest) => rest.find(cells, native, usual),
        }
    }
}

impl Further {
    #[cold]
    fn find(&self, cells: &[Cell], native: bool, usual: Cell) -> Cell {
        if let Some((whole, member)) = self.output {
            match cell(cells, whole) {
                Cell::Absent => {}
                Cell::Object => return cell(cells, member),
                found => return found,
            }
        }
        let [within, from_root] = self.path.map(|slot| slot.map_or(Cell::Absent, |slot| cell(cells, slot)));
        let found = if native { [usual, within, from_root] } else { [usual, from_root, Cell::Absent] };
        found.into_iter().find(|cell| cell.is_there()).unwrap_or_default()
    }
}

impl Splits {
    /// Sorts the places and has their elements kept.
    pub(super) fn settle(&mut self, tree: &mut Tree) {
        for nodes in [&mut self.rows, &mut self.outputs] {
            nodes.sort_unstable();
            nodes.dedup();
            for node in nodes.iter() {
                tree.want_elements(*node);
            }
        }
    }
}

/// The cell of a slot.
#[inline]
pub(super) fn cell(cells: &[Cell], slot: Slot) -> Cell {
    cells.get(slot as usize).copied().unwrap_or_default()
}
