//! Layers of a configuration: later texts over earlier ones, environment variables over them all.

use super::parse::parse_value;
use super::{Entry, Node, Table, Value};
use crate::place::Place;
use crate::problem::Problems;

/// Lists of named things, to which every text adds; all other lists replace the earlier one.
const ADDED_TO: [&str; 3] = ["monitor", "receiver", "route"];

/// What every override starts with.
const PREFIX: &str = "DRIFTD__";

/// Keys on the longest way to a value: `kafka.properties.NAME`.
const DEEPEST: usize = 3;

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

/// Puts every `DRIFTD__SECTION__KEY` of `env` over `tree`. Other variables are none of ours.
///
/// A value is text that becomes what its key asks for; one that is a TOML list or inline table is read as such. Below
/// `kafka.properties` an underscore stands for the dot that no shell allows in a name.
pub(crate) fn overrides(tree: &mut Table, env: impl IntoIterator<Item = (String, String)>, problems: &mut Problems) {
    let mut ours: Vec<(String, String)> = env.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    // Sorted, a shorter name comes before what stands below it, in whatever order the environment lists them.
    ours.sort();
    for (name, text) in ours {
        let place = Place::environment(&name);
        match path(&name) {
            Ok(path) => merge(tree, nest(&path, leaf(text, &place), &place)),
            Err(why) => problems.add(&place, "", why),
        }
    }
}

/// The keys a variable's name leads to.
fn path(name: &str) -> Result<Vec<String>, String> {
    let below = name.strip_prefix(PREFIX).unwrap_or_default().to_lowercase();
    let mut keys: Vec<String> = below.split("__").map(str::to_owned).collect();
    if !(2..=DEEPEST).contains(&keys.len()) || keys.iter().any(String::is_empty) {
        return Err("names no key: write DRIFTD__SECTION__KEY, such as DRIFTD__STORE__URL".to_owned());
    }
    if let [section, ..] = keys.as_slice()
        && ADDED_TO.contains(&section.as_str())
    {
        return Err(format!("a {section} cannot be set by environment variables: write [[{section}]] in a file"));
    }
    if let [section, properties, property] = keys.as_mut_slice()
        && section == "kafka"
        && properties == "properties"
    {
        *property = property.replace('_', ".");
    }
    Ok(keys)
}

fn leaf(text: String, place: &Place) -> Node {
    let compound = text.trim_start().starts_with(['[', '{']);
    match compound.then(|| parse_value(text.trim(), place)).flatten() {
        Some(node) => node,
        None => Node { value: Value::Loose(text), place: place.clone() },
    }
}

/// A table with `node` at `path`.
fn nest(path: &[String], node: Node, place: &Place) -> Table {
    let Some((key, rest)) = path.split_first() else { return Table::new() };
    let node = match rest {
        [] => node,
        rest => Node { value: Value::Table(nest(rest, node, place)), place: place.clone() },
    };
    Table::from([(key.clone(), Entry { key_place: place.clone(), node })])
}
