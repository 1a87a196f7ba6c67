//! Stretches of event time, as people and programs ask for them.

use driftd_window::{EventTime, Span, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemKind};

/// The longest stretch that is asked about: nobody has a century of predictions, and who asks for one has made a mistake.
const LONGEST: Span = Span::from_hours(3_660 * 24);
/// The first moment of the year 1 and that after the year 9999: what RFC 3339 can write.
const FIRST: EventTime = EventTime::from_micros(-62_135_596_800_000_000);
const LAST: EventTime = EventTime::from_micros(253_402_300_800_000_000);
/// No moment that anybody writes is longer.
const LONGEST_TEXT: usize = 64;
const MICROS: i64 = 1_000_000;

/// What a moment has to look like for its spelling to be understood, in the document of the API.
pub(super) const PATTERN: &str = r"^(now(-[0-9]{1,4}(s|m|h|d|w))?|-?[0-9]{1,11}|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)$";

/// A stretch of event time [`from`, `to`), open where there is no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct TimeRange {
    /// First instant.
    pub(crate) from: Option<EventTime>,
    /// First instant after.
    pub(crate) to: Option<EventTime>,
}

/// The same in an answer.
#[derive(Serialize, ToSchema)]
#[schema(as = TimeRange)]
pub(super) struct ResolvedRange {
    /// First instant of event time; null where the range has no beginning.
    from: Option<String>,
    /// First instant after it; null where the range has no end.
    to: Option<String>,
}

impl TimeRange {
    /// The range between two moments as they are written, seen at `now`.
    ///
    /// # Errors
    /// One of them is no moment, or they are no range, with what to do about it.
    pub(crate) fn parse(from: Option<&str>, to: Option<&str>, now: Option<Timestamp>) -> Result<Self, Problem> {
        let moment = |name: &str, text: Option<&str>| text.map(|text| moment(name, text, now)).transpose();
        let range = Self { from: moment("from", from)?, to: moment("to", to)? };
        let (Some(from), Some(to)) = (range.from, range.to) else {
            return Ok(range);
        };
        if from >= to {
            return Err(refused(format!("from ({from}) is not before to ({to}): exchange them, or leave one out")));
        }
        if to.since(from) > LONGEST {
            return Err(refused(format!(
                "{from} to {to} is longer than ten years: ask for less, or leave one of them out and follow next"
            )));
        }
        Ok(range)
    }

    /// What it became, for the answer.
    pub(super) fn resolved(self) -> ResolvedRange {
        let text = |at: Option<EventTime>| at.map(|at| at.to_string());
        ResolvedRange { from: text(self.from), to: text(self.to) }
    }
}

fn refused(detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidRange, detail)
}

/// The moment that `text` is: `now`, some time before it, seconds since 1970, or a date with or without a time.
fn moment(name: &str, text: &str, now: Option<Timestamp>) -> Result<EventTime, Problem> {
    let no_moment = |why: &str| {
        let shown: String = text.chars().take(LONGEST_TEXT).collect();
        refused(format!(
            "{name} is {shown:?}, {why}: write RFC 3339 (2013-07-01T00:00:00Z, with a + as %2B), a date, whole seconds \
             since 1970, now, or now-7d"
        ))
    };
    if text.len() > LONGEST_TEXT {
        return Err(no_moment("which is longer than any moment"));
    }
    let text = text.trim();
    let at = if let Some(before) = text.strip_prefix("now") {
        let now = now.ok_or_else(|| no_moment("and this process does not know what time it is"))?.as_event_time();
        match before.strip_prefix('-') {
            None if before.is_empty() => now,
            Some(span) => now.minus(span.parse().map_err(|_| no_moment("which is not a duration before now"))?),
            None => return Err(no_moment("which is no moment")),
        }
    } else if text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = text.parse().map_err(|_| no_moment("which is no moment"))?;
        let micros = seconds.checked_mul(MICROS).ok_or_else(|| no_moment("which is beyond the year 9999"))?;
        EventTime::from_micros(micros)
    } else {
        text.parse().map_err(|_| no_moment("which is no moment"))?
    };
    if at < FIRST || at >= LAST {
        return Err(no_moment("which is not between the years 1 and 9999 (seconds are meant, not milliseconds)"));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_372_636_800_000_000);

    fn parse(from: &str, to: &str) -> Result<TimeRange, Problem> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        TimeRange::parse(given(from).as_deref(), given(to).as_deref(), Some(NOW))
    }

    fn shown(from: &str, to: &str) -> String {
        let end = |at: Option<EventTime>| at.map_or_else(|| "open".to_owned(), |at| at.to_string());
        match parse(from, to) {
            Ok(range) => format!("{} to {}", end(range.from), end(range.to)),
            Err(problem) => format!("{problem:?}"),
        }
    }

    #[test]
    fn moments_have_several_spellings() {
        insta::assert_snapshot!(shown("2013-07-01T02:00:00+02:00", "2013-07-02"), @"2013-07-01T00:00:00Z to 2013-07-02T00:00:00Z");
        insta::assert_snapshot!(shown("1372550400", "now"), @"2013-06-30T00:00:00Z to 2013-07-01T00:00:00Z");
        insta::assert_snapshot!(shown("now-7d", "now-1h"), @"2013-06-24T00:00:00Z to 2013-06-30T23:00:00Z");
        insta::assert_snapshot!(shown("-86400", ""), @"1969-12-31T00:00:00Z to open");
        insta::assert_snapshot!(shown("", ""), @"open to open");
    }

    #[test]
    fn what_is_no_range_is_refused_with_a_remedy() {
        let refused = |from: &str, to: &str| parse(from, to).unwrap_err();
        for (from, to) in [
            ("2013-07-02", "2013-07-01"),
            ("2013-07-01", "2013-07-01"),
            ("1900-01-01", "2000-01-01"),
            ("yesterday", ""),
            ("now+1d", ""),
            ("now-", ""),
            ("now-fast", ""),
            ("1372550400000", ""),
            ("99999999999999999999", ""),
            ("9223372036854775807", ""),
            ("+292277-01-01T00:00:00Z", ""),
            ("-", ""),
            ("2013-07-01T02:00:00 02:00", ""),
            ("\u{0}\u{202e}", ""),
        ] {
            let problem = refused(from, to);
            assert!(format!("{problem:?}").contains("InvalidRange"), "{from} {to}");
        }
        assert!(format!("{:?}", refused(&"9".repeat(10_000), "")).len() < 400, "nobody is told ten thousand digits");
        assert!(TimeRange::parse(Some("now"), None, None).is_err(), "without a clock there is no now");
    }

    proptest! {
        #[test]
        fn any_text_is_a_moment_or_a_problem(from in "\\PC{0,40}", to in "(now(-[0-9a-z]{0,6})?|[0-9TZ:+-]{0,30})") {
            if let Ok(range) = TimeRange::parse(Some(&from), Some(&to), Some(NOW)) {
                prop_assert!(range.from < range.to);
                prop_assert!(range.to.unwrap().since(range.from.unwrap()) <= LONGEST);
            }
        }

        #[test]
        fn a_resolved_range_reads_back(from in -62_135_596_800_i64..253_402_300_799, seconds in 1_i64..300_000_000) {
            let at = |seconds: i64| EventTime::from_micros(seconds * MICROS);
            prop_assume!(at(from + seconds) < LAST);
            let range = TimeRange { from: Some(at(from)), to: Some(at(from + seconds)) };
            let ResolvedRange { from, to } = range.resolved();
            prop_assert_eq!(TimeRange::parse(from.as_deref(), to.as_deref(), None), Ok(range));
        }
    }
}
