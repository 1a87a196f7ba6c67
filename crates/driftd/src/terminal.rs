//! What people see: colours, tables, numbers, progress.

mod progress;
mod style;
mod table;

pub(crate) use progress::Bar;
pub(crate) use style::{Stream, colour, outcome_word};
pub(crate) use table::Table;

use std::fmt::Display;
use std::io::Write;

use driftd_model::words;
use driftd_window::Timestamp;

/// Writes text to standard output.
///
/// # Errors
/// Those of standard output. A reader that has left (`driftd … | head`) is one of them; `main` takes it for a good end,
/// which `print!` could not: it panics.
pub(crate) fn print(text: impl Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "{text}")?;
    out.flush()
}

/// Writes text and ends the line; see `print`.
///
/// # Errors
/// As `print`.
pub(crate) fn line(text: impl Display) -> std::io::Result<()> {
    print(format_args!("{text}\n"))
}

/// An adjusted p-value as a table shows it: `0.03`, `2.1e-9`, `< 1e-16`.
pub(crate) fn q_value(q: Option<f64>) -> String {
    q.map_or_else(String::new, |q| words::probability("", q).trim_start_matches([' ', '=']).to_owned())
}

/// An instant in UTC as a table shows it, to the minute: `2013-07-01 06:00`.
pub(crate) fn minutes(at: Timestamp) -> String {
    at.to_string().replacen('T', " ", 1).chars().take("2013-07-01 06:00".len()).collect()
}
