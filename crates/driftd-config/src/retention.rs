//! How long what was counted and judged is kept.

use driftd_window::Span;

/// The `[retention]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// How long counts of sealed panes are kept after they landed, so that late records can be told from counted ones;
    /// at least an hour.
    pub partials: Span,
    /// How long windows, verdicts, resolved incidents and deliveries are kept; nothing for ever. At least a day, and
    /// no shorter than the longest window.
    pub history: Option<Span>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { partials: Span::from_hours(48), history: None }
    }
}
