//! What a file may ask for at most.
//!
//! Files come from elsewhere, and a few bytes can announce or become many. What is more than any table has is refused
//! before memory is taken for it, so that no file of whatever size takes more than a few hundred MiB.

/// Columns of a table.
pub(crate) use driftd_decode::MAX_FIELDS as MAX_COLUMNS;
/// Bytes of the names of all columns, each with those of the groups around it.
pub(crate) use driftd_decode::MAX_NAME_BYTES;

/// Bytes of one record of CSV or JSON.
pub(crate) const MAX_RECORD_BYTES: u64 = 64 << 20;
/// Delimiters in one record of CSV, those within quotes among them.
pub(crate) const MAX_RECORD_FIELDS: usize = 1 << 23;

/// Bytes of a data frame in one JSON object, which is held in memory as a whole.
pub(crate) const MAX_FRAME_BYTES: u64 = 128 << 20;
/// Values of such a data frame.
pub(crate) const MAX_FRAME_VALUES: usize = 1 << 22;
/// Bytes that it may take when it is written row by row, every row with its names.
pub(crate) const MAX_FRAME_ROWS: u64 = 2 << 30;
