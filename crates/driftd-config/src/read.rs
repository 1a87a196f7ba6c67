//! Reading the tree into types by serde, with every failure at its place.
//!
//! serde ends at the first failure, and `#[serde(flatten)]` and `#[serde(untagged)]` forget where they were. So a failure
//! is noted, what it is about is passed over, and the tree is read again, until all that is left is sound. And a field
//! named `"*"` takes the keys that are no other field's: what `flatten` is for, with the places kept.

mod error;
mod reader;

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::place::Place;
use crate::problem::Problems;
use crate::tree::Node;

pub(crate) use error::Error;
pub(crate) use reader::Reader;

/// The field that takes all keys which are no other field's.
pub(crate) const REST: &str = "*";

/// Places of keys and items that are passed over, because what is wrong with them is noted.
pub(crate) type Skipped = HashSet<Place>;

/// Reads `root`; everything that is wrong goes to `problems`. What is in the way is added to `skipped`.
/// What is missing is explained by `schema`.
pub(crate) fn read<T: DeserializeOwned>(
    root: &Node,
    schema: &Json,
    skipped: &mut Skipped,
    problems: &mut Problems,
) -> Option<T> {
    loop {
        let error = match T::deserialize(Reader::new(root, skipped)) {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        if !error.is_consequence() {
            problems.add(error.place(root), &error.path(), error.explained(schema));
        }
        // From the inside out: a required key that is passed over takes its table with it.
        if !error.innermost().is_some_and(|place| skipped.insert(place)) {
            return None;
        }
    }
}
