//! Borrowed columns handed to the counting loops.

/// Code of a present value in [`NumericSlice::absent`].
pub const PRESENT: u8 = 0;
/// Code of a missing value in [`TextSlice::codes`].
pub const MISSING_CODE: u32 = u32::MAX;
/// Code of a value of the wrong type in [`TextSlice::codes`].
pub const MISTYPED_CODE: u32 = u32::MAX - 1;
/// Group number of rows that a grouped count leaves out.
pub const GROUP_SKIP: u32 = u32::MAX;

/// Why a row has no usable value for a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Absence {
    /// Null, or the field was not there.
    Missing = 1,
    /// A value was there but of the wrong type for the feature.
    Mistyped = 2,
}

impl Absence {
    /// The code in [`NumericSlice::absent`].
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The code in [`TextSlice::codes`].
    #[must_use]
    pub const fn text_code(self) -> u32 {
        match self {
            Self::Missing => MISSING_CODE,
            Self::Mistyped => MISTYPED_CODE,
        }
    }
}

/// A column of numbers.
///
/// NaN and ±inf are values and are counted as such; rows without a value are
/// marked in `absent`.
#[derive(Clone, Copy, Debug)]
pub struct NumericSlice<'a> {
    /// One value per row; what stands at absent rows does not matter.
    pub values: &'a [f64],
    /// `None` when every row has a value. Otherwise one code per row: 0
    /// present, 1 missing, 2 (or anything else) mistyped, of which a
    /// [`MistypedType`](crate::MistypedType) is known. Rows beyond its end count
    /// as present.
    pub absent: Option<&'a [u8]>,
}

impl<'a> NumericSlice<'a> {
    /// The rows `from..to`, as far as there are any.
    pub(crate) fn part(self, from: usize, to: usize) -> Self {
        fn rows<T>(column: &[T], from: usize, to: usize) -> &[T] {
            column.get(from.min(column.len())..to.min(column.len())).unwrap_or_default()
        }
        let absent: Option<&'a [u8]> = self.absent.map(|codes| rows(codes, from, to));
        Self { values: rows(self.values, from, to), absent }
    }
}

/// A dictionary-encoded column of text.
#[derive(Clone, Copy, Debug)]
pub struct TextSlice<'a> {
    /// One code per row: an index into `values`, [`MISSING_CODE`] or
    /// [`MISTYPED_CODE`]. A code that points nowhere counts as mistyped.
    pub codes: &'a [u32],
    /// The texts the codes stand for; it may hold texts that do not occur and
    /// texts that occur twice.
    pub values: &'a [String],
}
