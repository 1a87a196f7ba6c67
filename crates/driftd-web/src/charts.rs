//! Charts as SVG: no script, no outside reference, text that stays text.
//!
//! Horizontal positions are per cent and vertical ones `em`, so a chart fills its column at 360 pixels and on a 4K
//! screen alike, grows with the reader's font size, and never scales its letters. Every chart is one
//! `<svg role="img">` whose `<title>` and `<desc>` say what the picture shows; one that has links in it is a group with a
//! name. Colours come from the custom properties in [`STYLE`], which a page includes once.

mod effect;
mod frame;
mod rows;
mod sparkline;
mod timeline;

pub use effect::effect_bar;
pub use rows::{BinShare, distribution_steps, distribution_steps_of, paired_bars, paired_bars_of};
pub use sparkline::sparkline;
pub use timeline::{TimePoint, timeline};

/// The style sheet of the charts: colours for light and dark, strokes and fills. Without it shapes are black.
pub const STYLE: &str = include_str!("../templates/charts.css");
