//! What the footer of a Parquet file asks for, looked at in its bytes before they are made into anything.
//!
//! The decoder builds the schema by calling itself for every level, makes room for as many elements as lists announce,
//! and keeps the names of all groups around a column with each column: what is small here can be large there.

use super::thrift::{Compact, Fields, Form};
use crate::limits::{MAX_COLUMNS, MAX_NAME_BYTES};

/// Bytes of a footer at most.
pub(super) const MAX_FOOTER: u64 = 64 << 20;
/// Groups within groups at most. Writers that derive schemas from classes reach a dozen.
const MAX_DEPTH: usize = 64;
/// Groups and columns at most; a column of lists has two groups around it.
const MAX_ELEMENTS: usize = 4 * MAX_COLUMNS;
/// Columns of all row groups together at most.
const MAX_CHUNKS: usize = 1 << 19;
/// What a level of the way to a column takes besides its name.
const LEVEL_OVERHEAD: usize = 32;

const TIME_UNIT: Form = Form::Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)]);
const EMPTY: Form = Form::Struct(&[]);
const TIME: Form = Form::Struct(&[(1, Form::Bool), (2, TIME_UNIT)]);
const LOGICAL_TYPE: Form = Form::Struct(&[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Form::Struct(&[(1, Form::Whole), (2, Form::Whole)])),
    (6, EMPTY),
    (7, TIME),
    (8, TIME),
    (10, Form::Struct(&[(1, Form::Byte), (2, Form::Bool)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
]);

/// An element of the schema, its name and its number of children aside.
const ELEMENT: Fields = &[
    (1, Form::Whole),
    (2, Form::Whole),
    (3, Form::Whole),
    (6, Form::Whole),
    (7, Form::Whole),
    (8, Form::Whole),
    (9, Form::Whole),
    (10, LOGICAL_TYPE),
];

/// Statistics of a column or a page.
pub(super) const STATISTICS: Form = Form::Struct(&[
    (1, Form::Binary),
    (2, Form::Binary),
    (3, Form::Whole),
    (4, Form::Whole),
    (5, Form::Binary),
    (6, Form::Binary),
    (7, Form::Bool),
    (8, Form::Bool),
]);

const COLUMN_META_DATA: Form = Form::Struct(&[
    (1, Form::Whole),
    (2, Form::List(&Form::Whole)),
    (3, Form::List(&Form::Binary)),
    (4, Form::Whole),
    (5, Form::Whole),
    (6, Form::Whole),
    (7, Form::Whole),
    (9, Form::Whole),
    (10, Form::Whole),
    (11, Form::Whole),
    (12, STATISTICS),
    (14, Form::Whole),
    (15, Form::Whole),
]);

const COLUMN_CHUNK: Fields = &[
    (1, Form::Binary),
    (2, Form::Whole),
    (3, COLUMN_META_DATA),
    (4, Form::Whole),
    (5, Form::Whole),
    (6, Form::Whole),
    (7, Form::Whole),
];

/// A row group, its columns aside.
const ROW_GROUP: Fields = &[
    (2, Form::Whole),
    (3, Form::Whole),
    (4, Form::List(&Form::Struct(&[(1, Form::Whole), (2, Form::Bool), (3, Form::Bool)]))),
    (5, Form::Whole),
    (6, Form::Whole),
    (7, Form::Whole),
];

/// A file, its schema and its row groups aside.
const FILE: Fields = &[
    (1, Form::Whole),
    (3, Form::Whole),
    (5, Form::List(&Form::Struct(&[(1, Form::Binary), (2, Form::Binary)]))),
    (6, Form::Binary),
    (7, Form::List(&Form::Struct(&[(1, EMPTY), (2, EMPTY)]))),
];

/// Why a footer is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is none.
    Damaged(String),
    TooManyColumns,
    LongNames,
    /// Something else of which there is more than is read.
    TooMuch {
        what: String,
        remedy: &'static str,
    },
}

impl From<String> for Refusal {
    fn from(what: String) -> Self {
        Self::Damaged(what)
    }
}

/// What was counted so far.
#[derive(Debug, Default)]
struct Announced {
    elements: usize,
    columns: usize,
    name_bytes: usize,
    chunks: usize,
    /// For every group around the next element, how many more it has, and what the names down to it take.
    around: Vec<(i64, usize)>,
}

/// Reads all of a footer for what it asks for.
pub(super) fn check(footer: &[u8]) -> Result<(), Refusal> {
    let (mut announced, mut refused) = (Announced::default(), None);
    let mut compact = Compact::new(footer);
    let read = compact.structure(|compact, id, kind| {
        // What is refused for its size ends the walk as damage does, and is told apart below.
        let counted = match id {
            2 => announced.schema(compact, kind),
            4 => announced.row_groups(compact, kind),
            _ => compact.pass(FILE, id, kind).map_err(Refusal::from),
        };
        counted.map_err(|refusal| {
            refused = Some(refusal);
            String::new()
        })
    });
    match (refused, read) {
        (Some(refusal), _) => Err(refusal),
        (None, read) => read.map_err(Refusal::from),
    }
}

impl Announced {
    fn schema(&mut self, compact: &mut Compact<'_>, kind: u8) -> Result<(), Refusal> {
        let elements = compact.structures(kind)?;
        self.elements = self.elements.saturating_add(elements);
        if self.elements > MAX_ELEMENTS {
            return Err(Refusal::TooManyColumns);
        }
        self.around.clear();
        for number in 0..elements {
            let (mut name, mut children) = (0, 0);
            compact.structure(|compact, id, kind| {
                match id {
                    4 => name = compact.binary(kind)?.len(),
                    5 => children = compact.number(kind)?,
                    _ => compact.pass(ELEMENT, id, kind)?,
                }
                Ok(())
            })?;
            self.element(number == 0, name, children)?;
        }
        Ok(())
    }

    /// Counts an element of the schema, which come parents first.
    fn element(&mut self, is_root: bool, name: usize, children: i64) -> Result<(), Refusal> {
        while self.around.last().is_some_and(|(left, _)| *left <= 0) {
            self.around.pop();
        }
        let names = match self.around.last_mut() {
            Some((left, names)) => {
                *left -= 1;
                *names + name + LEVEL_OVERHEAD
            }
            // The name of the root is part of no column's.
            None if is_root => 0,
            None => name + LEVEL_OVERHEAD,
        };
        self.name_bytes = self.name_bytes.saturating_add(names);
        self.columns += usize::from(children <= 0);
        if self.columns > MAX_COLUMNS {
            return Err(Refusal::TooManyColumns);
        }
        if self.name_bytes > MAX_NAME_BYTES {
            return Err(Refusal::LongNames);
        }
        if children > 0 {
            self.around.push((children, names));
        }
        if self.around.len() > MAX_DEPTH {
            let what = format!("groups within groups, more than {MAX_DEPTH} deep");
            return Err(Refusal::TooMuch { what, remedy: "write the columns that are to be compared less nested" });
        }
        Ok(())
    }

    fn row_groups(&mut self, compact: &mut Compact<'_>, kind: u8) -> Result<(), Refusal> {
        for _ in 0..compact.structures(kind)? {
            compact.structure(|compact, id, kind| {
                if id != 1 {
                    return compact.pass(ROW_GROUP, id, kind);
                }
                let chunks = compact.structures(kind)?;
                self.chunks = self.chunks.saturating_add(chunks);
                (0..chunks)
                    .try_for_each(|_| compact.structure(|compact, id, kind| compact.pass(COLUMN_CHUNK, id, kind)))
            })?;
            if self.chunks > MAX_CHUNKS {
                let what = format!("more than {MAX_CHUNKS} columns of all row groups together");
                return Err(Refusal::TooMuch { what, remedy: "write fewer and larger row groups" });
            }
        }
        Ok(())
    }
}
