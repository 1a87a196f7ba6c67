//! The columns that a Parquet schema gives: what it nests is taken apart.

use driftd_stats::Precision;
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_parquet::parquet::schema::types::{PhysicalType, PrimitiveLogicalType, PrimitiveType};

use crate::ColumnKind;

/// Elements of a vector that become columns at most.
pub(super) const MAX_ELEMENTS: usize = 64;

/// One column: a leaf of the schema, or one element of the lists in a leaf.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The names on the way to it, joined by `/`.
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    /// Whether all of it are whole numbers.
    pub(super) is_whole: bool,
    /// The top-level field, with nothing in it but the way to the leaf.
    pub(super) field: Field,
    /// Its place among the leaves below that field.
    pub(super) nth: usize,
    pub(super) storage: Storage,
    /// Which element of lists of which length it is.
    pub(super) element: Option<Element>,
}

impl Leaf {
    /// Whether both are columns of one leaf of the schema, as elements of the same lists are.
    pub(super) fn is_stored_with(&self, other: &Self) -> bool {
        self.field.name == other.field.name && self.nth == other.nth
    }

    /// Width of its floats.
    pub(super) fn precision(&self) -> Precision {
        fn innermost(dtype: &ArrowDataType) -> &ArrowDataType {
            match dtype {
                ArrowDataType::Struct(fields) => fields.first().map_or(dtype, |field| innermost(field.dtype())),
                ArrowDataType::List(inner)
                | ArrowDataType::LargeList(inner)
                | ArrowDataType::FixedSizeList(inner, _) => innermost(inner.dtype()),
                dtype => dtype,
            }
        }
        match innermost(self.field.dtype()) {
            ArrowDataType::Float16 => Precision::Half,
            ArrowDataType::Float32 => Precision::Single,
            _ => Precision::Double,
        }
    }
}

/// How the values of a leaf are stored, where the decoder cannot tell what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// As what they are.
    Plain,
    /// Bytes, which may be text.
    Bytes,
    /// Floats of 16 bits.
    Half,
    /// Decimals of more than 128 bits, with so many digits behind the point.
    Wide { scale: usize },
    /// Lists of values.
    Lists,
}

/// An element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) place: usize,
    pub(super) of: usize,
}

/// The leaves below `field`, whose columns have the types `types` in order.
pub(super) fn leaves(field: &Field, types: &[PrimitiveType]) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut nth = 0;
    walk(field, &mut Vec::new(), types, &mut nth, &mut found);
    found
}

/// `way` has the fields around `field`.
fn walk<'f>(
    field: &'f Field,
    way: &mut Vec<&'f Field>,
    types: &[PrimitiveType],
    nth: &mut usize,
    found: &mut Vec<Leaf>,
) {
    if let ArrowDataType::Struct(fields) = field.dtype() {
        way.push(field);
        for inner in fields {
            walk(inner, way, types, nth, found);
        }
        way.pop();
        return;
    }
    let width = leaf_columns(field.dtype());
    let primitive = types.get(*nth);
    let (kind, storage, dtype) = match field.dtype() {
        ArrowDataType::List(inner) | ArrowDataType::LargeList(inner) | ArrowDataType::FixedSizeList(inner, _) => {
            let (kind, storage, _) = kind_of(inner.dtype(), primitive);
            let is_value = width == 1 && storage == Storage::Plain && !matches!(kind, ColumnKind::Unsupported(_));
            let storage = if is_value { Storage::Lists } else { Storage::Plain };
            let kind = if is_value { kind } else { ColumnKind::Unsupported("lists".to_owned()) };
            (kind, storage, field.dtype().clone())
        }
        ArrowDataType::Map(..) => (ColumnKind::Unsupported("maps".to_owned()), Storage::Plain, field.dtype().clone()),
        dtype => kind_of(dtype, primitive),
    };
    let mut leaf = Field::new(field.name.clone(), dtype, field.is_nullable);
    let mut name = field.name.to_string();
    for outer in way.iter().rev() {
        name = format!("{}/{name}", outer.name);
        leaf = Field::new(outer.name.clone(), ArrowDataType::Struct(vec![leaf]), outer.is_nullable);
    }
    let is_whole = is_whole(field.dtype());
    found.push(Leaf { name, kind, is_whole, field: leaf, nth: *nth, storage, element: None });
    *nth += width;
}

fn is_whole(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as D;
    matches!(dtype, D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64)
}

/// Columns of the file that a type is stored in.
fn leaf_columns(dtype: &ArrowDataType) -> usize {
    match dtype {
        ArrowDataType::Struct(fields) => fields.iter().map(|field| leaf_columns(field.dtype())).sum(),
        ArrowDataType::List(inner)
        | ArrowDataType::LargeList(inner)
        | ArrowDataType::FixedSizeList(inner, _)
        | ArrowDataType::Map(inner, _) => leaf_columns(inner.dtype()),
        _ => 1,
    }
}

fn kind_of(dtype: &ArrowDataType, primitive: Option<&PrimitiveType>) -> (ColumnKind, Storage, ArrowDataType) {
    use ArrowDataType as D;
    let unsupported = |what: &str| ColumnKind::Unsupported(what.to_owned());
    let physical = primitive.map(|primitive| primitive.physical_type);
    let is_half = primitive.is_some_and(|primitive| primitive.logical_type == Some(PrimitiveLogicalType::Float16));
    let (kind, storage) = match (dtype, physical) {
        (D::FixedSizeBinary(2), _) if is_half => return (ColumnKind::Number, Storage::Half, D::Float16),
        (D::Decimal(_, scale), Some(PhysicalType::FixedLenByteArray(width @ 17..=32))) => {
            let storage = Storage::Wide { scale: *scale };
            return (ColumnKind::Number, storage, D::FixedSizeBinary(width));
        }
        (D::Decimal(..), Some(PhysicalType::FixedLenByteArray(33..) | PhysicalType::ByteArray)) => {
            (unsupported("decimals of more than 256 bits or of changing width"), Storage::Plain)
        }
        (D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64, _) => {
            (ColumnKind::Number, Storage::Plain)
        }
        (D::Float16 | D::Float32 | D::Float64 | D::Decimal(..) | D::Decimal32(..) | D::Decimal64(..), _) => {
            (ColumnKind::Number, Storage::Plain)
        }
        // A time of day is a number of the day's clock, with no date to be an instant of.
        (D::Time32(_) | D::Time64(_) | D::Duration(_), _) => (ColumnKind::Number, Storage::Plain),
        (D::Boolean, _) => (ColumnKind::Bool, Storage::Plain),
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, _) => (ColumnKind::Text, Storage::Plain),
        (D::Timestamp(..) | D::Date32 | D::Date64, _) => (ColumnKind::Time, Storage::Plain),
        (D::Null, _) => (ColumnKind::Empty, Storage::Plain),
        // Older writers leave out what makes bytes text.
        (D::Binary | D::LargeBinary | D::BinaryView, _) => (ColumnKind::Text, Storage::Bytes),
        (D::FixedSizeBinary(_), _) => (unsupported("bytes"), Storage::Plain),
        (other, _) => (unsupported(&format!("values of type {other:?}").to_lowercase()), Storage::Plain),
    };
    (kind, storage, dtype.clone())
}
