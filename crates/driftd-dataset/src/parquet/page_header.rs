//! The header of a page: what kind it is, and what it says it becomes.

use super::announced::STATISTICS;
use super::thrift::{Compact, Fields, Form};

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dictionary,
    Data,
    /// Data of which the levels stand uncompressed before the values.
    DataV2 {
        levels: usize,
        is_compressed: bool,
    },
}

/// The header of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: Kind,
    /// Bytes as they stand in the file, and as they become.
    pub(super) packed: usize,
    pub(super) unpacked: usize,
    pub(super) values: usize,
    /// How the values are written; a number of Parquet's.
    pub(super) encoding: i64,
}

/// A header, what is read of it aside.
const HEADER: Fields = &[(4, Form::Whole), (6, Form::Struct(&[]))];
const DATA: Fields = &[(3, Form::Whole), (4, Form::Whole), (5, STATISTICS)];
const DICTIONARY: Fields = &[(3, Form::Bool)];
const DATA_V2: Fields = &[(2, Form::Whole), (3, Form::Whole), (8, STATISTICS)];

impl PageHeader {
    /// Reads the header at the front of `bytes`, and says how many bytes it has.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), String> {
        let mut compact = Compact::new(bytes);
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let (mut data, mut dictionary, mut data_v2) = (None, None, None);
        compact.structure(|compact, id, wire| {
            match id {
                1 => kind = Some(compact.number(wire)?),
                2 => unpacked = Some(size(compact.number(wire)?)?),
                3 => packed = Some(size(compact.number(wire)?)?),
                5 => data = Some(Values::read(compact, wire, DATA, false)?),
                7 => dictionary = Some(Values::read(compact, wire, DICTIONARY, false)?),
                8 => data_v2 = Some(Values::read(compact, wire, DATA_V2, true)?),
                _ => compact.pass(HEADER, id, wire)?,
            }
            Ok(())
        })?;
        let incomplete = || "the header of a page is not complete".to_owned();
        let (kind, values) = match kind {
            Some(0) => (Kind::Data, data),
            Some(2) => (Kind::Dictionary, dictionary),
            Some(3) => {
                let of = data_v2.unwrap_or_default();
                let levels = size(of.definition_bytes.saturating_add(of.repetition_bytes))?;
                (Kind::DataV2 { levels, is_compressed: !of.is_plain }, data_v2)
            }
            _ => return Err("a page is of no kind that is known".to_owned()),
        };
        let values = values.ok_or_else(incomplete)?;
        let header = Self {
            kind,
            packed: packed.ok_or_else(incomplete)?,
            unpacked: unpacked.ok_or_else(incomplete)?,
            values: size(values.values)?,
            encoding: values.encoding,
        };
        Ok((header, bytes.len() - compact.left()))
    }
}

/// What the headers of all kinds of pages have, and those of the second version besides.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    values: i64,
    encoding: i64,
    definition_bytes: i64,
    repetition_bytes: i64,
    is_plain: bool,
}

impl Values {
    fn read(compact: &mut Compact<'_>, kind: u8, fields: Fields, is_v2: bool) -> Result<Self, String> {
        Compact::expect_structure(kind)?;
        let mut read = Self::default();
        compact.structure(|compact, id, wire| {
            match id {
                1 => read.values = compact.number(wire)?,
                2 if !is_v2 => read.encoding = compact.number(wire)?,
                4 if is_v2 => read.encoding = compact.number(wire)?,
                5 if is_v2 => read.definition_bytes = compact.number(wire)?,
                6 if is_v2 => read.repetition_bytes = compact.number(wire)?,
                7 if is_v2 => read.is_plain = !Compact::truth(wire)?,
                _ => compact.pass(fields, id, wire)?,
            }
            Ok(())
        })?;
        Ok(read)
    }
}

fn size(announced: i64) -> Result<usize, String> {
    let size = i32::try_from(announced).ok().and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| format!("the header of a page announces a size of {announced}"))
}
