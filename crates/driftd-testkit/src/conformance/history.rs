//! The drift history.

use driftd_model::{HistoryQuery, HistoryRow, MonitorPlan, Sealed, Store};
use driftd_stats::DriftStatistic;

use super::Place;
use crate::fixtures::{Feeder, Traffic, WARN, clock, hour, id_of, monitor, plan_of, seal_all, segment, split_plan};

/// Two monitors, one of them split, over a few hours in which `x` moves.
pub(super) async fn judged(store: &dyn Store) -> [(MonitorPlan, Vec<Sealed>); 2] {
    let mut wide = plan_of(monitor("a", &[("hour", 1, 1), ("two", 2, 1)]));
    let split = split_plan();
    let traffic: Vec<Traffic> = (0..5)
        .flat_map(|h| [Traffic::at(h).of("x"), Traffic::at(h).of("y").shifted(h as f64 * WARN).rows(60)])
        .collect();
    let mut feeder = Feeder::claim(store, 0).await;
    let checkpoint = feeder.checkpoint(&[&wide, &split], &traffic, 6);
    feeder.write(store, &checkpoint).await.unwrap();
    let seals = [seal_all(store, &wide, &[], clock(50)).await, seal_all(store, &split, &[], clock(60)).await];
    let [a, b] = seals;
    wide = plan_of(wide.monitor().clone());
    [(wide, a), (split, b)]
}

/// What a seal decided, as rows of the history in their documented order.
fn expected(plan: &MonitorPlan, seals: &[Sealed], at: i64) -> Vec<HistoryRow> {
    let baseline = "base@v1".parse().unwrap();
    let windows = seals.iter().flat_map(|sealed| &sealed.outcome.windows);
    let mut rows: Vec<HistoryRow> =
        windows.flat_map(|window| window.history(&plan.monitor().id, &baseline, clock(at))).collect();
    sort(&mut rows);
    rows
}

fn sort(rows: &mut [HistoryRow]) {
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
}

fn key(row: &HistoryRow) -> impl Ord + '_ {
    (
        row.window_end,
        row.segment.as_str(),
        row.window_name.as_str(),
        row.feature.as_str(),
        row.statistic.as_str(),
        row.monitor.as_str(),
    )
}

/// Every statistic of every verdict is a row, and every float of it comes back bit for bit.
pub async fn rows_are_what_the_seal_decided(place: &dyn Place) {
    let store = place.open().await;
    for ((plan, seals), at) in judged(&*store).await.iter().zip([50, 60]) {
        let rows = store.history(&HistoryQuery { monitor: Some(id_of(plan)), ..Default::default() }).await.unwrap();
        let expected = expected(plan, seals, at);
        assert!(expected.len() > 40, "{} rows", expected.len());
        assert!(expected.iter().any(|row| row.value.is_some() && row.p_value.is_some() && row.outcome.is_some()));
        assert_eq!(rows, expected);
    }
}

/// By window end, segment, window, feature and statistic, over all monitors.
pub async fn rows_come_in_order(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), []);
    let [(a, a_seals), (b, b_seals)] = judged(&*store).await;
    let mut both = expected(&a, &a_seals, 50);
    both.extend(expected(&b, &b_seals, 60));
    sort(&mut both);
    assert_eq!(store.history(&HistoryQuery::default()).await.unwrap(), both);
}

/// Each filter alone and all together; `from` is exclusive and `to` inclusive, because windows are named by their end.
pub async fn every_filter_filters(place: &dyn Place) {
    let store = place.open().await;
    judged(&*store).await;
    let all = store.history(&HistoryQuery::default()).await.unwrap();
    let queries = [
        HistoryQuery { monitor: Some("a".parse().unwrap()), ..Default::default() },
        HistoryQuery { feature: Some("c".into()), ..Default::default() },
        HistoryQuery { statistic: Some(DriftStatistic::Psi), ..Default::default() },
        HistoryQuery { segment: Some(segment("y")), ..Default::default() },
        HistoryQuery { from: Some(hour(2)), ..Default::default() },
        HistoryQuery { to: Some(hour(2)), ..Default::default() },
        HistoryQuery {
            monitor: Some("m".parse().unwrap()),
            feature: Some("x".into()),
            statistic: Some(DriftStatistic::Ks),
            segment: Some(segment("x")),
            from: Some(hour(1)),
            to: Some(hour(3)),
            ..Default::default()
        },
    ];
    for query in queries {
        let wanted = |row: &&HistoryRow| {
            query.monitor.as_ref().is_none_or(|m| row.monitor == *m)
                && query.feature.as_ref().is_none_or(|f| row.feature == *f)
                && query.statistic.is_none_or(|s| row.statistic == s)
                && query.segment.as_ref().is_none_or(|s| row.segment == *s)
                && query.from.is_none_or(|from| row.window_end > from)
                && query.to.is_none_or(|to| row.window_end <= to)
        };
        let expected: Vec<HistoryRow> = all.iter().filter(wanted).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{query:?}");
        assert_eq!(store.history(&query).await.unwrap(), expected, "{query:?}");
    }
    let nobody = HistoryQuery { monitor: Some("nobody".parse().unwrap()), ..Default::default() };
    assert_eq!(store.history(&nobody).await.unwrap(), []);
}
