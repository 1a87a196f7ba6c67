//! The API over a store in memory, asked without a socket.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use driftd_model::{CatalogueStore, Matcher, Monitor, MonitorPlan, Silence, SilenceId, Topic};
use driftd_testkit::MemStore;
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, clock, monitor, plan_of, seal_all, split_plan, topic};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use crate::routes::{Reach, router};
use crate::{AppState, Readiness};

mod answers;
mod document;
mod hostile;
mod paging;
mod past;

/// Whoever asks.
struct Client {
    state: AppState,
    store: Arc<MemStore>,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Client {
    /// A process that has not reached its store yet.
    fn starting() -> Self {
        Self::starting_at(9)
    }

    /// The same at another hour.
    fn starting_at(hour: i64) -> Self {
        let state = AppState::new(Readiness::default, [], Arc::default(), None);
        state.tell_time_by(move || clock(hour));
        Self { state, store: Arc::default() }
    }

    /// An empty store.
    fn empty() -> Self {
        let client = Self::starting();
        client.state.read_from(Arc::<MemStore>::clone(&client.store));
        client
    }

    /// A monitor `m`, split into x and y, whose y moves at hour 3 and moves back, and a monitor `once` that is not
    /// configured any more. The monitor `new` has seen nothing yet.
    async fn with_history() -> Self {
        let client = Self::empty();
        let store = &*client.store;
        let (plan, once) = (split_plan(), plan_of(monitor("once", &[("hour", 1, 1)])));
        let built = plan.baseline().baseline.as_ref().clone();
        store.put_baseline(&"base".parse().unwrap(), built, clock(0)).await.unwrap();
        let mut feeder = Feeder::claim(store, 0).await;
        for at in 0..6 {
            let moved = if at == 3 { CRITICAL } else { 0.0 };
            let traffic = [Traffic::at(at).of("x"), Traffic::at(at).of("y").shifted(moved).rows(60)];
            let checkpoint = feeder.checkpoint(&[&plan, &once], &traffic, at + 2);
            feeder.write(store, &checkpoint).await.unwrap();
            for plan in [&plan, &once] {
                seal_all(store, plan, &[], clock(at + 1)).await;
            }
        }
        client.silence("severity=critical", 2, 4).await;
        client.silence("monitor=~m|n", 8, 12).await;
        client.silence("kind!=drift", 20, 24).await;
        client.watch(&[&plan, &plan_of(monitor("new", &[("day", 24, 6)]))]);
        client
    }

    fn watch(&self, plans: &[&MonitorPlan]) {
        self.state.watch(plans.iter().map(|plan| plan.monitor().clone()));
    }

    async fn silence(&self, matcher: &str, from: i64, to: i64) {
        let silence = Silence {
            id: SilenceId(0),
            matchers: vec![matcher.parse::<Matcher>().unwrap()],
            starts_at: clock(from),
            ends_at: clock(to),
            author: "ana".to_owned(),
            comment: "deploy".to_owned(),
        };
        self.store.add_silence(&silence).await.unwrap();
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, Body::empty()).await
    }

    /// A question that stands in the body.
    async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.into()).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let service = TowerToHyperService::new(router(self.state.clone(), Reach::Machine));
        let answer: Response<Body> = service.call(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    /// The JSON of an answer that is well.
    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, content type and body, as a person would look at them.
    fn shown(&self) -> String {
        let content_type = self.header(header::CONTENT_TYPE);
        let body = match serde_json::from_str::<Value>(&self.body) {
            Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
            Err(_) => self.body.clone(),
        };
        format!("{} {content_type}\n{body}", self.status.as_u16())
    }
}
