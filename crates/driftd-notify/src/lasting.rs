//! Lengths of time in words.

use driftd_window::Span;

/// A length of time as people say it, in its two largest units: `1 h 10 min`, `42 min`, `3 d 4 h`, `30 s`.
#[must_use]
pub fn lasting(span: Span) -> String {
    let seconds = span.as_micros() / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let pair = |large: i64, unit: &str, small: i64, part: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {part}"),
    };
    match seconds {
        0 if span.is_zero() => "0 s".to_owned(),
        0 => "less than 1 s".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => pair(hours, "h", minutes, "min"),
        _ => pair(days, "d", hours, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_at_the_most() {
        let said = |text: &str| lasting(text.parse().unwrap());
        let texts = ["0s", "3ms", "30s", "42m 10s", "1h", "1h 10m", "23h 59m 59s", "1d", "3d 4h 30m"];
        let words = texts.map(said).join(", ");
        insta::assert_snapshot!(words, @"0 s, less than 1 s, 30 s, 42 min, 1 h, 1 h 10 min, 23 h 59 min, 1 d, 3 d 4 h");
    }
}
