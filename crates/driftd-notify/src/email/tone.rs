//! Colours of a message; each comes with a mark, because colour alone says nothing to everybody.

/// How grave something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody must look now.
    Critical,
    /// Somebody should look.
    Warning,
    /// It is over.
    Good,
    /// Nothing presses.
    Calm,
}

impl Tone {
    /// The class that has the colours of a dark screen.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Good => "good",
            Self::Calm => "calm",
        }
    }

    /// Colour of the text, on paper.
    pub(super) const fn ink(self) -> &'static str {
        match self {
            Self::Critical => "#a4121b",
            Self::Warning => "#7d4e00",
            Self::Good => "#1a6636",
            Self::Calm => "#4d5866",
        }
    }

    /// Colour behind it, on paper.
    pub(super) const fn wash(self) -> &'static str {
        match self {
            Self::Critical => "#fdeceb",
            Self::Warning => "#fdf3dc",
            Self::Good => "#e6f4ea",
            Self::Calm => "#ebeef2",
        }
    }

    /// A shape of its own.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Critical => "\u{25c6}",
            Self::Warning => "\u{25b2}",
            Self::Good => "\u{2713}",
            Self::Calm => "\u{25cb}",
        }
    }
}
