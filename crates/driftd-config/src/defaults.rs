//! Defaults of a monitor; the other sections have theirs in their types. `config/driftd.toml` says the same.

use driftd_window::Span;

/// Where driftd's own record format has the event time.
pub(crate) const EVENT_TIME: &str = "/ts";
/// Width of a pane.
pub(crate) const PANE: Span = Span::from_hours(1);
/// Subtracted when the watermark advances.
pub(crate) const OUT_OF_ORDERNESS: Span = Span::from_minutes(1);
/// Waited before a pane is sealed.
pub(crate) const ALLOWED_LATENESS: Span = Span::from_minutes(5);
/// Quiet time of an idle partition.
pub(crate) const IDLE_TIMEOUT: Span = Span::from_minutes(1);
/// How far event times may lie in the future.
pub(crate) const MAX_FUTURE_SKEW: Span = Span::from_hours(1);
/// Name of the only window.
pub(crate) const WINDOW: &str = "day";
/// Its size and slide.
pub(crate) const WINDOW_SIZE: Span = Span::from_hours(24);
/// Segments kept apart.
pub(crate) const SEGMENTS: u16 = 32;
