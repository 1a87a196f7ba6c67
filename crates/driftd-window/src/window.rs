//! Tumbling and sliding windows as unions of consecutive panes.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::alignment::Alignment;
use crate::{EventTime, PaneWidth, Span, Zone};

mod alignment;

/// Name of a window shape within its monitor, such as `day`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WindowName(Arc<str>);

/// A window shape: `size` long, one ending every `slide`. Tumbling when size = slide.
///
/// Ends lie at multiples of the slide from midnight of 1970-01-01 on, those of whole weeks from midnight of Monday,
/// 1970-01-05, on, in UTC, unless the shape is [aligned](WindowSpec::aligned) in another way. In a zone with summer time
/// sizes and slides are those of its clocks, so two days of the year have 23 and 25 hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WindowSpec {
    name: WindowName,
    size: Span,
    slide: Span,
    alignment: Alignment,
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
    /// The name is that of another shape's memory.
    #[error("window {name:?}: names that end in \"{LASTING}\" are those of memories: write another one")]
    Reserved {
        /// The window's name.
        name: String,
    },
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
    /// Ends that lie within panes.
    #[error(
        "window {name:?}: it begins and ends within panes of {pane}{}: write pane = \"{fitting}\", or a part of it",
        place(*.zone)
    )]
    BetweenPanes {
        /// The window's name.
        name: String,
        /// The zone of its ends.
        zone: Zone,
        /// The monitor's pane width.
        pane: Span,
        /// The widest pane that fits.
        fitting: Span,
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

/// Which clocks the ends of a window keep to.
fn place(zone: Zone) -> String {
    if zone.is_utc() { String::new() } else { format!(" by the clocks of {zone}") }
}

/// What the name of a memory has behind that of its windows.
const LASTING: &str = " (lasting)";

impl WindowName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is remembered of the windows of this shape is judged as a shape of its own, by this name.
    #[must_use]
    pub fn lasting(&self) -> Self {
        Self(format!("{}{LASTING}", self.0).into())
    }

    /// Whether this is the name of a memory.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        self.0.ends_with(LASTING)
    }

    /// The name of the windows: that of a memory without what it has behind theirs.
    #[must_use]
    pub fn shape(&self) -> &str {
        self.0.strip_suffix(LASTING).unwrap_or(&self.0)
    }
}

impl From<&str> for WindowName {
    fn from(name: &str) -> Self {
        Self(name.into())
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
        Self::aligned(name, size, slide, pane, Span::ZERO, Zone::UTC)
    }

    /// The same with ends on the clocks of `zone`, and `offset` later than without one.
    ///
    /// # Errors
    /// See [`BadWindow`].
    pub fn aligned(
        name: &str,
        size: Span,
        slide: Span,
        pane: PaneWidth,
        offset: Span,
        zone: Zone,
    ) -> Result<Self, BadWindow> {
        if name.is_empty() {
            return Err(BadWindow::Unnamed);
        }
        if name.ends_with(LASTING) {
            return Err(BadWindow::Reserved { name: name.to_owned() });
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
        let alignment = Alignment::new(name, slide, offset, zone, pane)?;
        Ok(Self { name: WindowName(name.into()), size, slide, alignment })
    }

    /// The shape's name.
    #[must_use]
    pub fn name(&self) -> &WindowName {
        &self.name
    }

    /// Length of a window on the clocks of its zone.
    #[must_use]
    pub fn size(&self) -> Span {
        self.size
    }

    /// Distance between the ends of two successive windows on those clocks.
    #[must_use]
    pub fn slide(&self) -> Span {
        self.slide
    }

    /// The zone on whose clocks its windows begin and end.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.alignment.zone()
    }

    /// No window of this shape is longer, whatever its zone does to its clocks.
    #[must_use]
    pub fn longest(&self) -> Span {
        if self.alignment.zone().is_utc() { self.size } else { self.size.plus(Span::from_hours(25)) }
    }

    /// The window of this shape that ends at `end`, if one does.
    #[must_use]
    pub fn ending_at(&self, end: EventTime) -> Option<WindowId> {
        self.ends_at(end).then(|| WindowId { name: self.name.clone(), end })
    }

    /// Whether a window of this shape ends at `end`.
    #[must_use]
    pub fn ends_at(&self, end: EventTime) -> bool {
        self.last_end(end) == end
    }

    /// The first end of a window after `at`, stopping at the largest representable time.
    #[must_use]
    pub fn next_end(&self, at: EventTime) -> EventTime {
        self.alignment.next(at)
    }

    /// The last end of a window at or before `at`, stopping at the smallest representable time.
    #[must_use]
    pub fn last_end(&self, at: EventTime) -> EventTime {
        self.alignment.last(at)
    }

    /// First instant of the window that ends at `end`.
    #[must_use]
    pub fn start_of(&self, end: EventTime) -> EventTime {
        self.alignment.before(end, self.size)
    }

    /// The window of this shape that ended `earlier` than the one that ends at `end`, on the clocks of its zone; nothing
    /// where no window ends there.
    #[must_use]
    pub fn end_before(&self, end: EventTime, earlier: Span) -> Option<EventTime> {
        let at = self.alignment.before(end, earlier);
        self.ends_at(at).then_some(at)
    }

    /// First instant of the window before the one that ends at `end`.
    #[must_use]
    pub fn start_before(&self, end: EventTime) -> EventTime {
        self.start_of(self.last_end(EventTime::from_micros(end.as_micros().saturating_sub(1))))
    }
}

#[cfg(test)]
mod tests;
