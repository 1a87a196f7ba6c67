//! Later texts over earlier ones.

use super::{Entry, Table, Value};

/// Lists of named things, to which every text adds; all other lists replace the earlier one.
const ADDED_TO: [&str; 3] = ["monitor", "receiver", "route"];

/// Puts `later` over `earlier`: tables key by key, values replaced, lists of named things lengthened.
pub(crate) fn merge(earlier: &mut Table, later: Table) {
    merge_adding(earlier, later, &ADDED_TO);
}

fn merge_adding(earlier: &mut Table, later: Table, added_to: &[&str]) {
    for (key, entry) in later {
        let adds = added_to.contains(&key.as_str());
        match earlier.get_mut(&key) {
            Some(known) => put_over(known, entry, adds),
            None => {
                earlier.insert(key, entry);
            }
        }
    }
}

fn put_over(known: &mut Entry, entry: Entry, adds: bool) {
    match (&mut known.node.value, entry.node.value) {
        // Its items know where they stand; the list itself stays where it was begun.
        (Value::List(items), Value::List(more)) if adds => return items.extend(more),
        (Value::Table(entries), Value::Table(more)) => merge_adding(entries, more, &[]),
        (known_value, value) => *known_value = value,
    }
    known.node.place = entry.node.place;
    known.key_place = entry.key_place;
}
