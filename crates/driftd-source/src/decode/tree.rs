//! The places that the monitors of a topic want of a record, as one tree.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// A node of the tree; the root is the record itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(u32);

/// Place of a wanted value in the row of cells.
pub(super) type Slot = u32;

/// All wanted places. Every one is looked for once in a record, whatever the number of monitors that want it.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    slots: u32,
}

#[derive(Debug, Default)]
struct Node {
    slot: Option<Slot>,
    children: HashMap<Box<str>, NodeId, FixedState>,
    wants_elements: bool,
}

impl NodeId {
    pub(super) const ROOT: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()], slots: 0 }
    }

    /// The node at the end of a path, made if there is none yet.
    pub(super) fn node(&mut self, path: &[impl AsRef<str>]) -> NodeId {
        let mut at = NodeId::ROOT;
        for token in path {
            let next = NodeId(self.nodes.len() as u32);
            let Some(node) = self.nodes.get_mut(at.index()) else {
                return at;
            };
            at = *node.children.entry(token.as_ref().into()).or_insert(next);
            if at == next {
                // Members of an array are found by their index.
                node.wants_elements |= array_index(token.as_ref()).is_some();
                self.nodes.push(Node::default());
            }
        }
        at
    }

    /// The slot of the value at a path.
    pub(super) fn want(&mut self, path: &[impl AsRef<str>]) -> Slot {
        let (node, next) = (self.node(path), self.slots);
        let Some(node) = self.nodes.get_mut(node.index()) else {
            return next;
        };
        let slot = *node.slot.get_or_insert(next);
        self.slots = self.slots.max(slot + 1);
        slot
    }

    /// Has the elements of an array at `node` kept.
    pub(super) fn want_elements(&mut self, node: NodeId) {
        if let Some(node) = self.nodes.get_mut(node.index()) {
            node.wants_elements = true;
        }
    }

    /// Number of slots.
    pub(super) fn slots(&self) -> usize {
        self.slots as usize
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.nodes.get(node.index())?.children.get(name).copied()
    }

    pub(super) fn slot(&self, node: NodeId) -> Option<Slot> {
        self.nodes.get(node.index())?.slot
    }

    pub(super) fn wants_elements(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.wants_elements)
    }

    /// The children whose names are indices of an array of `len` elements.
    pub(super) fn elements(&self, node: NodeId, len: usize) -> impl Iterator<Item = (usize, NodeId)> {
        let children = self.nodes.get(node.index()).into_iter().flat_map(|node| &node.children);
        children.filter_map(move |(name, child)| Some((array_index(name).filter(|at| *at < len)?, *child)))
    }

    /// The JSON Pointer of a node.
    pub(super) fn pointer(&self, node: NodeId) -> String {
        let parent = (0..).zip(&self.nodes).find_map(|(at, parent)| {
            let (name, _) = parent.children.iter().find(|(_, child)| **child == node)?;
            Some((NodeId(at), name))
        });
        parent.map_or_else(String::new, |(parent, name)| {
            format!("{}/{}", self.pointer(parent), name.replace('~', "~0").replace('/', "~1"))
        })
    }

    /// Calls `each` with every node below `node`.
    pub(super) fn below(&self, node: NodeId, each: &mut impl FnMut(NodeId)) {
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
pub(super) fn tokens(pointer: &str) -> Vec<String> {
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
    fn equal_places_share_a_slot() {
        let mut tree = Tree::new();
        let slots = [tree.want(&["a", "b"]), tree.want(&["a"]), tree.want(&["a", "b"]), tree.want(&["b"])];
        assert_eq!(slots, [0, 1, 0, 2]);
        assert_eq!((tree.slots(), tree.len()), (3, 4));
        let node = tree.node(&["a", "x/~"]);
        assert_eq!(tree.pointer(node), "/a/x~1~0");
    }

    #[test]
    fn indices_have_no_leading_zeros() {
        let found = ["0", "7", "10", "01", "+1", "", "x", "99999999999999999999"].map(array_index);
        assert_eq!(found, [Some(0), Some(7), Some(10), None, None, None, None, None]);
    }
}
