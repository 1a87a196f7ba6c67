//! *Bytes to rows*: records of topics, files and requests, in whatever format they are written.
//!
//! Floor 1 of driftd. A [`Format`] reads bytes into the cells of wanted fields; what becomes of them is the same for all
//! formats. There are two ways to want fields:
//!
//! - a [`Decoder`] wants what the monitors of a topic want, and makes batches for them;
//! - a reader of tables first takes a [`Survey`] of all fields there are, then wants some of them as columns.
//!
//! Both read through the same format, so a value means the same to a baseline, a check, a replay and the daemon.
//!
//! # The native shape
//! One JSON object is one record:
//! ```json
//! {"id": "…", "ts": "2013-07-01T12:00:00Z", "model": "flight-delay", "version": "3",
//!  "features": {"dep_delay": 12.5, "carrier": "UA"}, "prediction": 0.3, "label": null}
//! ```
//! Event time, segments, model, version and features with a `path` are found by their JSON Pointers (RFC 6901), in
//! which tokens that mean nothing on arrays and texts are steps into them ([`driftd_model::PointerStep`]). A feature
//! without one is the member of its name of the object `features`, or of the record itself when that has no such
//! object; a name with slashes, as a baseline of nested records gives, is also read as a path. A prediction without
//! a path is `/prediction`, or the member of its name when an object stands there; when nothing does, it is found like
//! a feature. Labels likewise. Members may come in any order, and others are ignored, whatever they hold. Of a name
//! that stands twice in an object the last counts, and nothing of the first.
//!
//! **Values** are typed as files are: a number is correctly rounded to 64 bits, and as a category it is known by its
//! shortest text; booleans are the categories `true` and `false`, and mistyped as numbers; `NaN`, `Infinity` and
//! `-Infinity` and every number of JSON, bare or in quotes, are numbers, and no other text is; null is missing, and so is
//! what is absent unless the feature has a default; a list or an object is mistyped; half a surrogate pair in a text is
//! U+FFFD. A number beyond the range of 64-bit floats at a wanted place makes its record malformed. **Event times** are
//! read as the monitor says ([`driftd_window::TimeReader`]): ISO 8601 text or numbers since 1970, each in the unit by its
//! size, or the monitor's own format; times without an offset are those of its zone.
//!
//! **Rows.** The object around a feature (`features`, or the parent of its path) may be an array of objects instead:
//! one row each, under one event. Such a record is as good as several, each with one row in place of the array. In it
//! an array at a prediction or label has one element a row, while anything else is the same for all rows. An array
//! whose first element is no object is no array of rows; pointers address its elements by index, as they do everywhere
//! outside the monitor's rows. Arrays of which a pointer of the monitor wants every element are rows beside those and like
//! them. A message may also hold several objects, one a line. A message is counted whole or, when
//! any of it cannot be read, not at all; but what is broken within a text concerns the monitors that look into that.
//! Rows without an event time are rejected one by one, and arrays of rows that do not match for the monitors concerned.
//!
//! Everything that is not counted has a [`RejectReason`](driftd_model::RejectReason), except records that no monitor's
//! filter lets pass, which are counted in [`Decoded::filtered`]. Rejects say where and why, never what:
//! of a text that should be an event time they say the form, digits as nines and letters as `a`.
//!
//! # Speed
//! A record is read once, whatever the number of monitors, and a place that several of them want is looked for once. A
//! record that has the same text between its values as an earlier one is read by comparing that text (`json::fast`); every
//! other goes through `serde_json`, with the same result. Arrays and texts that are read on in are found by the parser and
//! read element by element afterwards; nothing is kept of them but where they stand.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test stops where something is not as it should be"
    )
)]

mod cell;
mod column;
mod csv_lines;
mod decoder;
mod dictionary;
mod feature;
mod fields;
mod filter;
mod format;
mod json;
mod lane;
mod opened;
mod parsed;
mod reach;
mod reject;
mod rows;
mod split;
mod survey;
mod target;
mod unread;
mod word;

pub use cell::{Cell, Span, Texts};
pub use column::ColumnBuilder;
pub use decoder::{Decoded, Decoder, Limits, Load, Note, RecordDecoder};
pub use fields::{ColumnIndex, FieldTree, NodeId};
pub use format::{Format, RecordSink, RecordText};
pub use json::Json;
pub use parsed::ParsedRecord;
pub use reject::Reject;
pub use survey::{FieldPaths, MAX_FIELDS, MAX_NAME_BYTES, Survey, SurveyError};
