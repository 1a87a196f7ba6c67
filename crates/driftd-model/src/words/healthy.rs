//! Healthy variation in words: how much healthy windows differ, and what a verdict rests on.

use std::fmt::Write;

use driftd_stats::{Healthy, Rung, Varying};
use driftd_window::Span;

use super::{count, counted, list, name, number};
use crate::{Baseline, FeatureName, FeatureVariation, LEAST_ROWS};

/// Windows that differ so much more than chance alone makes them that little else is seen in a single one.
const LOUD: f64 = 20.0;
/// A window worth so many times more rows than those that were learnt from is beyond them.
const FAR: f64 = 3.0;
/// Characters of a feature's name in a sentence.
const FEATURE: usize = 60;

/// `31 days`, `120 windows of six hours`.
#[must_use]
pub fn windows(windows: u32, rung: Rung) -> String {
    let (one, many) = names(rung);
    counted(u64::from(windows), one, many)
}

/// What one window and what many of that length are called.
const fn names(rung: Rung) -> (&'static str, &'static str) {
    match rung {
        Rung::QuarterHour => ("quarter of an hour", "quarters of an hour"),
        Rung::Hour => ("hour", "hours"),
        Rung::SixHours => ("window of six hours", "windows of six hours"),
        Rung::Day => ("day", "days"),
        Rung::Week => ("week", "weeks"),
        Rung::FourWeeks => ("window of four weeks", "windows of four weeks"),
    }
}

/// `day`, `stretch of six hours`.
const fn one(rung: Rung) -> &'static str {
    match rung {
        Rung::SixHours => "stretch of six hours",
        Rung::FourWeeks => "stretch of four weeks",
        short => names(short).0,
    }
}

/// How many times as much as chance alone, `1.8 times as much as`; the smallest says `no more than`.
#[must_use]
pub fn times_as_much(phi: f64) -> String {
    if phi < 1.05 { "no more than".to_owned() } else { format!("{} times as much as", number(phi)) }
}

/// `healthy days differ 1.8 times as much as chance alone`.
#[must_use]
pub fn vary(rung: Rung, phi: f64) -> String {
    format!("healthy {} differ {} chance alone", names(rung).1, times_as_much(phi))
}

/// One sentence on a feature: ``a healthy day of `temp` differs 40 times as much as chance alone (1h 3.1, 6h 12), its
/// missing values 2.5 times``. The length is the one with the most to say about long windows; nothing where nothing was
/// learnt of it.
#[must_use]
pub fn differs(feature: &FeatureName, variation: &FeatureVariation) -> Option<String> {
    let of = |what| variation.rungs(what).and_then(|rungs| Rung::pick(rungs, f64::INFINITY));
    let (what, (rung, healthy)) = Varying::ALL.into_iter().find_map(|what| Some((what, of(what)?)))?;
    let feature = name(feature.as_str(), FEATURE);
    let mut text = match noun(what) {
        None => format!("a healthy {} of `{feature}` differs", one(rung)),
        Some(noun) => format!("in a healthy {} the {noun} of `{feature}` differ", one(rung)),
    };
    let _ = write!(text, " {} chance alone", times_as_much(healthy.phi));
    let others = variation.rungs(what).into_iter().flatten().filter(|(other, _)| **other != rung);
    let others: Vec<String> = others.map(|(other, healthy)| format!("{other} {}", number(healthy.phi))).collect();
    if !others.is_empty() {
        let _ = write!(text, " ({})", others.join(", "));
    }
    let more = Varying::ALL.into_iter().filter(|other| *other != what).filter_map(|other| {
        let (_, healthy) = of(other)?;
        let noun = noun(other)?;
        (healthy.phi >= 1.05).then(|| format!("its {noun} {} times", number(healthy.phi)))
    });
    for more in more {
        text.push_str(", ");
        text.push_str(&more);
    }
    Some(text)
}

/// What a verdict rests on where nobody wants healthy variation to count.
pub const NOT_USED: &str = "healthy variation is off: the baseline's rows are taken for exchangeable with the traffic";

/// What of a feature varies, where it is not the feature itself.
fn noun(what: Varying) -> Option<&'static str> {
    match what {
        Varying::Bins => None,
        Varying::Ks => Some("distribution function"),
        Varying::Missing => Some("missing values"),
        Varying::NonFinite => Some("values that are not finite"),
        Varying::Unseen => Some("new categories"),
    }
}

/// What a verdict on a window of `length`, worth `effective_rows`, rests on: on what was learnt, or why on nothing but
/// chance.
#[must_use]
pub fn rests_on(baseline: &Baseline, learnt: Option<&(Rung, Healthy)>, length: Span, effective_rows: f64) -> String {
    let Some((rung, healthy)) = learnt else {
        return format!("{}: its rows are taken for exchangeable with the traffic", nothing_learnt(baseline, length));
    };
    let mut text = format!("learnt from {} of the baseline", windows(healthy.windows, *rung));
    if healthy.size * FAR < effective_rows {
        let _ = write!(text, ", extrapolated from windows of {} rows", count(healthy.size.round() as u64));
    }
    text
}

/// Why nothing was learnt of windows of `length`.
#[must_use]
pub fn nothing_learnt(baseline: &Baseline, length: Span) -> String {
    let Some(spanned) = baseline.traffic.as_ref().and_then(|traffic| traffic.windows_of(length)) else {
        return "the baseline has no event times".to_owned();
    };
    if spanned < u64::from(Healthy::LEAST_WINDOWS) {
        let windows = counted(spanned, "window", "windows");
        return format!("the baseline spans {windows} of this length, too few to learn from");
    }
    format!("fewer than {} windows of the baseline have {LEAST_ROWS} values or more", Healthy::LEAST_WINDOWS)
}

/// What somebody should know who waits for windows that differ very much while nothing is wrong.
#[must_use]
pub fn too_loud(phi: f64) -> Option<&'static str> {
    (phi > LOUD).then_some(
        "healthy windows of this length differ so much that single ones show only very large changes: longer windows, \
         small changes that last, out_of_range and wasserstein see more",
    )
}

/// What a baseline has learnt, by length: `learnt from 200 quarters of an hour, 186 hours and 31 days; too few of 7d (5)
/// and 28d (2)`; the reason where it is nothing.
#[must_use]
pub fn learnt_from(baseline: &Baseline) -> String {
    let mut most = [0_u32; Rung::ALL.len()];
    for (_, _, variation) in baseline.healthy.iter().filter(|(segment, ..)| segment.is_all()) {
        for (rung, healthy) in Varying::ALL.into_iter().filter_map(|what| variation.rungs(what)).flatten() {
            let known = Rung::ALL.into_iter().zip(&mut most).find(|(known, _)| known == rung);
            if let Some((_, most)) = known {
                *most = (*most).max(healthy.windows);
            }
        }
    }
    let spanned = |rung: Rung| {
        let length = Span::from_secs(u32::try_from(rung.seconds()).unwrap_or(u32::MAX));
        baseline.traffic.as_ref().and_then(|traffic| traffic.windows_of(length))
    };
    let by_length = || Rung::ALL.into_iter().zip(most);
    let learnt: Vec<String> = by_length().filter(|(_, n)| *n > 0).map(|(rung, n)| windows(n, rung)).collect();
    let too_few = by_length().filter(|(_, n)| *n == 0).map(|(rung, _)| match spanned(rung) {
        Some(spanned) if spanned < u64::from(Healthy::LEAST_WINDOWS) => format!("{rung} (it spans {spanned})"),
        _ => format!("{rung} (with {LEAST_ROWS} rows or more)"),
    });
    let too_few: Vec<String> = too_few.collect();
    match (learnt.is_empty(), too_few.is_empty()) {
        (true, _) if baseline.traffic.is_none() => "nothing learnt, because the baseline has no event times".to_owned(),
        (true, _) => format!("nothing learnt, because there are too few windows of {}", list(&too_few)),
        (false, true) => format!("learnt from {}", list(&learnt)),
        (false, false) => format!("learnt from {}; too few windows of {}", list(&learnt), list(&too_few)),
    }
}

#[cfg(test)]
mod tests {
    use driftd_window::EventTime;

    use super::*;
    use crate::Traffic;
    use crate::fixtures::baseline;

    const DAY: Span = Span::from_hours(24);

    /// With `days` days of event times.
    fn over(days: u32) -> Baseline {
        let mut traffic = Traffic::default();
        traffic.add(EventTime::from_micros(0), 1);
        traffic.add(EventTime::from_micros(0).plus(Span::from_hours(24 * days - 1)), 1);
        Baseline { traffic: Some(traffic), ..baseline() }
    }

    fn learnt(windows: u32, size: f64) -> (Rung, Healthy) {
        (Rung::Day, Healthy { phi: 1.8, upper: 2.0, size, windows })
    }

    #[test]
    fn a_verdict_says_what_it_rests_on() {
        let say = |baseline: &Baseline, learnt: Option<(Rung, Healthy)>, length| {
            rests_on(baseline, learnt.as_ref(), length, 1_500.0)
        };
        assert_eq!(say(&over(60), Some(learnt(60, 1_400.0)), DAY), "learnt from 60 days of the baseline");
        assert_eq!(
            say(&over(60), Some(learnt(60, 213.4)), DAY),
            "learnt from 60 days of the baseline, extrapolated from windows of 213 rows"
        );
        let exchangeable = "its rows are taken for exchangeable with the traffic";
        assert_eq!(say(&baseline(), None, DAY), format!("the baseline has no event times: {exchangeable}"));
        assert_eq!(
            say(&over(9), None, DAY),
            format!("the baseline spans 9 windows of this length, too few to learn from: {exchangeable}")
        );
        assert_eq!(
            say(&over(10), None, DAY),
            format!("fewer than 10 windows of the baseline have 50 values or more: {exchangeable}")
        );
    }

    #[test]
    fn windows_have_the_names_that_people_give_them() {
        let said: Vec<String> = Rung::ALL.into_iter().flat_map(|rung| [windows(1, rung), windows(30, rung)]).collect();
        assert_eq!(
            said.join(", "),
            "1 quarter of an hour, 30 quarters of an hour, 1 hour, 30 hours, 1 window of six hours, 30 windows of six \
             hours, 1 day, 30 days, 1 week, 30 weeks, 1 window of four weeks, 30 windows of four weeks"
        );
        assert_eq!(
            [1.0, 1.04, 1.06, 40.0].map(times_as_much),
            ["no more than", "no more than", "1.06 times as much as", "40 times as much as"]
        );
    }

    #[test]
    fn windows_that_differ_very_much_are_said_to() {
        assert_eq!(too_loud(20.0), None);
        assert!(too_loud(20.1).unwrap().contains("single ones show only very large changes"));
    }
}
