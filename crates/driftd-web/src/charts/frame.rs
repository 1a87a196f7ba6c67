//! What every chart shares: the frame, its description, coordinates, and text made safe for XML.

use std::fmt;

/// An SVG image under construction: `body` between a described frame.
///
/// `height` is in em; `title` names the picture and `description` says what it shows.
pub(super) fn image(class: &str, height: f64, title: &str, description: &str, body: &str) -> String {
    format!(
        "<svg class=\"chart {class}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" width=\"100%\" height=\"{}\">\
         <title>{}</title><desc>{}</desc>{body}</svg>",
        Em(height),
        escape(title),
        escape(description),
    )
}

/// The same around `body` with links in it, which a picture cannot have: a group of them, with a name and a description.
pub(super) fn group(class: &str, height: f64, title: &str, description: &str, body: &str) -> String {
    format!(
        "<svg class=\"chart {class}\" role=\"group\" aria-label=\"{}\" xmlns=\"http://www.w3.org/2000/svg\" \
         width=\"100%\" height=\"{}\"><desc>{}</desc>{body}</svg>",
        escape(title),
        Em(height),
        escape(description),
    )
}

/// Shares below one in a billion are nothing to the eye, and dividing by them overflows.
const LEAST: f64 = 1e-9;

/// A share as it can be drawn: finite and within [0, 1].
pub(super) fn drawable(share: f64) -> f64 {
    if share.is_finite() && share >= LEAST { share.min(1.0) } else { 0.0 }
}

/// A horizontal coordinate in per cent of the width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Percent(pub(super) f64);

/// A vertical coordinate in units of the font size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Em(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", rounded(self.0))
    }
}

impl fmt::Display for Em {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}em", rounded(self.0))
    }
}

/// Two decimals are finer than a pixel; fewer digits are fewer bytes.
fn rounded(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// `text` with the five characters escaped that mean something in XML, and without the control characters it forbids.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(escape("<b>\"a\" & 'b'\n\u{0}</b>"), "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;  &lt;/b&gt;");
    }
}
