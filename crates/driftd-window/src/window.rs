//! Tumbling and sliding windows as unions of consecutive panes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{EventTime, PaneWidth, Span};

/// Name of a window shape within its monitor, such as `day`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WindowName(String);

/// A window shape: `size` long, one ending every `slide`, ends aligned to the epoch. Tumbling when size = slide.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WindowSpec {
    name: WindowName,
    size: Span,
    slide: Span,
}

/// One window: its shape's name and the first instant after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WindowId {
    /// Name of the shape.
    pub name: WindowName,
    /// First instant after the window.
    pub end: EventTime,
}

/// A window shape that does not fit its panes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWindow {
    /// The name is empty.
    #[error("a window needs a name, such as \"day\"")]
    Unnamed,
    /// Size or slide is not a positive multiple of the pane width.
    #[error("window {name:?}: {what} {span} is not a positive multiple of the pane width {pane}")]
    NotAMultiple {
        /// The window's name.
        name: String,
        /// `size` or `slide`.
        what: &'static str,
        /// The offending span.
        span: Span,
        /// The monitor's pane width.
        pane: Span,
    },
    /// Windows would leave gaps.
    #[error("window {name:?}: slide {slide} is longer than size {size}, so some records would be in no window")]
    Gaps {
        /// The window's name.
        name: String,
        /// Its size.
        size: Span,
        /// Its slide.
        slide: Span,
    },
    /// More panes per window than can be merged cheaply.
    #[error("window {name:?}: {panes} panes in one window are too many (at most 10000); use a wider pane")]
    TooManyPanes {
        /// The window's name.
        name: String,
        /// Panes per window.
        panes: i64,
    },
}

impl WindowName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for WindowName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for WindowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WindowSpec {
    /// A window shape over panes of width `pane`.
    ///
    /// # Errors
    /// See [`BadWindow`].
    pub fn new(name: &str, size: Span, slide: Span, pane: PaneWidth) -> Result<Self, BadWindow> {
        if name.is_empty() {
            return Err(BadWindow::Unnamed);
        }
        for (what, span) in [("size", size), ("slide", slide)] {
            if span.is_zero() || !span.is_multiple_of(pane.span()) {
                let pane = pane.span();
                return Err(BadWindow::NotAMultiple { name: name.to_owned(), what, span, pane });
            }
        }
        if slide > size {
            return Err(BadWindow::Gaps { name: name.to_owned(), size, slide });
        }
        let panes = size.as_micros() / pane.span().as_micros();
        if panes > 10_000 {
            return Err(BadWindow::TooManyPanes { name: name.to_owned(), panes });
        }
        Ok(Self { name: WindowName(name.to_owned()), size, slide })
    }

    /// The shape's name.
    #[must_use]
    pub fn name(&self) -> &WindowName {
        &self.name
    }

    /// Length of a window.
    #[must_use]
    pub fn size(&self) -> Span {
        self.size
    }

    /// Distance between the ends of two successive windows.
    #[must_use]
    pub fn slide(&self) -> Span {
        self.slide
    }

    /// The window of this shape that ends at `end`, if one does.
    #[must_use]
    pub fn ending_at(&self, end: EventTime) -> Option<WindowId> {
        self.ends_at(end).then(|| WindowId { name: self.name.clone(), end })
    }

    /// Whether a window of this shape ends at `end`.
    #[must_use]
    pub const fn ends_at(&self, end: EventTime) -> bool {
        end.as_micros().rem_euclid(self.slide.as_micros()) == 0
    }

    /// The first end of a window after `at`, stopping at the largest representable time.
    #[must_use]
    pub const fn next_end(&self, at: EventTime) -> EventTime {
        let slide = self.slide.as_micros();
        EventTime::from_micros((at.as_micros().div_euclid(slide) + 1).saturating_mul(slide))
    }

    /// The last end of a window at or before `at`, stopping at the smallest representable time.
    #[must_use]
    pub const fn last_end(&self, at: EventTime) -> EventTime {
        let slide = self.slide.as_micros();
        EventTime::from_micros(at.as_micros().div_euclid(slide).saturating_mul(slide))
    }

    /// First instant of the window that ends at `end`.
    #[must_use]
    pub fn start_of(&self, end: EventTime) -> EventTime {
        end.minus(self.size)
    }

    /// How many windows of this shape end in (`after`, `through`]: 0 when `through` is not later.
    #[must_use]
    pub fn ends_between(&self, after: EventTime, through: EventTime) -> u64 {
        let slide = self.slide.as_micros();
        let count = through.as_micros().div_euclid(slide) - after.as_micros().div_euclid(slide);
        u64::try_from(count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour() -> PaneWidth {
        PaneWidth::new(Span::from_hours(1)).unwrap()
    }

    fn at(hours: i64) -> EventTime {
        EventTime::from_micros(hours * 3_600_000_000)
    }

    #[test]
    fn a_sliding_window_ends_every_slide() {
        let spec = WindowSpec::new("day", Span::from_hours(24), Span::from_hours(6), hour()).unwrap();
        let ends: Vec<i64> = (0..=24).filter(|h| spec.ending_at(at(*h)).is_some()).collect();
        assert_eq!(ends, [0, 6, 12, 18, 24]);
        assert_eq!(spec.start_of(at(24)), at(0));
        assert_eq!(spec.ends_between(at(0), at(24)), 4);
        assert_eq!(spec.ends_between(at(24), at(0)), 0);
        assert_eq!(spec.ends_between(at(-7), at(0)), 2);
        assert_eq!((spec.next_end(at(5)), spec.next_end(at(6)), spec.next_end(at(-1))), (at(6), at(12), at(0)));
        assert_eq!((spec.last_end(at(5)), spec.last_end(at(6)), spec.last_end(at(-1))), (at(0), at(6), at(-6)));
    }

    #[test]
    fn window_ends_saturate_at_the_ends_of_time() {
        let spec = WindowSpec::new("day", Span::from_hours(24), Span::from_hours(6), hour()).unwrap();
        let (first, last) = (EventTime::from_micros(i64::MIN), EventTime::from_micros(i64::MAX));
        assert_eq!(spec.next_end(last), last);
        assert_eq!(spec.last_end(first), first);
        assert_eq!(spec.start_of(first), first);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused_with_the_reason() {
        let odd = WindowSpec::new("odd", "90m".parse().unwrap(), Span::from_hours(1), hour());
        assert_eq!(
            odd.unwrap_err().to_string(),
            "window \"odd\": size 1h 30m is not a positive multiple of the pane width 1h"
        );
        let gaps = WindowSpec::new("gaps", Span::from_hours(1), Span::from_hours(2), hour());
        assert!(matches!(gaps, Err(BadWindow::Gaps { .. })));
        assert!(matches!(WindowSpec::new("", Span::ZERO, Span::ZERO, hour()), Err(BadWindow::Unnamed)));
    }
}
