//! Tables of files: Parquet, CSV and NDJSON, read chunk by chunk into baselines, comparisons and replays.
//!
//! Floor 2 of driftd, and the only crate that links the Parquet engine of polars. A [`Table`] is opened once, which
//! settles its columns and what they hold; after that it is only ever streamed, a chunk of rows of the wanted columns at
//! a time, so a file may be larger than memory. Everything that reads a table is one of four verbs:
//!
//! - [`build_baseline`] freezes layouts and counts,
//! - [`aggregate`] counts a table in the layouts of a baseline,
//! - [`check`] does that and judges the result,
//! - [`ReplayReader`] hands the rows of files to a monitor as if they had just arrived.
//!
//! Files that hold records as they went through a topic are read by [`RecordFiles`], the way the daemon reads the topic.
//!
//! ```
//! use driftd_dataset::{BaselineOptions, Table, build_baseline, check};
//! use driftd_model::JudgeRules;
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("train.csv");
//! # std::fs::write(&path, "age\n".to_owned() + &"41\n17\n63\n".repeat(40))?;
//! let train = Table::open(&path)?;
//! let baseline = build_baseline(&train, &BaselineOptions::default(), &|_rows| ())?;
//! let checked = check(&baseline, "train", &Table::open(&path)?, &|_| Some(JudgeRules::default()), &|_rows| ())?;
//! assert_eq!(checked.report.outcome().as_str(), "stable");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod aggregate;
mod baseline;
mod blob;
mod check;
mod columns;
mod csv;
mod error;
mod export;
mod format;
mod guess;
mod input;
mod json_rows;
mod limits;
mod ndjson;
mod notation;
mod notes;
mod null_words;
mod options;
mod parquet;
mod parts;
mod point_in_time;
mod raw;
mod record_files;
mod remote;
mod replay;
mod runs;
mod schema;
mod segments;
mod select;
mod shortest;
mod spelt;
mod table;
mod text;
mod times;
mod unfold;
mod values;

pub use aggregate::{CountedFeature, CurrentSide, aggregate};
pub use baseline::{BaselineOptions, EventTimes, SegmentOptions, build_baseline, build_baseline_with_notes};
pub use check::{Checked, check};
pub use error::DatasetError;
pub use export::{ExportColumn, ExportValues, write_parquet};
pub use format::{BadFormat, Format};
pub use input::InputError;
pub use json_rows::JsonRows;
pub use null_words::NullWords;
pub use options::{CsvOptions, ReadOptions};
pub use raw::{RawRecords, fingerprints};
pub use record_files::{FoundRecords, RecordFileError, RecordFiles, Rejected};
pub use replay::ReplayReader;
pub use schema::{ColumnInfo, ColumnKind, Schema};
pub use select::Filtered;
pub use table::Table;
pub use times::{Unread, UnreadTimes};
