//! Colour, only where somebody sees it.

use std::io::IsTerminal;

use driftd_model::Outcome;

/// A stream that may or may not be a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Stream {
    /// Whether a person is looking.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Out => std::io::stdout().is_terminal(),
            Self::Err => std::io::stderr().is_terminal(),
        }
    }

    /// Whether colour is wanted: on a terminal, unless NO_COLOR is set to anything.
    pub(crate) fn is_coloured(self) -> bool {
        self.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
    }

    /// Its width in columns: the terminal's, or 160 where nobody looks.
    pub(crate) fn width(self) -> u16 {
        let size = if self.is_terminal() { terminal_size::terminal_size() } else { None };
        size.map_or(160, |(width, _)| width.0).max(60)
    }
}

/// The words outcomes are shown as, each with a mark so that they read without colour too, and their colours.
const OUTCOMES: [(Outcome, &str, &str); 5] = [
    (Outcome::Critical, "■ critical", "31;1"),
    (Outcome::Warning, "▲ warning", "33"),
    (Outcome::Stable, "· stable", "32"),
    (Outcome::InsufficientData, "? too little", "2"),
    (Outcome::NotComparable, "– n/a", "2"),
];

/// An outcome as a word with a mark.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    OUTCOMES.iter().find(|(o, ..)| *o == outcome).map_or("", |(_, word, _)| word)
}

/// `text` with its outcome words in colour; laid out before, so that colour codes never count as width.
pub(crate) fn colour(text: &str, coloured: bool) -> String {
    let mut text = text.to_owned();
    if coloured {
        for (_, word, code) in OUTCOMES {
            text = text.replace(word, &format!("\u{1b}[{code}m{word}\u{1b}[0m"));
        }
    }
    text
}
