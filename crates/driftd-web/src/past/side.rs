//! How the two sides of a comparison are written: `FROM/TO`, several of them with commas, or a baseline.

use driftd_model::{BaselineChoice, Stretches, words};
use driftd_window::{EventTime, Timestamp};

use crate::api::range::TimeRange;
use crate::problem::{Problem, ProblemKind};

/// The word for the baseline that a monitor is judged against.
const BASELINE: &str = "baseline";
/// Ranges that are read of one side; how many may be counted together, their counts know.
const MOST: usize = 32;
/// Characters of what somebody asked for.
const SHORT: usize = 80;

/// What a range is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A baseline: that of the monitor at the end of the range where none is named.
    Baseline(Option<BaselineChoice>),
    /// Other ranges, counted together.
    Ranges(Vec<(EventTime, EventTime)>),
}

impl Side {
    /// The side that `text` is, seen at `now`; `name` is what people call it.
    ///
    /// # Errors
    /// It is none, with what to write instead.
    pub(crate) fn parse(name: &str, text: &str, now: Option<Timestamp>) -> Result<Self, Problem> {
        let text = text.trim();
        if text.contains('/') {
            return ranges(name, text, now).map(Self::Ranges);
        }
        if text == BASELINE {
            return Ok(Self::Baseline(None));
        }
        let choice = text.parse().map_err(|_| {
            let shown = words::name(text, SHORT);
            refused(format!(
                "{name} is {shown:?}, which is neither a range nor a baseline: write FROM/TO, as in now-14d/now-7d, \
                 baseline for the one the monitor is judged against, or the name of one (flights or flights@v2)"
            ))
        })?;
        Ok(Self::Baseline(Some(choice)))
    }
}

/// The ranges that `text` is.
///
/// # Errors
/// One of them is none, with what to write instead.
pub(crate) fn ranges(name: &str, text: &str, now: Option<Timestamp>) -> Result<Vec<(EventTime, EventTime)>, Problem> {
    let parts: Vec<&str> = text.split(',').take(MOST).collect();
    parts.into_iter().map(|part| range(name, part, now)).collect()
}

fn range(name: &str, text: &str, now: Option<Timestamp>) -> Result<(EventTime, EventTime), Problem> {
    let Some((from, to)) = text.split_once('/') else {
        let shown = words::name(text, SHORT);
        return Err(refused(format!("{name} has {shown:?}, which is no range: write FROM/TO, as in now-14d/now-7d")));
    };
    let range = TimeRange::parse(Some(from), Some(to), now);
    let range = range.map_err(|problem| refused(format!("{name}: {}", problem.detail())))?;
    range.from.zip(range.to).ok_or_else(|| refused(format!("{name} has no end: write FROM/TO")))
}

fn refused(detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidRange, detail)
}

/// Ranges as they are written.
pub(crate) fn spelled(stretches: &Stretches) -> String {
    let parts: Vec<String> = stretches.iter().map(|(from, to)| format!("{from}/{to}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use driftd_window::{PaneWidth, Span};
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_372_636_800_000_000);

    fn parse(text: &str) -> Result<Side, Problem> {
        Side::parse("a", text, Some(NOW))
    }

    #[test]
    fn a_side_is_ranges_or_a_baseline() {
        assert_eq!(parse("baseline"), Ok(Side::Baseline(None)));
        assert_eq!(parse("flights@v2"), Ok(Side::Baseline(Some("flights@v2".parse().unwrap()))));
        assert_eq!(parse(" flights "), Ok(Side::Baseline(Some("flights".parse().unwrap()))));
        let parsed = parse("2013-06-01/2013-06-02,now-7d/now").unwrap();
        let ranges = if let Side::Ranges(ranges) = parsed { ranges } else { Vec::new() };
        let shown: Vec<String> = ranges.iter().map(|(from, to)| format!("{from} {to}")).collect();
        assert_eq!(shown, ["2013-06-01T00:00:00Z 2013-06-02T00:00:00Z", "2013-06-24T00:00:00Z 2013-07-01T00:00:00Z"]);
    }

    #[test]
    fn what_is_neither_is_told_what_to_write() {
        let told =
            ["", "a b", "flights@2", "2013-06-02/2013-06-01", "/", "2013-06-01/", "now/now-1d,x", "1900-01-01/now"]
                .map(|text| format!("{text}: {}", parse(text).unwrap_err().detail()));
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_spelled_reads_back() {
        let ranges = ranges("a", "2013-06-03/2013-06-04,2013-06-01/2013-06-02", None).unwrap();
        let stretches = Stretches::of(PaneWidth::new(Span::from_hours(1)).unwrap(), ranges).unwrap();
        assert_eq!(parse(&spelled(&stretches)), Ok(Side::Ranges(stretches.iter().collect())));
    }

    proptest! {
        #[test]
        fn any_text_is_a_side_or_a_problem(text in "\\PC{0,60}|[0-9a-z@/,:TZ-]{0,60}") {
            if let Err(problem) = parse(&text) {
                prop_assert!(problem.detail().len() < 2_000);
            }
        }
    }
}
