//! Which fields the records of a file have.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::cell::{Cell, Texts};
use crate::fields::{FieldTree, NodeId};
use crate::format::{Format, RecordSink, RecordText};
use crate::parsed::ParsedRecord;
use crate::reject::Reject;

/// The paths of a field, each a list of names. A name may hold the character that joins names, so there may be several.
pub type FieldPaths = Vec<Vec<Box<str>>>;

/// Fields of a survey at most. Objects keyed by ids would otherwise become fields without end.
pub const MAX_FIELDS: usize = 1 << 16;
/// Bytes of the whole names of all fields at most. A field has the names of all objects around it in its own, so a long
/// one above many fields would otherwise take as much memory as the square of what it takes in the file.
pub const MAX_NAME_BYTES: usize = 32 << 20;
/// What a name takes besides its bytes, so that many objects around a field count although their names are short.
const NAME_OVERHEAD: usize = 32;

/// Why a record cannot be surveyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurveyError {
    /// It cannot be read.
    Reject(Reject),
    /// There are more than [`MAX_FIELDS`] fields with it.
    TooManyFields,
    /// The names of the fields take more than [`MAX_NAME_BYTES`] with it.
    LongNames,
}

impl From<Reject> for SurveyError {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

/// Learns which fields there are, record by record. Objects are no fields, their members are.
#[derive(Debug)]
pub struct Survey<F> {
    format: F,
    fields: FieldTree,
    parsed: ParsedRecord,
    /// The node of the object that a node stands in, and its name there.
    origins: Vec<(NodeId, Box<str>)>,
    found: Found,
    /// What the names of all nodes take, each with the names above it.
    name_bytes: Vec<usize>,
    all_name_bytes: usize,
}

/// The fields so far, in the order in which they first occur.
#[derive(Debug, Default)]
struct Found {
    /// Which field a node is, once it had a value.
    of_node: HashMap<NodeId, usize, FixedState>,
    by_name: HashMap<String, usize, FixedState>,
    names: Vec<String>,
    paths: Vec<FieldPaths>,
}

impl<F: Format> Default for Survey<F> {
    fn default() -> Self {
        Self {
            format: F::default(),
            fields: FieldTree::default(),
            parsed: ParsedRecord::of_survey(),
            origins: vec![(NodeId::ROOT, Box::default())],
            found: Found::default(),
            name_bytes: vec![0],
            all_name_bytes: 0,
        }
    }
}

impl<F: Format> Survey<F> {
    /// Reads a message and tells `each` of the value of every field it has: the field's number, and its value.
    ///
    /// # Errors
    /// What cannot be read, and fields beyond the limits, which are looked at before a name is remembered.
    pub fn read(&mut self, message: &[u8], each: &mut impl FnMut(usize, Cell, Texts<'_>)) -> Result<(), SurveyError> {
        loop {
            let Self { format, fields, parsed, origins, found, name_bytes, all_name_bytes } = self;
            format.read(message, fields, parsed, &mut SurveySink { origins, found, each })?;
            let Some(seen) = &mut parsed.seen else { return Ok(()) };
            if seen.unknown.is_empty() {
                return Ok(());
            }
            // Names that were not known make the tree larger, and the record is read once more with them.
            for (parent, name) in seen.take_unknown() {
                let child = fields.want_child(parent, &name);
                if child.index() < origins.len() {
                    continue;
                }
                let around = name_bytes.get(parent.index()).copied().unwrap_or_default();
                let bytes = around + name.len() + NAME_OVERHEAD;
                *all_name_bytes += bytes;
                name_bytes.push(bytes);
                origins.push((parent, name));
                // The root is no field.
                if origins.len() > MAX_FIELDS + 1 {
                    return Err(SurveyError::TooManyFields);
                }
                if *all_name_bytes > MAX_NAME_BYTES {
                    return Err(SurveyError::LongNames);
                }
            }
            parsed.grow(fields);
        }
    }

    /// Number of fields so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.names.is_empty()
    }

    /// The fields, in the order in which they first occurred: names, of which those of nested objects are joined by
    /// `/`, and paths.
    #[must_use]
    pub fn into_fields(self) -> (Vec<String>, Vec<FieldPaths>) {
        (self.found.names, self.found.paths)
    }
}

impl Found {
    /// The number of the field at a node.
    fn field(&mut self, node: NodeId, origins: &[(NodeId, Box<str>)]) -> usize {
        if let Some(field) = self.of_node.get(&node) {
            return *field;
        }
        let mut path = Vec::new();
        let mut at = node;
        while let Some((parent, name)) = origins.get(at.index()).filter(|_| at != NodeId::ROOT) {
            path.push(name.clone());
            at = *parent;
        }
        path.reverse();
        let name = path.join("/");
        let field = *self.by_name.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.paths.push(Vec::new());
            self.names.len() - 1
        });
        if let Some(paths) = self.paths.get_mut(field) {
            paths.push(path);
            // A member of the whole name comes before nested ones.
            paths.sort_by_key(Vec::len);
        }
        self.of_node.insert(node, field);
        field
    }
}

/// Hands the values of a record on, once all of its names are known.
struct SurveySink<'a, E> {
    origins: &'a [(NodeId, Box<str>)],
    found: &'a mut Found,
    each: &'a mut E,
}

impl<E: FnMut(usize, Cell, Texts<'_>)> RecordSink for SurveySink<'_, E> {
    fn several(&mut self) {}

    fn record(&mut self, record: RecordText<'_>, parsed: &mut ParsedRecord) -> Result<(), Reject> {
        let Some(seen) = parsed.seen.as_ref().filter(|seen| seen.unknown.is_empty()) else { return Ok(()) };
        let texts = parsed.texts(record.text);
        for node in &seen.nodes {
            let cell = parsed.cells.get(node.index()).copied().unwrap_or_default();
            // What stood under a name that stands twice is gone.
            if !matches!(cell, Cell::Absent | Cell::Object) {
                (self.each)(self.found.field(*node, self.origins), cell, texts);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Json;

    fn survey(lines: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut survey = Survey::<Json>::default();
        let mut seen = Vec::new();
        for line in lines {
            let mut each = |field: usize, cell: Cell, texts: Texts<'_>| {
                let text = texts.text(cell).map_or_else(|| format!("{cell:?}"), str::to_owned);
                seen.push(format!("{field}={text}"));
            };
            survey.read(line.as_bytes(), &mut each).unwrap();
        }
        (survey.into_fields().0, seen)
    }

    #[test]
    fn fields_come_in_the_order_of_the_records_whatever_their_depth() {
        let (names, seen) = survey(&[
            r#"{"features": {"a": 1, "c": {"d": "x"}}, "ts": 5, "tags": [1, {"e": 2}], "none": {}}"#,
            r#"{"new": true, "features": {"b": null, "a": NaN}}"#,
        ]);
        assert_eq!(names, ["features/a", "features/c/d", "ts", "tags", "new", "features/b"]);
        let expected = ["0=Integer(1)", "1=x", "2=Integer(5)", "3=List", "4=Bool(true)", "5=Null", "0=NaN"];
        assert_eq!(seen, expected);
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_counts() {
        let (names, seen) = survey(&[r#"{"o": {"gone": 1, "a": 2}, "x": "text", "o": {"a": 3}, "x": 4}"#]);
        assert_eq!(names, ["o/a", "x"]);
        assert!(seen.iter().all(|value| ["0=Integer(3)", "1=Integer(4)"].contains(&value.as_str())), "{seen:?}");
    }

    #[test]
    fn a_name_with_a_slash_is_the_field_of_the_nested_one() {
        let mut survey = Survey::<Json>::default();
        for line in [r#"{"a": {"b": 1}}"#, r#"{"a/b": 2, "a": 3}"#] {
            survey.read(line.as_bytes(), &mut |_, _, _| {}).unwrap();
        }
        let (names, paths) = survey.into_fields();
        assert_eq!(names, ["a/b", "a"]);
        let first: Vec<String> = paths[0].iter().map(|path| path.join(" > ")).collect();
        assert_eq!(first, ["a/b", "a > b"]);
    }
}
