//! The fields that are wanted of a record, as one tree.

use std::collections::{BTreeMap, HashMap};

use driftd_model::{Pointer, PointerStep};
use foldhash::fast::FixedState;

/// A node of the tree; the root is the record itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// Which cell of a record a wanted value gets.
pub type ColumnIndex = u32;

/// The wanted fields of a record as a tree. Each is looked for once in a record, whatever the number of monitors that
/// want it.
#[derive(Debug)]
pub struct FieldTree {
    nodes: Vec<Node>,
    columns: u32,
}

impl Default for FieldTree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], columns: 0 }
    }
}

#[derive(Debug, Default)]
struct Node {
    column: Option<ColumnIndex>,
    /// By the token of a pointer, which is the member's name where an object stands.
    children: HashMap<Box<str>, NodeId, FixedState>,
    /// The children whose names are indices of an array.
    indices: BTreeMap<usize, NodeId>,
    wants_elements: bool,
    steps: Option<Box<Steps>>,
}

/// What pointers do at a node besides going on by name; few nodes have any of it.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// Children that every element of an array is, in turn.
    pub(crate) every: Vec<NodeId>,
    /// Elements that are chosen by what they are called.
    pub(crate) choices: Vec<Choice>,
    /// The lines of a text.
    pub(crate) csv: Option<NodeId>,
    /// Pointers go on into a text of JSON.
    pub(crate) json: bool,
    /// The list beside the array that says how many rows and columns it has.
    pub(crate) shape: Option<NodeId>,
    /// The arrays whose elements this list names.
    pub(crate) names: Vec<NodeId>,
    /// This list is the shape of an array.
    pub(crate) is_shape: bool,
}

/// Elements of an array that are chosen by one key.
#[derive(Debug)]
pub(crate) struct Choice {
    key: Box<str>,
    /// Where an element is looked at, and the column that what stands under the key then has.
    pub(crate) probe: NodeId,
    pub(crate) found: ColumnIndex,
    /// The list of that name beside the array.
    pub(crate) beside: Option<NodeId>,
    /// The chosen, by what stands under the key.
    pub(crate) of: HashMap<Box<str>, NodeId, FixedState>,
}

/// Where a pointer leads.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) column: ColumnIndex,
    /// The nodes on the way from the record to the value, both included.
    pub(crate) nodes: Vec<NodeId>,
    /// The array whose elements are rows, and whether the pointer goes on to columns of them.
    pub(crate) every: Option<(NodeId, bool)>,
}

impl NodeId {
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl FieldTree {
    /// The node at the end of a path of names, made if there is none yet.
    pub(crate) fn node(&mut self, path: &[impl AsRef<str>]) -> NodeId {
        path.iter().fold(NodeId::ROOT, |at, token| self.child_or_new(at, token.as_ref()))
    }

    fn child_or_new(&mut self, at: NodeId, token: &str) -> NodeId {
        let next = NodeId(self.nodes.len() as u32);
        let Some(node) = self.nodes.get_mut(at.index()) else {
            return at;
        };
        let child = *node.children.entry(token.into()).or_insert(next);
        if child == next {
            // Members of an array are found by their index.
            if let Some(index) = PointerStep::Name(token).index() {
                node.indices.insert(index, child);
                node.wants_elements = true;
            }
            self.nodes.push(Node::default());
        }
        child
    }

    /// A wanted child of `at`, made if there is none yet, whose column has the number of its node.
    pub(crate) fn want_child(&mut self, at: NodeId, token: &str) -> NodeId {
        let child = self.child_or_new(at, token);
        if let Some(node) = self.nodes.get_mut(child.index()) {
            node.column = Some(child.0);
            self.columns = self.columns.max(child.0 + 1);
        }
        child
    }

    /// The column of the value at a path of names, which is wanted from now on.
    pub fn want(&mut self, path: &[impl AsRef<str>]) -> ColumnIndex {
        let node = self.node(path);
        self.want_node(node)
    }

    fn want_node(&mut self, node: NodeId) -> ColumnIndex {
        let next = self.columns;
        let Some(node) = self.nodes.get_mut(node.index()) else {
            return next;
        };
        let column = *node.column.get_or_insert(next);
        self.columns = self.columns.max(column + 1);
        column
    }

    /// The place that a pointer leads to, which is wanted from now on.
    pub(crate) fn want_pointer(&mut self, pointer: &Pointer) -> Place {
        let tokens = pointer.tokens();
        let (mut nodes, mut every) = (vec![NodeId::ROOT], None);
        let mut at = NodeId::ROOT;
        for (place, token) in tokens.iter().enumerate() {
            let child = self.child_or_new(at, token);
            let object = || object_around(&nodes, tokens.get(..place).unwrap_or_default());
            match PointerStep::of(token) {
                PointerStep::Name(_) => {}
                PointerStep::Every => {
                    let next = tokens.get(place + 1).map(|next| PointerStep::of(next));
                    let is_column =
                        |step: PointerStep<'_>| step.index().is_some() || matches!(step, PointerStep::Where { .. });
                    let columns = next.is_some_and(is_column);
                    every = Some((at, columns));
                    let object = columns.then(object).flatten();
                    self.want_every(at, child, object);
                }
                PointerStep::Where { key, value } => {
                    let object = object();
                    self.want_choice(at, (key, value), child, object);
                }
                PointerStep::Csv => self.steps_of(at).csv = Some(child),
            }
            if at != NodeId::ROOT {
                // A text is told from what is no text by its cell.
                self.want_node(at);
                self.steps_of(at).json |= PointerStep::of(token) != PointerStep::Csv;
            }
            nodes.push(child);
            at = child;
        }
        Place { column: self.want_node(at), nodes, every }
    }

    /// Has every element of an array at `at` read as `child`; in an object there may be the array's shape.
    fn want_every(&mut self, at: NodeId, child: NodeId, object: Option<NodeId>) {
        self.want_elements(at);
        let shape = object.map(|object| self.child_or_new(object, "shape"));
        let steps = self.steps_of(at);
        if !steps.every.contains(&child) {
            steps.every.push(child);
        }
        steps.shape = steps.shape.or(shape);
        if let Some(shape) = shape {
            self.steps_of(shape).is_shape = true;
        }
    }

    /// Has the element of an array at `at` that a key and its value choose read as `child`; in an object there may be a
    /// list of names.
    fn want_choice(&mut self, at: NodeId, (key, value): (&str, &str), child: NodeId, object: Option<NodeId>) {
        self.want_elements(at);
        if !self.steps_of(at).choices.iter().any(|choice| *choice.key == *key) {
            let probe = NodeId(self.nodes.len() as u32);
            self.nodes.push(Node::default());
            let member = self.child_or_new(probe, key);
            let found = self.want_node(member);
            let beside = object.map(|object| self.child_or_new(object, key));
            if let Some(list) = beside {
                self.steps_of(list).names.push(at);
            }
            self.steps_of(at).choices.push(Choice { key: key.into(), probe, found, beside, of: HashMap::default() });
        }
        let choice = self.steps_of(at).choices.iter_mut().find(|choice| *choice.key == *key);
        if let Some(choice) = choice {
            choice.of.insert(value.into(), child);
        }
    }

    /// The steps at a node, which is one of the tree.
    #[expect(clippy::expect_used, reason = "nodes are numbered by this tree and never taken away")]
    fn steps_of(&mut self, node: NodeId) -> &mut Steps {
        self.nodes.get_mut(node.index()).expect("a node of the tree").steps.get_or_insert_default()
    }

    /// Has the elements of an array at `node` kept.
    pub(crate) fn want_elements(&mut self, node: NodeId) {
        if let Some(node) = self.nodes.get_mut(node.index()) {
            node.wants_elements = true;
        }
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns as usize
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.nodes.get(node.index())?.children.get(name).copied()
    }

    /// The columns of all wanted members of that name, wherever they are members.
    pub(crate) fn columns_named(&self, name: &str) -> impl Iterator<Item = ColumnIndex> {
        self.nodes.iter().filter_map(move |node| self.column(*node.children.get(name)?))
    }

    /// The node that a pointer of the tree's, or the beginning of one, leads to.
    pub(crate) fn find(&self, tokens: &[String]) -> Option<NodeId> {
        tokens.iter().try_fold(NodeId::ROOT, |at, token| self.child(at, token))
    }

    pub(crate) fn column(&self, node: NodeId) -> Option<ColumnIndex> {
        self.nodes.get(node.index())?.column
    }

    pub(crate) fn wants_elements(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.wants_elements)
    }

    /// Whether an array at `node` says something of another array.
    pub(crate) fn is_list(&self, node: NodeId) -> bool {
        self.steps(node).is_some_and(|steps| steps.is_shape || !steps.names.is_empty())
    }

    /// Whether pointers go on into `text` at `node`.
    pub(crate) fn goes_into(&self, node: NodeId, text: &str) -> bool {
        self.steps(node).is_some_and(|steps| steps.csv.is_some() || (steps.json && may_be_json(text)))
    }

    /// The column of a text at `node` that pointers may go on into, and whether they do into any text.
    pub(crate) fn text_column(&self, node: NodeId) -> Option<(ColumnIndex, bool)> {
        let steps = self.steps(node)?;
        (steps.json || steps.csv.is_some()).then(|| Some((self.column(node)?, steps.csv.is_some())))?
    }

    pub(crate) fn steps(&self, node: NodeId) -> Option<&Steps> {
        self.nodes.get(node.index())?.steps.as_deref()
    }

    /// The children whose names are indices, in ascending order.
    pub(crate) fn indices(&self, node: NodeId) -> impl Iterator<Item = (usize, NodeId)> {
        let node = self.nodes.get(node.index()).into_iter();
        node.flat_map(|node| &node.indices).map(|(index, child)| (*index, *child))
    }

    /// The JSON Pointer of a node.
    pub(crate) fn pointer(&self, node: NodeId) -> String {
        let parent = (0..).zip(&self.nodes).find_map(|(at, parent)| {
            let (name, _) = parent.children.iter().find(|(_, child)| **child == node)?;
            Some((NodeId(at), name))
        });
        parent
            .map_or_else(String::new, |(parent, name)| format!("{}/{}", self.pointer(parent), Pointer::token_of(name)))
    }

    /// Calls `each` with every node below `node`.
    pub(crate) fn below(&self, node: NodeId, each: &mut impl FnMut(NodeId)) {
        for child in self.nodes.get(node.index()).into_iter().flat_map(|node| node.children.values()) {
            each(*child);
            self.below(*child, each);
        }
    }
}

/// Whether a text may be that of an object or an array.
pub(crate) fn may_be_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['{', '['])
}

/// The object that the array at the end of a way is a member of, or an array around it is.
fn object_around(nodes: &[NodeId], tokens: &[String]) -> Option<NodeId> {
    let way = tokens.iter().zip(nodes).rev();
    let mut way = way.skip_while(|(token, _)| {
        let step = PointerStep::of(token);
        step == PointerStep::Every || step.index().is_some()
    });
    way.next().filter(|(token, _)| matches!(PointerStep::of(token), PointerStep::Name(_))).map(|(_, object)| *object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_places_share_a_column() {
        let mut tree = FieldTree::default();
        let columns = [tree.want(&["a", "b"]), tree.want(&["a"]), tree.want(&["a", "b"]), tree.want(&["b"])];
        assert_eq!(columns, [0, 1, 0, 2]);
        assert_eq!((tree.columns(), tree.len()), (3, 4));
        let node = tree.node(&["a", "x/~"]);
        assert_eq!(tree.pointer(node), "/a/x~1~0");
    }

    #[test]
    fn steps_stand_where_their_arrays_do() {
        let mut tree = FieldTree::default();
        let want = |tree: &mut FieldTree, text: &str| tree.want_pointer(&Pointer::new(text).unwrap());
        let column = want(&mut tree, "/inputs/[name=t]/data/*/2");
        let (data, is_within) = column.every.unwrap();
        assert_eq!((tree.pointer(data).as_str(), is_within), ("/inputs/[name=t]/data", true));
        let shape = tree.steps(data).unwrap().shape.unwrap();
        assert_eq!(tree.pointer(shape), "/inputs/[name=t]/shape");
        assert!(tree.is_list(shape));
        assert_eq!(want(&mut tree, "/inputs/[name=t]/data/*").every, Some((data, false)));
        let row = want(&mut tree, "/split/data/*/[columns=x]");
        let of = row.nodes[3];
        let beside = tree.steps(of).unwrap().choices[0].beside.unwrap();
        assert_eq!(tree.pointer(beside), "/split/columns");
        assert_eq!(tree.steps(beside).unwrap().names, [of]);
        let text = want(&mut tree, "/payload/x").nodes[1];
        assert!(tree.goes_into(text, " {}") && !tree.goes_into(text, "x") && !tree.goes_into(NodeId::ROOT, "{}"));
        let text = want(&mut tree, "/csv/[csv]/0/1").nodes[1];
        assert!(tree.goes_into(text, "x"));
    }
}
