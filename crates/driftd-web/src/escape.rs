//! Text made safe for XML.

/// `text` with the five characters escaped that mean something in XML, and without the control characters it forbids.
pub(crate) fn escape(text: &str) -> String {
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
