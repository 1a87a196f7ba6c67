//! Where in a configuration a check is, for relations between keys that were each read.

use std::collections::HashMap;

use super::{Node, join};
use crate::place::Place;
use crate::problem::Problems;

/// A key of the configuration, or where it would stand.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    node: Option<&'a Node>,
    /// Where the value stands; where there is none, the table it would stand in.
    place: &'a Place,
    path: String,
}

impl<'a> At<'a> {
    /// The configuration as a whole.
    pub(crate) fn root(node: &'a Node) -> Self {
        Self { node: Some(node), place: &node.place, path: String::new() }
    }

    /// A key of the table that stands here.
    pub(crate) fn key(&self, key: &str) -> Self {
        let node = self.node.and_then(Node::as_table).and_then(|table| table.get(key)).map(|entry| &entry.node);
        Self { node, place: node.map_or(self.place, |node| &node.place), path: join(&self.path, key) }
    }

    /// The items of the list that stands here.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let items = self.node.and_then(Node::as_list).unwrap_or_default().iter().enumerate();
        let path = self.path.clone();
        items.map(move |(index, node)| Self {
            node: Some(node),
            place: &node.place,
            path: format!("{path}{}", node.item_name(index)),
        })
    }

    /// Whether something stands here.
    pub(crate) fn is_given(&self) -> bool {
        self.node.is_some()
    }

    /// The text that stands here.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.node.and_then(Node::as_text)
    }

    /// Where it is written.
    pub(crate) fn place(&self) -> &'a Place {
        self.place
    }

    /// Notes a problem with what stands here.
    pub(crate) fn problem(&self, problems: &mut Problems, message: impl std::fmt::Display) {
        problems.add(self.place, &self.path, message);
    }

    /// Whether nothing was wrong here so far: what is related to a broken key would be blamed for it.
    pub(crate) fn is_sound(&self, problems: &Problems) -> bool {
        !problems.is_below(&self.path)
    }

    /// Notes every item of the list that has a name which was used before, with both places.
    pub(crate) fn check_unique(&self, what: &str, problems: &mut Problems) {
        let mut first: HashMap<&str, &Place> = HashMap::new();
        for name in self.items().map(|item| item.key("name")) {
            let Some(text) = name.text() else { continue };
            match first.get(text) {
                Some(place) => {
                    let place = place.shown();
                    name.problem(
                        problems,
                        format!("{what} {text:?} is already defined at {place}: rename one of them"),
                    );
                }
                None => _ = first.insert(text, name.place()),
            }
        }
    }
}
