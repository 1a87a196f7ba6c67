//! Where a feature stands in a record.

use driftd_model::{PlannedFeature, Role};

use crate::cell::Cell;
use crate::fields::{ColumnIndex, FieldTree, NodeId, Place};
use crate::parsed::cell;

/// Name of the object that holds the features of a record in the native shape.
const FEATURES: &str = "features";

/// Where the value of a feature is found among the cells: places it may stand at, of which a record decides.
#[derive(Clone, Debug)]
pub(crate) struct FieldIndex {
    /// In a record with an object `features`, and in one without.
    usual: [ColumnIndex; 2],
    /// Further places, for features that have any.
    rest: Option<Box<Further>>,
}

/// Places that few features have.
#[derive(Clone, Debug, Default)]
struct Further {
    /// For a prediction or label: itself, and the member of the feature's name when it is an object.
    output: Option<(ColumnIndex, ColumnIndex)>,
    /// For a name with slashes, which the baseline of nested records gives: the name read as a path.
    path: [Option<ColumnIndex>; 2],
}

/// The arrays that split a record into rows for a monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Splits {
    /// Nodes of objects with features: an array of objects there is an array of rows. Sorted.
    pub(crate) rows: Vec<NodeId>,
    /// Nodes of predictions and labels: in a record that is split, an array there has one element a row. Sorted.
    pub(crate) outputs: Vec<NodeId>,
    /// Nodes of arrays of which every element is a row, and whether the monitor wants columns of them. Sorted.
    every: Vec<(NodeId, bool)>,
}

impl FieldIndex {
    /// The places of `feature`, wanted from now on; arrays on the way to it are noted in `splits`.
    pub(crate) fn of(feature: &PlannedFeature, fields: &mut FieldTree, splits: &mut Splits) -> Self {
        let name = feature.name.as_str();
        if let Some(pointer) = &feature.path {
            let place = fields.want_pointer(pointer);
            splits.add(&place, feature.role);
            return Self { usual: [place.column; 2], rest: None };
        }
        splits.rows.push(fields.node(&[FEATURES]));
        let usual = [fields.want(&[FEATURES, name]), fields.want(&[name])];
        let output = match feature.role {
            Role::Feature => None,
            Role::Prediction => Some("prediction"),
            Role::Label => Some("label"),
        };
        let output = output.map(|output| {
            splits.outputs.push(fields.node(&[output]));
            (fields.want(&[output]), fields.want(&[output, name]))
        });
        let path = name.contains('/').then(|| {
            let path: Vec<&str> = name.split('/').collect();
            let within: Vec<&str> = std::iter::once(FEATURES).chain(path.iter().copied()).collect();
            [Some(fields.want(&within)), Some(fields.want(&path))]
        });
        let rest =
            (output.is_some() || path.is_some()).then(|| Box::new(Further { output, path: path.unwrap_or_default() }));
        Self { usual, rest }
    }

    /// The column that says whether a record has an object `features`.
    pub(crate) fn native(fields: &mut FieldTree) -> ColumnIndex {
        fields.want(&[FEATURES])
    }

    /// What stands at the feature's place.
    #[inline]
    pub(crate) fn find(&self, cells: &[Cell], native: bool) -> Cell {
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
        let [within, from_root] = self.path.map(|column| column.map_or(Cell::Absent, |column| cell(cells, column)));
        let found = if native { [usual, within, from_root] } else { [usual, from_root, Cell::Absent] };
        found.into_iter().find(|cell| cell.is_there()).unwrap_or_default()
    }
}

impl Splits {
    /// Notes the arrays on the way to a feature.
    fn add(&mut self, place: &Place, role: Role) {
        self.add_every(place);
        if place.every.is_some() {
            return;
        }
        if let [_, parents @ .., value] = place.nodes.as_slice() {
            self.rows.extend(parents.last());
            self.outputs.extend((role != Role::Feature).then_some(*value));
        }
    }

    /// Notes the array whose elements are rows on the way to a value of any kind.
    pub(crate) fn add_every(&mut self, place: &Place) {
        self.every.extend(place.every);
    }

    /// Whether every element of the array at a node is a row, and then whether the monitor wants columns of it.
    pub(crate) fn every(&self, node: NodeId) -> Option<bool> {
        self.every.iter().find(|(every, _)| *every == node).map(|(_, columns)| *columns)
    }

    /// Sorts the places and has their elements kept.
    pub(crate) fn settle(&mut self, fields: &mut FieldTree) {
        for nodes in [&mut self.rows, &mut self.outputs] {
            nodes.sort_unstable();
            nodes.dedup();
            for node in nodes.iter() {
                fields.want_elements(*node);
            }
        }
        // Where columns are wanted too, they are.
        self.every.sort_unstable_by_key(|(node, columns)| (*node, !columns));
        self.every.dedup_by_key(|(node, _)| *node);
    }
}
