//! Decoded arrays as values of a chunk.

use std::fmt::Write as _;

use driftd_stats::{MISSING_CODE, MISTYPED_CODE, MistypedType, Precision};
use driftd_window::{Column, EpochUnit, MISSING, MISTYPED, NO_EVENT_TIME, NumberText, PRESENT, TimeReader};
use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use polars_arrow::types::NativeType;

use super::decimal::nearest;
use crate::NullWords;
use crate::csv::{Cells, Spelling};
use crate::shortest::shortest;
use crate::text::TextCodes;
use crate::times::TimesBuilder;
use crate::values::{Reading, Values, Wanted};

/// How the values of a column are read.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) wanted: Wanted,
    pub(super) times: &'a TimeReader,
    /// Width of its floats.
    pub(super) precision: Precision,
    /// What its texts spell, if it holds any.
    pub(super) spelling: Spelling,
    pub(super) null_words: &'a NullWords,
}

impl Manner<'_> {
    /// Narrow floats that stand for the shortest decimal they are nearest to.
    fn shortened(&self) -> Option<Precision> {
        (self.wanted.shortest && self.precision != Precision::Double).then_some(self.precision)
    }
}

/// The values of consecutive arrays of one column, `rows` in all.
pub(super) fn values_of(arrays: &[Box<dyn Array>], manner: &Manner<'_>, rows: usize) -> Result<Values, String> {
    let Manner { wanted, times: reader, precision, spelling, .. } = manner;
    let is_spelt = wanted.reading == Reading::Numbers || wanted.reading != Reading::Times && !spelling.is_of_texts();
    if is_spelt && arrays.iter().any(|array| is_text(array.as_ref())) {
        return spelt(arrays, manner, rows);
    }
    match wanted.reading {
        Reading::Numbers => numbers(arrays, rows, manner),
        Reading::Texts => texts(arrays, rows, *precision),
        Reading::Presence => Ok(Values::Column(Column::Presence { absent: absent_or_present(arrays, rows) })),
        Reading::Times => times(arrays, rows, reader),
    }
}

fn is_text(array: &dyn Array) -> bool {
    matches!(array.dtype().to_storage(), ArrowDataType::Utf8View | ArrowDataType::BinaryView)
}

/// Texts that spell something else, read as they are in a file of text.
fn spelt(arrays: &[Box<dyn Array>], manner: &Manner<'_>, rows: usize) -> Result<Values, String> {
    let mut cells = Cells::new(manner.wanted, manner.spelling, manner.null_words, manner.times, rows);
    let push = |cells: &mut Cells<'_>, text: Option<&str>| match text {
        None | Some("") => cells.missing(),
        Some(text) => cells.field(text),
    };
    for array in arrays {
        let any = array.as_any();
        if let Some(texts) = any.downcast_ref::<Utf8ViewArray>() {
            texts.iter().for_each(|text| push(&mut cells, text));
        } else if let Some(bytes) = any.downcast_ref::<BinaryViewArray>() {
            for bytes in bytes {
                match bytes.map(std::str::from_utf8) {
                    Some(Err(_)) => cells.unreadable(),
                    Some(Ok(text)) => push(&mut cells, Some(text)),
                    None => push(&mut cells, None),
                }
            }
        } else {
            return Err(format!("unexpected layout of {:?}", array.dtype()));
        }
    }
    Ok(cells.finish())
}

/// Calls `$each` with the array as a `PrimitiveArray` of numbers, its values as `f64` by `$as_f64`, or `$other`.
macro_rules! on_numbers {
    ($array:expr, |$typed:ident, $as_f64:ident| $each:expr, $other:expr) => {{
        macro_rules! typed {
            ($type:ty, $convert:expr) => {
                match $array.as_any().downcast_ref::<PrimitiveArray<$type>>() {
                    Some($typed) => {
                        let $as_f64 = $convert;
                        $each
                    }
                    None => return Err(format!("unexpected layout of {:?}", $array.dtype())),
                }
            };
        }
        use ArrowDataType as D;
        match $array.dtype().to_storage() {
            D::Int8 => typed!(i8, |v: i8| f64::from(v)),
            D::Int16 => typed!(i16, |v: i16| f64::from(v)),
            D::Int32 | D::Time32(_) => typed!(i32, |v: i32| f64::from(v)),
            // Beyond 2^53 the nearest float stands for the integer.
            D::Int64 | D::Time64(_) | D::Duration(_) => typed!(i64, |v: i64| v as f64),
            D::UInt8 => typed!(u8, |v: u8| f64::from(v)),
            D::UInt16 => typed!(u16, |v: u16| f64::from(v)),
            D::UInt32 => typed!(u32, |v: u32| f64::from(v)),
            D::UInt64 => typed!(u64, |v: u64| v as f64),
            D::Float32 => typed!(f32, |v: f32| f64::from(v)),
            D::Float64 => typed!(f64, |v: f64| v),
            D::Decimal(_, scale) => {
                let scale = *scale;
                typed!(i128, move |v: i128| nearest(v, scale))
            }
            _ => $other,
        }
    }};
}

fn numbers(arrays: &[Box<dyn Array>], rows: usize, manner: &Manner<'_>) -> Result<Values, String> {
    fn extend<T: NativeType>(values: &mut Vec<f64>, array: &PrimitiveArray<T>, as_f64: impl Fn(T) -> f64) {
        values.extend(array.values().iter().map(|v| as_f64(*v)));
    }
    let mut values = Vec::with_capacity(rows);
    let mut absent = None;
    for array in arrays {
        let start = values.len();
        if let Some(read) = numbers_of_booleans(array.as_ref(), manner.wanted.takes_booleans) {
            let codes = absent.get_or_insert_with(|| vec![PRESENT; start]);
            codes.resize(start, PRESENT);
            for number in read {
                codes.push(number.map_or_else(|code| code, |_| PRESENT));
                values.push(number.unwrap_or_default());
            }
            continue;
        }
        let mistyped = on_numbers!(
            array,
            |typed, as_f64| {
                match manner.shortened() {
                    Some(width) => extend(&mut values, typed, |v| shortest(as_f64(v), width)),
                    None => extend(&mut values, typed, as_f64),
                }
                false
            },
            {
                values.resize(start + array.len(), 0.0);
                true
            }
        );
        if mistyped || array.null_count() > 0 {
            let codes = absent.get_or_insert_with(|| vec![PRESENT; start]);
            codes.resize(start, PRESENT);
            push_codes(codes, array.as_ref(), if mistyped { MISTYPED } else { PRESENT });
        }
    }
    if let Some(codes) = &mut absent {
        codes.resize(values.len(), PRESENT);
    }
    Ok(Values::Column(Column::Numeric { values, absent }))
}

/// The numbers of booleans where those are numbers, else the absence code.
fn numbers_of_booleans(array: &dyn Array, takes_booleans: bool) -> Option<Vec<Result<f64, u8>>> {
    let booleans = array.as_any().downcast_ref::<BooleanArray>()?;
    let of_value = |value: bool| {
        if takes_booleans { Ok(f64::from(u8::from(value))) } else { Err(MistypedType::Boolean.code()) }
    };
    Some(booleans.iter().map(|value| value.map_or(Err(MISSING), of_value)).collect())
}

/// One absence code a row: `present` where there is a value.
fn push_codes(codes: &mut Vec<u8>, array: &dyn Array, present: u8) {
    match array.validity() {
        _ if *array.dtype() == ArrowDataType::Null => codes.extend(std::iter::repeat_n(MISSING, array.len())),
        Some(validity) => codes.extend(validity.iter().map(|valid| if valid { present } else { MISSING })),
        None => codes.extend(std::iter::repeat_n(present, array.len())),
    }
}

fn absent_or_present(arrays: &[Box<dyn Array>], rows: usize) -> Vec<u8> {
    let mut codes = Vec::with_capacity(rows);
    for array in arrays {
        match array.as_any().downcast_ref::<Utf8ViewArray>() {
            // An empty text is no value: files of text cannot tell the two apart.
            Some(texts) => {
                codes.extend(texts.iter().map(|text| if text.is_none_or(str::is_empty) { MISSING } else { PRESENT }));
            }
            None => push_codes(&mut codes, array.as_ref(), PRESENT),
        }
    }
    codes
}

fn texts(arrays: &[Box<dyn Array>], rows: usize, precision: Precision) -> Result<Values, String> {
    let mut codes = TextCodes::with_capacity(rows);
    let mut shown = String::new();
    for array in arrays {
        match array.dtype().to_storage() {
            ArrowDataType::Utf8View => {
                let Some(array) = array.as_any().downcast_ref::<Utf8ViewArray>() else {
                    return Err("unexpected layout of text".to_owned());
                };
                array.iter().for_each(|value| codes.push(value));
            }
            ArrowDataType::BinaryView => {
                let Some(array) = array.as_any().downcast_ref::<BinaryViewArray>() else {
                    return Err("unexpected layout of bytes".to_owned());
                };
                for bytes in array {
                    match bytes.map(std::str::from_utf8) {
                        None => codes.push(None),
                        Some(Ok(text)) => codes.push(Some(text)),
                        Some(Err(_)) => codes.push_code(MISTYPED_CODE),
                    }
                }
            }
            ArrowDataType::Boolean => {
                let Some(array) = array.as_any().downcast_ref::<BooleanArray>() else {
                    return Err("unexpected layout of booleans".to_owned());
                };
                array.iter().for_each(|value| codes.push(value.map(|v| if v { "true" } else { "false" })));
            }
            ArrowDataType::Timestamp(..) | ArrowDataType::Date32 | ArrowDataType::Date64 => {
                let read = times(std::slice::from_ref(array), array.len(), &TimeReader::default())?;
                let Values::Times(read) = read else { return Err("unexpected layout of timestamps".to_owned()) };
                for at in read.at {
                    shown.clear();
                    let valid = at != NO_EVENT_TIME;
                    let _ = write!(shown, "{}", driftd_window::EventTime::from_micros(at));
                    codes.push(valid.then_some(&shown));
                }
            }
            // Integers are written from the integer: as floats they would lose digits beyond 2^53.
            ArrowDataType::Int64 | ArrowDataType::UInt64 => integer_texts(array.as_ref(), &mut codes)?,
            // The shortest text of a 32-bit float is shorter than that of the 64-bit float that equals it.
            ArrowDataType::Float32 => {
                let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<f32>>() else {
                    return Err("unexpected layout of floats".to_owned());
                };
                for value in array {
                    shown.clear();
                    // As in `NumberText`, adding zero leaves one zero.
                    let _ = value.map(|value| write!(shown, "{}", value + 0.0));
                    codes.push(value.map(|_| shown.as_str()));
                }
            }
            _ => on_numbers!(
                array,
                |typed, as_f64| for value in typed.iter() {
                    shown.clear();
                    if let Some(value) = value {
                        // Of floats narrower than those above the decoder makes 64-bit ones.
                        let number = as_f64(*value);
                        let number = if precision == Precision::Half { shortest(number, precision) } else { number };
                        let _ = write!(shown, "{}", NumberText(number));
                    }
                    codes.push(value.map(|_| shown.as_str()));
                },
                for valid in validity_of(array.as_ref()) {
                    codes.push_code(if valid { MISTYPED_CODE } else { MISSING_CODE });
                }
            ),
        }
    }
    Ok(Values::Column(codes.finish()))
}

fn integer_texts(array: &dyn Array, codes: &mut TextCodes) -> Result<(), String> {
    let mut shown = String::new();
    let mut push = |value: Option<&dyn std::fmt::Display>| {
        shown.clear();
        if let Some(value) = value {
            let _ = write!(shown, "{value}");
        }
        codes.push(value.map(|_| shown.as_str()));
    };
    if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() {
        array.iter().for_each(|v| push(v.map(|v| v as &dyn std::fmt::Display)));
    } else if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<u64>>() {
        array.iter().for_each(|v| push(v.map(|v| v as &dyn std::fmt::Display)));
    } else {
        return Err("unexpected layout of integers".to_owned());
    }
    Ok(())
}

fn validity_of(array: &dyn Array) -> Bitmap {
    match array.validity() {
        Some(validity) => validity.clone(),
        None => Bitmap::new_with_value(*array.dtype() != ArrowDataType::Null, array.len()),
    }
}

fn times(arrays: &[Box<dyn Array>], rows: usize, reader: &TimeReader) -> Result<Values, String> {
    /// Appends the values of an array, `each` for those that are there.
    fn extend<V>(
        times: &mut TimesBuilder,
        values: impl Iterator<Item = Option<V>>,
        each: impl Fn(&mut TimesBuilder, V),
    ) {
        for value in values {
            match value {
                Some(value) => each(times, value),
                None => times.missing(),
            }
        }
    }
    let mut times = TimesBuilder::new(reader, rows);
    for array in arrays {
        let any = array.as_any();
        match array.dtype().to_storage() {
            ArrowDataType::Timestamp(of, zone) => {
                let Some(array) = any.downcast_ref::<PrimitiveArray<i64>>() else {
                    return Err("unexpected layout of timestamps".to_owned());
                };
                let of = match of {
                    TimeUnit::Second => EpochUnit::Seconds,
                    TimeUnit::Millisecond => EpochUnit::Millis,
                    TimeUnit::Microsecond => EpochUnit::Micros,
                    TimeUnit::Nanosecond => EpochUnit::Nanos,
                };
                // A column without a zone holds times on some clocks, one with a zone instants.
                let is_local = zone.is_none();
                extend(&mut times, array.iter(), |times, v| match of.micros_of_integer(*v) {
                    local if is_local => times.local(local),
                    instant => times.instant(instant),
                });
            }
            ArrowDataType::Date32 => {
                let Some(array) = any.downcast_ref::<PrimitiveArray<i32>>() else {
                    return Err("unexpected layout of dates".to_owned());
                };
                let of = |day: i32| EpochUnit::Seconds.micros_of_integer(i64::from(day) * 86_400);
                extend(&mut times, array.iter(), |times, v| times.local(of(*v)));
            }
            ArrowDataType::Utf8View => {
                let Some(array) = any.downcast_ref::<Utf8ViewArray>() else {
                    return Err("unexpected layout of text".to_owned());
                };
                extend(&mut times, array.iter(), TimesBuilder::text);
            }
            ArrowDataType::BinaryView => {
                let Some(array) = any.downcast_ref::<BinaryViewArray>() else {
                    return Err("unexpected layout of bytes".to_owned());
                };
                extend(&mut times, array.iter(), |times, v| times.text(&String::from_utf8_lossy(v)));
            }
            ArrowDataType::Int64 => {
                let Some(array) = any.downcast_ref::<PrimitiveArray<i64>>() else {
                    return Err("unexpected layout of integers".to_owned());
                };
                extend(&mut times, array.iter(), |times, v| times.integer(*v));
            }
            _ => on_numbers!(
                array,
                |typed, as_f64| extend(&mut times, typed.iter(), |times, v| times.number(as_f64(*v))),
                (0..array.len()).for_each(|_| times.missing())
            ),
        }
    }
    Ok(Values::Times(times.take()))
}
