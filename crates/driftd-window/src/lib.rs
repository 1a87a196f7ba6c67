//! *When*: event time, panes, windows and watermarks, and the reducer that turns records into pane deltas.
//!
//! Floor 0 of driftd together with `driftd-stats`: no clock, no I/O, no runtime. Time comes in as an argument, so
//! everything here is a function of its inputs and replaying a source gives the same panes bit for bit.
//!
//! ```
//! use driftd_window::{EventTime, PaneWidth, Span, WindowSpec};
//!
//! let pane = PaneWidth::new("1h".parse()?)?;
//! let day = WindowSpec::new("day", "1d".parse()?, "6h".parse()?, pane)?;
//! let noon: EventTime = "2013-07-01T12:00:00Z".parse()?;
//! let window = day.ending_at(noon).expect("noon is a multiple of six hours");
//! assert_eq!(day.start_of(window.end).to_string(), "2013-06-30T12:00:00Z");
//! assert_eq!(day.ending_at(noon.plus(Span::from_hours(1))), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod batch;
mod cut;
#[cfg(test)]
mod fixtures;
mod number;
mod number_text;
mod pane;
mod reading;
mod reducer;
mod segment;
mod time;
mod watermark;
mod window;

pub use driftd_stats::boolean_word;

pub use batch::{Column, MISSING, MISTYPED, NO_EVENT_TIME, PRESENT, RaggedBatch, RecordBatch, SegmentColumn};
pub use number::{number_word, quoted_number};
pub use number_text::{NumberText, is_code, number_text};
pub use pane::{BadPaneWidth, PaneId, PaneWidth};
pub use reading::{EpochUnit, TimeReader, instant};
pub use reducer::{Absorbed, PaneDelta, Reducer, ReducerPlan, Validity};
pub use segment::{SegmentKey, SegmentPlan};
pub use time::{
    BadTimeFormat, BadZone, EventTime, Span, TimeError, TimeFormat, Timestamp, WrittenTime, Zone, date_of_digits,
    written_time,
};
pub use watermark::{EndSeen, GlobalMark, PartitionMark, Watermark};
pub use window::{BadWindow, WindowId, WindowName, WindowSpec};
