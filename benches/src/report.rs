//! Tables on standard output.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

/// Prints a headline.
pub fn headline(text: &str) {
    println!("\n{text}");
}

/// Prints a line below a table.
pub fn note(text: &str) {
    println!("  {text}");
}

/// Prints rows under their heads: the first column to the left, all others to the right.
pub fn table(heads: &[&str], rows: &[Vec<String>]) {
    let cell = |row: &[String], at: usize| row.get(at).map_or(0, |text| text.chars().count());
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| rows.iter().map(|row| cell(row, at)).max().unwrap_or(0).max(head.chars().count()))
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.into_iter().zip(&widths).enumerate();
        let padded = cells.map(
            |(at, (text, &width))| {
                if at == 0 { format!("{text:<width$}") } else { format!("{text:>width$}") }
            },
        );
        println!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(heads.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}

/// A number in three digits or so: `0.42`, `3.1`, `270`, `12,400,000`.
#[must_use]
pub fn figure(value: f64) -> String {
    match value.abs() {
        size if size < 1.0 => format!("{value:.2}"),
        size if size < 99.5 => format!("{value:.1}"),
        size if size < 9_999.5 => format!("{value:.0}"),
        size => {
            // Beyond the third digit there is only noise.
            let unit = 10_f64.powi(size.log10().floor() as i32 - 2);
            grouped((value / unit).round() * unit)
        }
    }
}

/// A figure that may be missing.
#[must_use]
pub fn figure_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), figure)
}

/// How many times `of` fits into `value`: `2.3x`.
#[must_use]
pub fn times(value: f64, of: f64) -> String {
    format!("{}x", figure(value / of))
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_about_three_digits() {
        let shown = [0.4241, 3.24, 269.7, 9_876.0, 12_399_999.0].map(figure);
        assert_eq!(shown, ["0.42", "3.2", "270", "9876", "12,400,000"]);
        assert_eq!((times(5.0, 2.0), figure_or_dash(None)), ("2.5x".to_owned(), "-".to_owned()));
    }
}
