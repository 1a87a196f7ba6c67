//! The fields that are wanted of a record, as one tree.

use std::collections::HashMap;

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
    children: HashMap<Box<str>, NodeId, FixedState>,
    wants_elements: bool,
}

impl NodeId {
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl FieldTree {
    /// The node at the end of a path, made if there is none yet.
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
            node.wants_elements |= array_index(token).is_some();
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

    /// The column of the value at a path, which is wanted from now on.
    pub fn want(&mut self, path: &[impl AsRef<str>]) -> ColumnIndex {
        let (node, next) = (self.node(path), self.columns);
        let Some(node) = self.nodes.get_mut(node.index()) else {
            return next;
        };
        let column = *node.column.get_or_insert(next);
        self.columns = self.columns.max(column + 1);
        column
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

    pub(crate) fn column(&self, node: NodeId) -> Option<ColumnIndex> {
        self.nodes.get(node.index())?.column
    }

    pub(crate) fn wants_elements(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.wants_elements)
    }

    /// The children whose names are indices of an array of `len` elements.
    pub(crate) fn elements(&self, node: NodeId, len: usize) -> impl Iterator<Item = (usize, NodeId)> {
        let children = self.nodes.get(node.index()).into_iter().flat_map(|node| &node.children);
        children.filter_map(move |(name, child)| Some((array_index(name).filter(|at| *at < len)?, *child)))
    }

    /// The JSON Pointer of a node.
    pub(crate) fn pointer(&self, node: NodeId) -> String {
        let parent = (0..).zip(&self.nodes).find_map(|(at, parent)| {
            let (name, _) = parent.children.iter().find(|(_, child)| **child == node)?;
            Some((NodeId(at), name))
        });
        parent.map_or_else(String::new, |(parent, name)| {
            format!("{}/{}", self.pointer(parent), name.replace('~', "~0").replace('/', "~1"))
        })
    }

    /// Calls `each` with every node below `node`.
    pub(crate) fn below(&self, node: NodeId, each: &mut impl FnMut(NodeId)) {
        for child in self.nodes.get(node.index()).into_iter().flat_map(|node| node.children.values()) {
            each(*child);
            self.below(*child, each);
        }
    }
}

/// The array index a token stands for, which has no leading zeros (RFC 6901).
fn array_index(token: &str) -> Option<usize> {
    let plain = token == "0" || token.starts_with(|c: char| matches!(c, '1'..='9'));
    plain.then(|| token.parse().ok())?
}

/// The tokens of a JSON Pointer, unescaped (RFC 6901).
pub(crate) fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_unescaped_once() {
        assert_eq!(tokens("/a~1b/~01/"), ["a/b", "~1", ""]);
    }

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
    fn indices_have_no_leading_zeros() {
        let found = ["0", "7", "10", "01", "+1", "", "x", "99999999999999999999"].map(array_index);
        assert_eq!(found, [Some(0), Some(7), Some(10), None, None, None, None, None]);
    }
}
