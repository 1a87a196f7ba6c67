//! A dashboard over a store in memory, and a browser without a screen.

use std::net::SocketAddr;
use std::sync::Arc;

use driftd_model::{
    Baseline, CatalogueStore, Monitor, MonitorPlan, Pointer, SegmentBaseline, SegmentSpec, Silence, SilenceId,
    StoredBaseline,
};
use driftd_testkit::MemStore;
use driftd_testkit::fixtures::{
    CRITICAL, Feeder, Traffic, baseline, clock, monitor, plan_of, receivers, seal_all, segment, split_plan,
};
use driftd_web::{AppState, Listener, Reach, Readiness};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What time it is for the dashboard, in hours.
pub(crate) const NOW: i64 = 13;
/// Hours of traffic that were judged.
const HOURS: i64 = 12;

/// A dashboard that listens.
pub(crate) struct Site {
    address: SocketAddr,
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Site {
    /// A dashboard over `store`, whose configuration has `monitors`.
    pub(crate) async fn of(store: MemStore, monitors: Vec<Monitor>) -> Self {
        let readiness =
            || Readiness::default().checked("store", None).checked("kafka", Some("no broker answers".into()));
        let state = AppState::new(readiness, [], Arc::default(), None);
        state.read_from(Arc::new(store));
        state.tell_time_by(|| clock(NOW));
        state.watch(monitors);
        Self::over(state).await
    }

    /// The same from any state.
    pub(crate) async fn over(state: AppState) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Reach::Machine).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(listener.serve(state, std::future::pending()));
        Self { address }
    }

    /// What a GET of that path gives.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\naccept: text/html\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

/// Half a day of a monitor that is split in two: in segment `y` the number `x` moves in hour 4, and again from hour 10 on.
pub(crate) async fn judged() -> MemStore {
    let store = MemStore::new();
    store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(0)).await.unwrap();
    feed(&store, &split_plan()).await;
    for (starts, ends, comment) in [(12, 15, "deploy"), (1, 2, "load test"), (20, 21, "")] {
        let matchers = vec!["monitor=m".parse().unwrap(), "kind!=no_data".parse().unwrap()];
        let (starts_at, ends_at) = (clock(starts), clock(ends));
        let (author, comment) = ("ana".to_owned(), comment.to_owned());
        store.add_silence(&Silence { id: SilenceId(0), matchers, starts_at, ends_at, author, comment }).await.unwrap();
    }
    store
}

/// A monitor that is split in more segments than any page lists, judged for one hour: `y`, and many before it by name.
pub(crate) async fn in_many_segments() -> MemStore {
    let store = MemStore::new();
    let mut known = baseline(0);
    let half = known.segments[0].clone();
    let names: Vec<&str> = (0..250).map(|place| &*format!("a{place:03}").leak()).collect();
    known.segments.splice(0..0, names.iter().map(|name| SegmentBaseline { key: segment(name), ..half.clone() }));
    store.put_baseline(&"base".parse().unwrap(), known.clone(), clock(0)).await.unwrap();
    let plan = split_by_s(known, 1_000);
    let traffic: Vec<Traffic> = names.into_iter().chain(["y"]).map(|name| Traffic::at(0).of(name).rows(10)).collect();
    Feeder::claim(&store, 0).await.feed(&store, &plan, &traffic, 2).await;
    seal_all(&store, &plan, &receivers(1), clock(2)).await;
    store
}

/// A monitor whose segment `y` has been bad ever since, while `x` was again and again: its newest incidents are all over.
pub(crate) async fn bad_ever_since() -> MemStore {
    let store = MemStore::new();
    store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(0)).await.unwrap();
    let (plan, mut feeder) = (split_plan(), Feeder::claim(&store, 0).await);
    for hour in 0..95 {
        let shift = if hour % 3 == 0 && hour < 93 { CRITICAL } else { 0.0 };
        let traffic = [Traffic::at(hour).of("x").shifted(shift), Traffic::at(hour).of("y").shifted(CRITICAL)];
        feeder.feed(&store, &plan, &traffic, hour + 2).await;
        seal_all(&store, &plan, &receivers(1), clock(hour + 2)).await;
    }
    store
}

/// A monitor whose baseline knew the number `x` under another name in the first half of the day.
pub(crate) async fn renamed() -> MemStore {
    let store = MemStore::new();
    let mut feeder = Feeder::claim(&store, 0).await;
    for (name, hours) in [("old", 0..6), ("new", 6..12)] {
        let mut named = baseline(0);
        named.features[0].name = name.into();
        let plan = split_by_s(named, 32);
        for hour in hours {
            feeder.feed(&store, &plan, &[Traffic::at(hour)], hour + 2).await;
            seal_all(&store, &plan, &receivers(1), clock(hour + 2)).await;
        }
    }
    store
}

/// A monitor with windows of a day, a week and an hour, and its configuration; no week has ended yet.
pub(crate) async fn of_three_shapes() -> (MemStore, Monitor) {
    let (store, plan) = (MemStore::new(), plan_of(monitor("m", &[("day", 24, 24), ("week", 168, 24), ("hour", 1, 1)])));
    let mut feeder = Feeder::claim(&store, 0).await;
    for hour in 0..26 {
        feeder.feed(&store, &plan, &[Traffic::at(hour)], hour + 2).await;
        seal_all(&store, &plan, &receivers(1), clock(hour + 2)).await;
    }
    (store, plan.monitor().clone())
}

/// The same under names that strangers choose.
pub(crate) async fn hostile(feature: &str) -> MemStore {
    let store = MemStore::new();
    let mut named = baseline(0);
    for (known, name) in named.features.iter_mut().zip([feature, "c"]) {
        known.name = name.into();
    }
    named.source = feature.to_owned();
    let plan = split_by_s(named.clone(), 32);
    store.put_baseline(&"base".parse().unwrap(), named, clock(0)).await.unwrap();
    feed(&store, &plan).await;
    store
}

fn split_by_s(baseline: Baseline, max: u16) -> MonitorPlan {
    let mut split = monitor("m", &[("hour", 1, 1)]);
    split.segments = Some(SegmentSpec { by: vec![Pointer::new("/s").unwrap()], max });
    MonitorPlan::new(split, StoredBaseline::new("base@v1".parse().unwrap(), clock(0), baseline)).unwrap()
}

async fn feed(store: &MemStore, plan: &MonitorPlan) {
    let mut feeder = Feeder::claim(store, 0).await;
    for hour in 0..HOURS {
        let shift = if matches!(hour, 4 | 10..) { CRITICAL } else { 0.0 };
        let traffic = [Traffic::at(hour).of("x"), Traffic::at(hour).of("y").shifted(shift)];
        feeder.feed(store, plan, &traffic, hour + 2).await;
        seal_all(store, plan, &receivers(1), clock(hour + 2)).await;
    }
}

/// Monitors that were configured and never judged.
pub(crate) fn configured(count: usize) -> Vec<Monitor> {
    (0..count)
        .map(|place| plan_of(monitor(&format!("quiet-{place:03}"), &[("hour", 1, 1)])).monitor().clone())
        .collect()
}

/// The addresses that a page links to, with what stands in them unescaped.
pub(crate) fn links(html: &str) -> Vec<String> {
    let found = html.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let own = found.map(|(address, _)| address).filter(|address| address.starts_with('/'));
    own.map(|address| address.replace("&#38;", "&").replace("&amp;", "&")).collect()
}
