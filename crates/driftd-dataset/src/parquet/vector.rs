//! Leaves that only their values can tell what they are: lists, which are columns where all have one length, and bytes,
//! which are text where they are UTF-8.

use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use driftd_window::{Column, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT};
use polars_arrow::array::{Array, BinaryViewArray, FixedSizeListArray, ListArray, Utf8ViewArray};

use super::array::{Manner, values_of};
use super::batches::{check, chunk_bytes, decode};
use super::footer::ParquetFile;
use super::leaf::{Element, Leaf, MAX_ELEMENTS, Storage};
use crate::times::Times;
use crate::values::{Values, Wanted};
use crate::{ColumnKind, DatasetError};

/// Rows that are looked at.
const LOOKED_AT: usize = 4096;
/// Bytes of a column in a row group that are read for it at most.
const MAX_BYTES: u64 = 256 << 20;
/// Bytes of the texts of those rows at most, of which copies are made.
const MAX_TEXTS: u64 = 64 << 20;

/// The leaves of `file`, with what a look at the first rows says of them.
pub(super) fn resolved(file: &ParquetFile) -> Result<Vec<Leaf>, DatasetError> {
    let mut leaves = Vec::with_capacity(file.leaves().len());
    for leaf in file.leaves() {
        match leaf.storage {
            Storage::Bytes => leaves.push(if is_text(file, leaf)? { leaf.clone() } else { unsupported(leaf, "bytes") }),
            Storage::Lists => leaves.extend(elements(file, leaf)?),
            Storage::Plain | Storage::Half | Storage::Wide { .. } => leaves.push(leaf.clone()),
        }
    }
    Ok(leaves)
}

fn unsupported(leaf: &Leaf, what: &str) -> Leaf {
    Leaf { kind: ColumnKind::Unsupported(what.to_owned()), storage: Storage::Plain, ..leaf.clone() }
}

/// The first rows; nothing where there are none, or where they are too large to look at.
fn first(file: &ParquetFile, leaf: &Leaf) -> Result<Option<Vec<Box<dyn Array>>>, DatasetError> {
    let groups = file.metadata().row_groups.iter().enumerate();
    let Some((group, rows)) = groups.map(|(n, g)| (n, g.num_rows())).find(|(_, rows)| *rows > 0) else {
        return Ok(Some(Vec::new()));
    };
    let root = &leaf.field.name;
    let chunk = file.metadata().row_groups.get(group).and_then(|g| g.columns_under_root_iter(root)?.nth(leaf.nth));
    let is_small = chunk.is_some_and(|chunk| chunk.compressed_size().unsigned_abs() <= MAX_BYTES);
    if !is_small {
        return Ok(None);
    }
    let bytes = chunk_bytes(file, leaf, group)?;
    let outline = check(file, leaf, group, &bytes)?;
    let wanted = 0..rows.min(LOOKED_AT);
    if outline.bytes(&wanted) > MAX_TEXTS {
        return Ok(None);
    }
    decode(file, leaf, group, &bytes, wanted, &outline).map(Some)
}

fn is_text(file: &ParquetFile, leaf: &Leaf) -> Result<bool, DatasetError> {
    let Some(arrays) = first(file, leaf)? else { return Ok(false) };
    let text = |array: &dyn Array| {
        let views = array.as_any().downcast_ref::<BinaryViewArray>();
        views.is_some_and(|array| array.iter().flatten().all(|bytes| std::str::from_utf8(bytes).is_ok()))
    };
    Ok(arrays.iter().all(|array| text(array.as_ref())))
}

/// The first values of a column of text, and whether there are no others; nothing where they are too large to look at.
pub(super) fn first_texts(file: &ParquetFile, leaf: &Leaf) -> Result<Option<(Vec<String>, bool)>, DatasetError> {
    let Some(arrays) = first(file, leaf)? else { return Ok(None) };
    let mut texts = Vec::new();
    for array in &arrays {
        let any = array.as_any();
        if let Some(array) = any.downcast_ref::<Utf8ViewArray>() {
            texts.extend(array.iter().map(|text| text.unwrap_or_default().to_owned()));
        } else if let Some(array) = any.downcast_ref::<BinaryViewArray>() {
            let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
            texts.extend(array.iter().map(text));
        }
    }
    let is_all = texts.len() == file.metadata().num_rows;
    Ok(Some((texts, is_all)))
}

/// A column an element, where all lists that are there have one length; else one that cannot be read.
fn elements(file: &ParquetFile, leaf: &Leaf) -> Result<Vec<Leaf>, DatasetError> {
    let Some(arrays) = first(file, leaf)? else {
        return Ok(vec![unsupported(leaf, "lists of more than 256 MiB a row group")]);
    };
    let mut length = None;
    for (from, to) in arrays.iter().flat_map(|array| ranges(array.as_ref())).flatten() {
        if *length.get_or_insert(to - from) != to - from {
            return Ok(vec![unsupported(leaf, "lists of different lengths")]);
        }
    }
    let of = match length {
        None | Some(0) => return Ok(vec![unsupported(leaf, "lists without elements")]),
        Some(of) if of > MAX_ELEMENTS => {
            return Ok(vec![unsupported(
                leaf,
                &format!("lists of {of} values, more than the {MAX_ELEMENTS} that become columns"),
            )]);
        }
        Some(of) => of,
    };
    let element =
        |place| Leaf { name: format!("{}/{place}", leaf.name), element: Some(Element { place, of }), ..leaf.clone() };
    Ok((0..of).map(element).collect())
}

/// For every list, where its elements begin and end among all elements; nothing where there is no list.
fn ranges(array: &dyn Array) -> Vec<Option<(usize, usize)>> {
    let is_there = |row: usize| array.validity().is_none_or(|validity| validity.get_bit(row));
    let range = |row: usize, from: usize, to: usize| is_there(row).then_some((from, to));
    if let Some(lists) = array.as_any().downcast_ref::<ListArray<i64>>() {
        let offsets = lists.offsets().windows(2).enumerate();
        let bounds = |(row, pair): (usize, &[i64])| match pair {
            [from, to] => range(row, *from as usize, *to as usize),
            _ => None,
        };
        offsets.map(bounds).collect()
    } else if let Some(lists) = array.as_any().downcast_ref::<FixedSizeListArray>() {
        let size = lists.size();
        (0..lists.len()).map(|row| range(row, row * size, (row + 1) * size)).collect()
    } else {
        vec![None; array.len()]
    }
}

/// Lists, of which every element of those of one length is a column.
pub(super) struct Lists<'a> {
    arrays: &'a [Box<dyn Array>],
    rows: usize,
    /// Their elements one behind the other as they were wanted, and where those of each list begin and end among them.
    read: Vec<(Wanted, Values)>,
    ranges: Vec<Option<(usize, usize)>>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(arrays: &'a [Box<dyn Array>], rows: usize) -> Self {
        Self { arrays, rows, read: Vec::new(), ranges: Vec::new() }
    }

    /// The values of one element of every list; of a list of another length it is none of the kind.
    pub(super) fn element(&mut self, element: Element, manner: &Manner<'_>) -> Result<Values, String> {
        let wanted = Wanted { column: None, ..manner.wanted };
        if !self.read.iter().any(|(read, _)| *read == wanted) {
            let values = self.read(manner)?;
            self.read.push((wanted, values));
        }
        let place = |range: &Option<(usize, usize)>| match range {
            None => Place::Missing,
            Some((from, to)) if to - from == element.of => Place::At(from + element.place),
            Some(_) => Place::Mistyped,
        };
        let places: Vec<Place> = self.ranges.iter().map(place).collect();
        let read = self.read.iter().find(|(read, _)| *read == wanted);
        Ok(read.map_or_else(|| Values::missing(wanted.reading, self.rows), |(_, values)| picked(values, &places)))
    }

    /// All elements.
    fn read(&mut self, manner: &Manner<'_>) -> Result<Values, String> {
        let (mut inner, mut before) = (Vec::new(), 0);
        self.ranges.clear();
        for array in self.arrays {
            let any = array.as_any();
            let values = any.downcast_ref::<ListArray<i64>>().map(ListArray::values);
            let values = values.or_else(|| any.downcast_ref::<FixedSizeListArray>().map(FixedSizeListArray::values));
            let Some(values) = values else { return Err(format!("unexpected layout of {:?}", array.dtype())) };
            let ranges = ranges(array.as_ref());
            // Of a part of an array there still are the elements of all of it.
            let first = ranges.iter().flatten().map(|(from, _)| *from).min().unwrap_or_default();
            let end = ranges.iter().flatten().map(|(_, to)| *to).max().unwrap_or(first);
            if first > end || end > values.len() {
                return Err("lists end beyond their elements".to_owned());
            }
            let at = |(from, to): (usize, usize)| (before + from - first, before + to - first);
            self.ranges.extend(ranges.into_iter().map(|range| range.map(at)));
            inner.push(values.sliced(first, end - first));
            before += end - first;
        }
        values_of(&inner, manner, before)
    }
}

#[derive(Clone, Copy)]
enum Place {
    At(usize),
    Missing,
    Mistyped,
}

fn picked(values: &Values, places: &[Place]) -> Values {
    let pick = |missing, mistyped, at: &dyn Fn(usize) -> Option<u32>| -> Vec<u32> {
        let code = |place: &Place| match place {
            Place::At(at_) => at(*at_).unwrap_or(missing),
            Place::Missing => missing,
            Place::Mistyped => mistyped,
        };
        places.iter().map(code).collect()
    };
    let absence = |absent: Option<&Vec<u8>>| -> Vec<u8> {
        let of = |at: usize| Some(u32::from(absent.map_or(PRESENT, |codes| codes.get(at).copied().unwrap_or(MISSING))));
        pick(u32::from(MISSING), u32::from(MISTYPED), &of).into_iter().map(|code| code as u8).collect()
    };
    match values {
        Values::Times(times) => {
            let of = |place: &Place| match place {
                Place::At(at) => times.at.get(*at).copied().unwrap_or(NO_EVENT_TIME),
                Place::Missing | Place::Mistyped => NO_EVENT_TIME,
            };
            Values::Times(Times { at: places.iter().map(of).collect(), unread: times.unread.clone() })
        }
        Values::Column(Column::Numeric { values, absent }) => {
            let of = |place: &Place| match place {
                Place::At(at) => values.get(*at).copied().unwrap_or_default(),
                Place::Missing | Place::Mistyped => 0.0,
            };
            let codes = absence(absent.as_ref());
            let absent = codes.iter().any(|code| *code != PRESENT).then_some(codes);
            Values::Column(Column::Numeric { values: places.iter().map(of).collect(), absent })
        }
        Values::Column(Column::Text { codes, values }) => {
            let codes = pick(MISSING_CODE, MISTYPED_CODE, &|at| codes.get(at).copied());
            Values::Column(Column::Text { codes, values: values.clone() })
        }
        Values::Column(Column::Presence { absent }) => {
            Values::Column(Column::Presence { absent: absence(Some(absent)) })
        }
    }
}
