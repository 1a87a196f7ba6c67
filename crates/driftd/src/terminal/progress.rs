//! Progress bars: rate and time left, silent when nobody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Stream;

/// A bar on standard error.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar over `total` rows, or without an end where that is not known.
    pub(crate) fn rows(total: impl Into<Option<u64>>, what: &str) -> Self {
        let total = total.into();
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        if Stream::Err.is_terminal() {
            let colour = if Stream::Err.is_coloured() { ".cyan/dim" } else { "" };
            let template = match total {
                Some(_) => {
                    format!("{{msg:26}} {{bar:30{colour}}} {{human_pos}}/{{human_len}} rows  {{per_sec}}  {{eta}} left")
                }
                None => "{msg:26} {spinner} {human_pos} rows  {per_sec}".to_owned(),
            };
            // The template is fixed text; should it ever be wrong, the default bar is still a bar.
            let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let style = if total.is_some() { style.progress_chars("━╸─") } else { style };
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    /// `rows` are done.
    pub(crate) fn at(&self, rows: u64) {
        self.0.set_position(rows);
    }

    /// What is being done now.
    pub(crate) fn say(&self, what: String) {
        self.0.set_message(what);
    }

    /// Takes the bar off the screen.
    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }
}
