//! How long a receiver asks to be left alone.

use driftd_window::{Span, Timestamp};

/// The longest anybody is left alone for: an alert that waits a day is none.
const LONGEST: Span = Span::from_hours(1);

/// A `Retry-After`: so many seconds, or a date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Span> {
    let value = value.trim();
    let asked = if value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty() {
        // More digits than a number has are a long time.
        Span::from_secs(value.parse().unwrap_or(u32::MAX))
    } else {
        let at = httpdate::parse_http_date(value).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Timestamp::from_micros(i64::try_from(at.as_micros()).ok()?).since(now)
    };
    Some(asked.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_capped() {
        let now: Timestamp = "2013-07-08T00:00:00Z".parse().unwrap();
        let after = |text: &str| retry_after(text, now).map(|span| span.to_string());
        assert_eq!(after("30").as_deref(), Some("30s"));
        assert_eq!(after(" 0 ").as_deref(), Some("0s"));
        assert_eq!(after("86400").as_deref(), Some("1h"));
        assert_eq!(after("99999999999999999999999").as_deref(), Some("1h"));
        assert_eq!(after("Mon, 08 Jul 2013 00:02:00 GMT").as_deref(), Some("2m"));
        assert_eq!(after("Mon, 08 Jul 2013 07:00:00 GMT").as_deref(), Some("1h"));
        assert_eq!(after("Sun, 07 Jul 2013 00:00:00 GMT").as_deref(), Some("0s"));
        for nothing in ["", "soon", "-5", "1.5", "Mon, 38 Jul 2013 00:02:00 GMT"] {
            assert_eq!(after(nothing), None, "{nothing}");
        }
    }
}
