//! Leaves that only their values can tell what they are: lists, which are columns where all have one length, and bytes,
//! which are text where they are UTF-8.

use driftd_stats::{MISSING_CODE, MISTYPED_CODE};
use driftd_window::{Column, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, TimeReader};
use polars_arrow::array::{Array, BinaryViewArray, FixedSizeListArray, ListArray};

use super::array::values_of;
use super::batches::decode;
use super::footer::ParquetFile;
use super::leaf::{Element, Leaf, MAX_ELEMENTS, Storage};
use crate::times::Times;
use crate::values::{Values, Wanted};
use crate::{ColumnKind, DatasetError};

/// Rows that are looked at.
const LOOKED_AT: usize = 4096;
/// Bytes of a column in a row group that are read for it at most.
const MAX_BYTES: u64 = 256 << 20;

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
    is_small.then(|| decode(file, leaf, group, 0, rows.min(LOOKED_AT))).transpose()
}

fn is_text(file: &ParquetFile, leaf: &Leaf) -> Result<bool, DatasetError> {
    let Some(arrays) = first(file, leaf)? else { return Ok(false) };
    let text = |array: &dyn Array| {
        let views = array.as_any().downcast_ref::<BinaryViewArray>();
        views.is_some_and(|array| array.iter().flatten().all(|bytes| std::str::from_utf8(bytes).is_ok()))
    };
    Ok(arrays.iter().all(|array| text(array.as_ref())))
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

/// The values of one element of every list; of a list of another length it is none of the kind.
pub(super) fn element_of(
    arrays: &[Box<dyn Array>],
    element: Element,
    wanted: Wanted,
    times: &TimeReader,
    rows: usize,
) -> Result<Values, String> {
    let mut inner = Vec::new();
    let mut places = Vec::with_capacity(rows);
    let mut before = 0;
    for array in arrays {
        let any = array.as_any();
        let values = any.downcast_ref::<ListArray<i64>>().map(ListArray::values);
        let values = values.or_else(|| any.downcast_ref::<FixedSizeListArray>().map(FixedSizeListArray::values));
        let Some(values) = values else { return Err(format!("unexpected layout of {:?}", array.dtype())) };
        places.extend(ranges(array.as_ref()).into_iter().map(|range| match range {
            None => Place::Missing,
            Some((from, to)) if to - from == element.of => Place::At(before + from + element.place),
            Some(_) => Place::Mistyped,
        }));
        before += values.len();
        inner.push(values.clone());
    }
    Ok(picked(values_of(&inner, wanted, times, before)?, &places))
}

#[derive(Clone, Copy)]
enum Place {
    At(usize),
    Missing,
    Mistyped,
}

fn picked(values: Values, places: &[Place]) -> Values {
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
            Values::Column(Column::Text { codes, values })
        }
        Values::Column(Column::Presence { absent }) => {
            Values::Column(Column::Presence { absent: absence(Some(&absent)) })
        }
    }
}
