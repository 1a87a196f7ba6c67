//! Columns of every type as Parquet, in row groups of any size.

use std::io::Write;
use std::sync::Arc;

use polars_arrow::array::{Array, BooleanArray, ListArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, FileWriter, StatisticsOptions, Version, WriteOptions, get_dtype_encoding, row_group_iter,
};

/// The columns of a table, each under its name.
pub type Columns = Vec<(String, Box<dyn Array>)>;

/// Columns by name: `columns!("x" => vec![1.5, 2.5], "t" => vec!["a", "b"])`.
#[macro_export]
macro_rules! columns {
    ($($name:expr => $values:expr),* $(,)?) => {
        vec![$(($name.to_string(), $crate::support::columns::Cells::array($values))),*]
    };
}

/// What can stand in a column.
pub trait Cells {
    fn array(self) -> Box<dyn Array>;
}

macro_rules! cells {
    ($($type:ty, $values:ident => $array:expr;)*) => {
        $(impl Cells for $type {
            fn array(self) -> Box<dyn Array> {
                let $values = self;
                $array.boxed()
            }
        })*
    };
}

cells! {
    Vec<i32>, values => PrimitiveArray::from_vec(values);
    Vec<i64>, values => PrimitiveArray::from_vec(values);
    Vec<f64>, values => PrimitiveArray::from_vec(values);
    Vec<f32>, values => PrimitiveArray::from_vec(values);
    Vec<Option<i64>>, values => PrimitiveArray::from(values);
    Vec<Option<f64>>, values => PrimitiveArray::from(values);
    Vec<bool>, values => BooleanArray::from_slice(values);
    Vec<&str>, values => Utf8ViewArray::from_slice_values(values);
    Vec<String>, values => Utf8ViewArray::from_slice_values(values);
    Vec<Option<String>>, values => Utf8ViewArray::from_slice(values);
}

impl Cells for Box<dyn Array> {
    fn array(self) -> Box<dyn Array> {
        self
    }
}

/// Timestamps without a zone, from microseconds since 1970.
pub fn instants(micros: Vec<i64>) -> Box<dyn Array> {
    PrimitiveArray::from_vec(micros).to(ArrowDataType::Timestamp(TimeUnit::Microsecond, None)).boxed()
}

/// `rows` lists of the numbers 1 and 2.
pub fn lists(rows: usize) -> Box<dyn Array> {
    let values = PrimitiveArray::from_vec([1_i32, 2].repeat(rows)).boxed();
    let offsets = (0..=rows as i64).map(|row| 2 * row).collect::<Vec<_>>().try_into().unwrap();
    let dtype = ListArray::<i64>::default_datatype(ArrowDataType::Int32);
    ListArray::<i64>::new(dtype, offsets, values, None).boxed()
}

/// Writes columns as Parquet in row groups of `group` rows.
pub fn write(out: impl Write, columns: &Columns, group: usize) {
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let field = |(name, array): &(String, Box<dyn Array>)| Field::new(name.into(), array.dtype().clone(), true);
    let schema: Arc<ArrowSchema> = Arc::new(columns.iter().map(field).collect());
    let encodings: Vec<_> = schema.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
    let mut writer = FileWriter::try_new(out, schema.as_ref().clone(), options).unwrap();
    let types = writer.parquet_schema().fields().to_vec();
    let rows = columns.first().map_or(0, |(_, array)| array.len());
    for start in (0..rows).step_by(group) {
        let length = group.min(rows - start);
        let arrays = columns.iter().map(|(_, array)| array.sliced(start, length)).collect();
        let batch = RecordBatchT::try_new(length, schema.clone(), arrays).unwrap();
        let columns = row_group_iter(batch, encodings.clone().into(), types.clone(), options);
        writer.write(length as u64, columns).unwrap();
    }
    writer.end(None).unwrap();
}
