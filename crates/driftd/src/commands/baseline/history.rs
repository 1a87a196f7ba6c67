//! A baseline out of what a monitor has seen.

use std::collections::BTreeMap;

use anyhow::Context;
use driftd_model::{
    Baseline, FeatureBaseline, MonitorPlan, SealedPane, SegmentBaseline, Traffic, learn_from_panes, merge_aggregates,
    words,
};
use driftd_stats::FeatureAggregate;
use driftd_window::{EventTime, PaneWidth, Span};

const HOUR: i64 = Span::from_hours(1).as_micros();

/// A baseline with the same bins whose reference is a past range of the monitor's own history.
pub(super) fn from_history(
    plan: &MonitorPlan,
    from: EventTime,
    to: EventTime,
    panes: &[SealedPane],
) -> anyhow::Result<Baseline> {
    let old = &plan.baseline().baseline;
    let monitor = plan.monitor();
    let mut rows = 0;
    let mut traffic = Traffic::default();
    let mut sums: Vec<_> = plan.features().iter().map(|f| FeatureAggregate::empty(&f.layout)).collect();
    let mut segments: BTreeMap<_, (u64, Vec<_>)> = BTreeMap::new();
    let panes: Vec<&SealedPane> =
        panes.iter().filter(|p| p.plan_hash == *plan.hash() && plan.fits(&p.aggregates)).collect();
    for pane in &panes {
        merge_aggregates(&mut sums, &pane.aggregates)?;
        rows += pane.rows;
        add_pane(&mut traffic, pane, monitor.pane);
        if !pane.segment.is_all() {
            let empty = || plan.features().iter().map(|f| FeatureAggregate::empty(&f.layout)).collect();
            let segment = segments.entry(pane.segment.clone()).or_insert_with(|| (0, empty()));
            segment.0 += pane.rows;
            merge_aggregates(&mut segment.1, &pane.aggregates)?;
        }
    }
    anyhow::ensure!(rows > 0, "monitor {} has no records between {from} and {to}", monitor.id);
    let features = plan
        .features()
        .iter()
        .zip(sums)
        .map(|(feature, aggregate)| {
            let known = old.feature(feature.name.as_str()).context("a planned feature is in its baseline")?;
            Ok(FeatureBaseline { aggregate, ..known.clone() })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let segments =
        segments.into_iter().map(|(key, (rows, aggregates))| SegmentBaseline { key, rows, aggregates }).collect();
    Ok(Baseline {
        source: format!("history of {}, {}", monitor.id, words::span(from, to)),
        rows,
        features,
        segment_by: if monitor.segments.is_some() { old.segment_by.clone() } else { Vec::new() },
        segments,
        skipped: old.skipped.clone(),
        traffic: Some(traffic),
        healthy: learn_from_panes(plan, &panes)?,
    })
}

/// Adds the rows of a pane. Of those only the pane is known, so each hour that it covers gets its share of them.
fn add_pane(traffic: &mut Traffic, pane: &SealedPane, width: PaneWidth) {
    let (start, end) = (pane.pane.start().as_micros(), pane.pane.end(width).as_micros());
    let length = i128::from(end) - i128::from(start);
    let mut added = 0;
    let mut at = start;
    while at < end {
        let next = (at.div_euclid(HOUR) + 1).saturating_mul(HOUR).min(end);
        // Counted from the start of the pane, so that what rounding takes from one hour goes to a later one.
        let so_far = i128::from(pane.rows) * (i128::from(next) - i128::from(start)) / length;
        let so_far = u64::try_from(so_far).unwrap_or(pane.rows);
        traffic.add(EventTime::from_micros(at), so_far - added);
        (added, at) = (so_far, next);
    }
    // It was watched to its end, whenever its last record came.
    traffic.add(EventTime::from_micros(end), 0);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]
mod tests {
    use driftd_model::ContentHash;
    use driftd_window::{PaneId, SegmentKey};
    use proptest::prelude::*;

    use super::*;

    fn pane(start: i64, rows: u64) -> SealedPane {
        SealedPane {
            pane: PaneId::from_stored(EventTime::from_micros(start)),
            segment: SegmentKey::all(),
            rows,
            late_rows: 0,
            plan_hash: ContentHash::of(b""),
            aggregates: Vec::new(),
        }
    }

    /// Traffic of panes of `minutes`, one after the other from the epoch on.
    fn of(minutes: u32, rows: &[u64]) -> Traffic {
        let width = PaneWidth::new(Span::from_minutes(minutes)).unwrap();
        let mut traffic = Traffic::default();
        for (place, rows) in (0..).zip(rows) {
            add_pane(&mut traffic, &pane(place * width.span().as_micros(), *rows), width);
        }
        traffic
    }

    fn at(hour: i64) -> EventTime {
        EventTime::from_micros(hour * HOUR)
    }

    #[test]
    fn panes_of_any_width_cover_their_hours() {
        let hourly = of(60, &[10; 48]);
        assert_eq!(hourly.span(), Some(Span::from_hours(48)), "to the end of the last pane");
        assert_eq!(of(15, &[3, 2, 3, 2].repeat(48)), hourly);
        assert_eq!(of(6 * 60, &[60; 8]), hourly);
        assert_eq!(of(24 * 60, &[240; 2]), hourly);
        // Four hours in three panes: the second one has half of the second hour and half of the third.
        assert_eq!(of(80, &[10, 10, 10].repeat(12)).expected(at(0), at(4)), Some(30.0));
        // Empty panes are hours without rows, not hours nobody looked at.
        let nights = of(60, &[0; 12].into_iter().chain([5; 12]).collect::<Vec<_>>().repeat(2));
        assert_eq!((nights.expected(at(0), at(12)), nights.expected(at(12), at(24))), (Some(0.0), Some(60.0)));
    }

    proptest! {
        #[test]
        fn no_row_is_lost(minutes in 1_u32..5_000, rows in prop::collection::vec(0_u64..1_000, 1..20)) {
            let stored = serde_json::to_value(of(minutes, &rows)).unwrap();
            let counted: u64 = stored["rows"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum();
            prop_assert_eq!(counted, rows.iter().sum::<u64>());
        }
    }
}
