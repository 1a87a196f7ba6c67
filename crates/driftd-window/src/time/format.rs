//! Event times in a spelling of one's own.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::spelling::WrittenTime;

/// 2024-02-13T15:09:26.535Z: a day, a month and a time of the day that cannot be taken for one another.
const SAMPLE: i64 = 1_707_836_966_535_000;

/// How event times are written where that is not clear by itself: in the specifiers of strftime, as in
/// `%d/%m/%Y %H:%M:%S`. What is left out of the time of the day is zero; without an offset it is a local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeFormat {
    text: Arc<str>,
    items: Arc<[Item<'static>]>,
}

/// A text that is no format of times.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no format of times: {what}")]
pub struct BadTimeFormat {
    text: String,
    what: &'static str,
}

impl TimeFormat {
    /// The point in time that `text` is in this format; nothing where it is written in another way.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<WrittenTime> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text.trim(), self.items.iter()).ok()?;
        if parsed.timestamp().is_some() {
            let at = parsed.to_naive_datetime_with_offset(0).ok()?;
            return Some(WrittenTime::Instant(at.and_utc().timestamp_micros()));
        }
        if parsed.hour_div_12().is_some() && parsed.minute().is_none() {
            parsed.set_minute(0).ok()?;
        }
        let has_time = parsed.minute().is_some();
        let time = if has_time { parsed.to_naive_time().ok()? } else { NaiveTime::MIN };
        let local = parsed.to_naive_date().ok()?.and_time(time).and_utc().timestamp_micros();
        Some(match parsed.offset() {
            Some(east) => WrittenTime::Instant(local.saturating_sub(i64::from(east) * 1_000_000)),
            None => WrittenTime::Local(local),
        })
    }

    /// The format as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is wrong with it, if anything is.
    fn fault(&self) -> Option<&'static str> {
        if self.items.iter().any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
            return Some(
                "%Z is the abbreviation of a zone, which says too little; write %z for an offset, or set timezone",
            );
        }
        let has = |wanted: fn(&Item<'_>) -> bool| self.items.iter().any(wanted);
        let is_half_day = has(|item| matches!(item, Item::Numeric(Numeric::Hour12, _)));
        let says_which = has(|item| matches!(item, Item::Fixed(Fixed::UpperAmPm | Fixed::LowerAmPm)));
        if is_half_day && !says_which && !has(|item| matches!(item, Item::Numeric(Numeric::Hour, _))) {
            return Some(
                "hours from 1 to 12 (%I) come twice a day; write %p where it says AM or PM, or %H for 0 to 23",
            );
        }
        let sample = DateTime::from_timestamp_micros(SAMPLE)?;
        let mut text = String::new();
        let is_written = write!(text, "{}", sample.format_with_items(self.items.iter())).is_ok();
        let (Some(WrittenTime::Instant(at) | WrittenTime::Local(at)), true) = (self.read(&text), is_written) else {
            return Some("it does not say the day, the month and the year, as \"%d/%m/%Y %H:%M:%S\" does");
        };
        let is_same_day = at.div_euclid(super::calendar::DAY_MICROS) == SAMPLE.div_euclid(super::calendar::DAY_MICROS);
        (!is_same_day).then_some("it says another day than it reads; write day, month and year as %d, %m and %Y")
    }
}

impl FromStr for TimeFormat {
    type Err = BadTimeFormat;

    fn from_str(text: &str) -> Result<Self, BadTimeFormat> {
        let bad = |what| BadTimeFormat { text: text.to_owned(), what };
        let items = StrftimeItems::new(text).parse_to_owned().map_err(|_| {
            bad("an unknown specifier; they are those of strftime, such as %d, %m, %Y, %H, %M, %S, %.f, %z and %s")
        })?;
        let format = Self { text: text.into(), items: items.into() };
        match format.fault() {
            Some(what) => Err(bad(what)),
            None => Ok(format),
        }
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = BadTimeFormat;

    fn try_from(text: String) -> Result<Self, BadTimeFormat> {
        text.parse()
    }
}

impl From<TimeFormat> for String {
    fn from(format: TimeFormat) -> Self {
        format.text.as_ref().to_owned()
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_schema!(TimeFormat, { "type": "string" });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EventTime;

    fn read(format: &str, text: &str) -> Option<String> {
        let written = format.parse::<TimeFormat>().unwrap().read(text)?;
        Some(EventTime::from_micros(written.instant("Europe/Berlin".parse().unwrap())).to_string())
    }

    #[test]
    fn times_are_read_as_the_format_says() {
        for (format, text, at) in [
            ("%d/%m/%Y %H:%M:%S", "04/03/2024 10:15:00", "2024-03-04T09:15:00Z"),
            ("%m/%d/%Y %H:%M", "04/03/2024 10:15", "2024-04-03T08:15:00Z"),
            ("%d.%m.%y", " 4.3.24 ", "2024-03-03T23:00:00Z"),
            ("%d/%b/%Y:%H:%M:%S %z", "04/Mar/2024:10:15:00 +0000", "2024-03-04T10:15:00Z"),
            ("%d-%b-%y %I.%M.%S%.f %p", "04-MAR-24 10.15.00.250000 PM", "2024-03-04T21:15:00.250Z"),
            ("%Y%m%d%H", "2024030410", "2024-03-04T09:00:00Z"),
            ("%s", "1709547300", "2024-03-04T10:15:00Z"),
            ("day %j of %Y", "day 064 of 2024", "2024-03-03T23:00:00Z"),
        ] {
            assert_eq!(read(format, text).as_deref(), Some(at), "{text:?} as {format:?}");
        }
        for text in ["", "31/02/2024 10:15:00", "04/03/2024", "2024-03-04T10:15:00Z", "04/03/2024 10:15:00 UTC"] {
            assert_eq!(read("%d/%m/%Y %H:%M:%S", text), None, "{text:?}");
        }
    }

    #[test]
    fn formats_that_name_no_day_are_refused() {
        let fault = |format: &str| format.parse::<TimeFormat>().unwrap_err().to_string();
        assert_eq!(
            fault("%H:%M:%S"),
            "\"%H:%M:%S\" is no format of times: it does not say the day, the month and the year, as \"%d/%m/%Y %H:%M:%S\" does"
        );
        assert!(fault("%m/%Y").contains("does not say the day"));
        assert!(fault("dd/mm/yyyy").contains("does not say the day"));
        assert!(fault("%d/%m/%Y %I:%M").contains("%I) come twice a day"));
        assert!(fault("%d/%m/%Y %l:%M").contains("%I) come twice a day"));
        assert!("%d/%m/%Y %I:%M %P".parse::<TimeFormat>().is_ok() && "%d/%m/%Y %r".parse::<TimeFormat>().is_ok());
        assert!(fault("%d/%m/%Y %H:%M %Z").contains("%Z is the abbreviation of a zone"));
        assert!(fault("%d/%m/%Y %!").contains("an unknown specifier"));
        assert!(fault("").contains("does not say the day"));
    }

    proptest! {
        #[test]
        fn no_format_and_no_text_is_too_odd(format in any::<String>(), text in any::<String>()) {
            if let Ok(format) = format.parse::<TimeFormat>() {
                let _ = format.read(&text);
            }
        }

        #[test]
        fn specifiers_in_any_order_are_never_too_odd(format in "(%[a-zA-Z%]|[ :/.-]){0,8}", text in "[0-9:/. -]{0,20}") {
            if let Ok(format) = format.parse::<TimeFormat>() {
                let _ = format.read(&text);
                prop_assert_eq!(format.to_string().parse::<TimeFormat>(), Ok(format));
            }
        }
    }
}
