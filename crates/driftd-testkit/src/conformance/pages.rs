//! Lists that are read page by page: windows, the history, incidents.

use driftd_model::{
    HistoryPosition, HistoryQuery, HistoryRow, IncidentPosition, IncidentQuery, IncidentRow, IncidentState,
    ListedIncident, Store, WindowPosition, WindowQuery, WindowRow,
};

use super::Place;
use super::history::judged;
use crate::fixtures::{CRITICAL, Feeder, Traffic, clock, hour, id_of, monitor, plan_of, seal_all, segment};

/// More than there is of anything here.
const ALL: u32 = 10_000;

async fn windows(store: &dyn Store, monitor: &str) -> Vec<WindowRow> {
    store.windows(&WindowQuery::of(monitor.parse().unwrap(), ALL)).await.unwrap()
}

/// One row a window and segment, by window end, segment and window; every float of it comes back bit for bit.
pub async fn windows_are_what_the_seal_decided(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(windows(&*store, "a").await, []);
    for ((plan, seals), at) in judged(&*store).await.iter().zip([50, 60]) {
        let baseline = "base@v1".parse().unwrap();
        let results = seals.iter().flat_map(|sealed| &sealed.outcome.windows);
        let mut expected: Vec<WindowRow> =
            results.map(|result| result.row(&id_of(plan), &baseline, clock(at))).collect();
        expected.sort_by_key(|row| WindowPosition::from(row));
        assert!(expected.len() >= 10, "{} windows", expected.len());
        assert_eq!(windows(&*store, id_of(plan).as_str()).await, expected);
    }
}

/// Each filter alone and all together; windows are named by their end, so `from` is exclusive and `to` inclusive.
pub async fn every_filter_of_windows_filters(place: &dyn Place) {
    let store = place.open().await;
    judged(&*store).await;
    let all = WindowQuery::of("m".parse().unwrap(), ALL);
    let queries = [
        WindowQuery { segment: Some(segment("y")), ..all.clone() },
        WindowQuery { from: Some(hour(2)), ..all.clone() },
        WindowQuery { to: Some(hour(2)), ..all.clone() },
        WindowQuery { segment: Some(segment("x")), from: Some(hour(1)), to: Some(hour(3)), ..all.clone() },
        WindowQuery { window_name: Some("two".into()), ..WindowQuery::of("a".parse().unwrap(), ALL) },
    ];
    for query in queries {
        let known = windows(&*store, query.monitor.as_str()).await;
        let wanted = |row: &&WindowRow| {
            query.segment.as_ref().is_none_or(|segment| row.segment == *segment)
                && query.window_name.as_ref().is_none_or(|name| row.window_name == *name)
                && query.from.is_none_or(|from| row.window_end > from)
                && query.to.is_none_or(|to| row.window_end <= to)
        };
        let expected: Vec<WindowRow> = known.iter().filter(wanted).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < known.len(), "{query:?}");
        assert_eq!(store.windows(&query).await.unwrap(), expected, "{query:?}");
    }
    assert_eq!(windows(&*store, "nobody").await, []);
}

/// However long pages are, together they are the list.
pub async fn pages_of_windows_add_up(place: &dyn Place) {
    let store = place.open().await;
    judged(&*store).await;
    let expected = windows(&*store, "m").await;
    for limit in [1, 2, 5, ALL] {
        let (mut found, mut query) = (Vec::new(), WindowQuery::of("m".parse().unwrap(), limit));
        loop {
            let page = store.windows(&query).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            query.after = Some(WindowPosition::from(last));
            found.extend(page);
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
    let beyond = WindowQuery { to: Some(hour(2)), ..WindowQuery::of("m".parse().unwrap(), ALL) };
    let after = expected.iter().find(|row| row.window_end == hour(3)).map(WindowPosition::from);
    assert_eq!(store.windows(&WindowQuery { after, ..beyond }).await.unwrap(), [], "a page never leaves its range");
}

/// The other end of the list, within what is asked for.
pub async fn the_newest_windows_are_the_last(place: &dyn Place) {
    let store = place.open().await;
    judged(&*store).await;
    let of_m = WindowQuery::of("m".parse().unwrap(), ALL);
    let narrow = WindowQuery { segment: Some(segment("y")), from: Some(hour(1)), to: Some(hour(4)), ..of_m.clone() };
    let of_shape = WindowQuery { window_name: Some("two".into()), ..WindowQuery::of("a".parse().unwrap(), ALL) };
    for query in [of_m, narrow, of_shape] {
        let mut expected = store.windows(&query).await.unwrap();
        expected.reverse();
        assert!(expected.len() > 2, "{} windows", expected.len());
        for limit in [1, 2, ALL] {
            let found = store.newest_windows(&WindowQuery { limit, ..query.clone() }).await.unwrap();
            assert_eq!(found, expected[..expected.len().min(limit as usize)], "{limit} of {query:?}");
        }
    }
    let after = Some(WindowPosition::from(&windows(&*store, "m").await[3]));
    let query = WindowQuery { after, ..WindowQuery::of("m".parse().unwrap(), ALL) };
    let mut expected = store.windows(&query).await.unwrap();
    expected.reverse();
    assert_eq!(store.newest_windows(&query).await.unwrap(), expected);
}

/// The same of the history: of everything, and of what is filtered.
pub async fn pages_of_the_history_add_up(place: &dyn Place) {
    let store = place.open().await;
    judged(&*store).await;
    let of_m = HistoryQuery { monitor: Some("m".parse().unwrap()), ..Default::default() };
    let narrow = HistoryQuery { feature: Some("x".into()), from: Some(hour(1)), to: Some(hour(4)), ..of_m.clone() };
    let of_a = HistoryQuery { monitor: Some("a".parse().unwrap()), ..Default::default() };
    let all = store.history(&of_a).await.unwrap();
    let expected: Vec<HistoryRow> = all.iter().filter(|row| row.window_name.shape() == "two").cloned().collect();
    assert!(!expected.is_empty() && expected.len() < all.len(), "two shapes");
    assert_eq!(store.history(&HistoryQuery { shape: Some("two".into()), ..of_a }).await.unwrap(), expected);
    for (query, limits) in [(HistoryQuery::default(), [7, 100]), (of_m, [3, ALL]), (narrow, [1, 4])] {
        let expected = store.history(&query).await.unwrap();
        assert!(expected.len() > 20, "{} rows", expected.len());
        for limit in limits {
            let mut found: Vec<HistoryRow> = Vec::new();
            let mut query = HistoryQuery { limit: Some(limit), ..query.clone() };
            loop {
                let page = store.history(&query).await.unwrap();
                assert!(page.len() <= limit as usize);
                let Some(last) = page.last() else { break };
                query.after = Some(HistoryPosition::from(last));
                found.extend(page);
            }
            assert_eq!(found, expected, "pages of {limit}");
        }
    }
}

/// Three incidents of the monitor `b` and two of `a`, of which the last is open.
async fn incidents(store: &dyn Store) {
    for (id, shifts) in [
        ("b", [CRITICAL, 0.0, 0.0, CRITICAL, 0.0, 0.0, CRITICAL]),
        ("a", [0.0, CRITICAL, 0.0, 0.0, 0.0, 0.0, CRITICAL]),
    ] {
        let mut watched = monitor(id, &[("hour", 1, 1)]);
        watched.topics = vec![id.into()];
        let plan = plan_of(watched);
        let mut feeder = Feeder::claim_of(store, id.into(), 0).await;
        for (hour, shift) in (0..).zip(shifts) {
            feeder.feed(store, &plan, &[Traffic::at(hour).shifted(shift)], hour + 2).await;
            seal_all(store, &plan, &[], clock(hour)).await;
        }
    }
}

/// By first bad window and id, both descending; together the pages are the list, in the other direction.
pub async fn pages_of_incidents_add_up_newest_first(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.incident_page(&IncidentQuery::newest(ALL)).await.unwrap(), []);
    incidents(&*store).await;
    let mut expected: Vec<IncidentRow> = store.incidents(None).await.unwrap();
    expected.reverse();
    assert_eq!(expected.len(), 5);
    for limit in [1, 2, ALL] {
        let (mut found, mut query) = (Vec::new(), IncidentQuery::newest(limit));
        loop {
            let page = store.incident_page(&query).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            query.after = Some(IncidentPosition::from(last));
            found.extend(page.into_iter().map(|listed| listed.row));
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

/// Each filter alone and all together; `from` is inclusive and `to` exclusive, because incidents begin.
pub async fn every_filter_of_incidents_filters(place: &dyn Place) {
    let store = place.open().await;
    incidents(&*store).await;
    let all = IncidentQuery::newest(ALL);
    let known = store.incident_page(&all).await.unwrap();
    let begun = [hour(6), hour(6), hour(3), hour(1), hour(0)];
    assert_eq!(known.iter().map(|listed| listed.first_seen).collect::<Vec<_>>(), begun);
    let queries = [
        IncidentQuery { monitor: Some("b".parse().unwrap()), ..all.clone() },
        IncidentQuery { state: Some(IncidentState::Open), ..all.clone() },
        IncidentQuery { from: Some(hour(3)), ..all.clone() },
        IncidentQuery { to: Some(hour(3)), ..all.clone() },
        IncidentQuery {
            monitor: Some("b".parse().unwrap()),
            state: Some(IncidentState::Resolved),
            from: Some(hour(1)),
            to: Some(hour(6)),
            ..all.clone()
        },
    ];
    for query in queries {
        let wanted = |listed: &&ListedIncident| {
            query.monitor.as_ref().is_none_or(|monitor| listed.row.monitor == *monitor)
                && query.state.is_none_or(|state| listed.row.state == state)
                && query.from.is_none_or(|from| listed.first_seen >= from)
                && query.to.is_none_or(|to| listed.first_seen < to)
        };
        let expected: Vec<ListedIncident> = known.iter().filter(wanted).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < known.len(), "{query:?}");
        assert_eq!(store.incident_page(&query).await.unwrap(), expected, "{query:?}");
    }
}

/// Whoever was never sealed has no frontier.
pub async fn frontiers_are_listed_by_monitor(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.frontiers().await.unwrap(), []);
    judged(&*store).await;
    let expected = ["a", "m"].map(|id| (id.parse().unwrap(), hour(5)));
    assert_eq!(store.frontiers().await.unwrap(), expected);
}
