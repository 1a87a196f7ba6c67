//! What a page is asked for, and what it is made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use driftd_model::{Monitor, MonitorId, ReadStore, StoreError};
use driftd_window::{EventTime, SegmentKey, Timestamp};
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use super::failure::Failure;
use crate::{AppState, Readiness};

/// The store to read from, what else there is to show, and what stands behind the path. As long as it lives it has one of
/// the places for requests that read.
pub(super) struct Asked {
    pub(super) store: Arc<dyn ReadStore>,
    pub(super) now: Timestamp,
    pub(super) monitors: Arc<[Monitor]>,
    pub(super) readiness: Readiness,
    pub(super) query: Query,
    _place: OwnedSemaphorePermit,
}

/// What stands behind the `?` of an address.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

/// The variable parts of a path, decoded.
pub(super) struct Segments<T>(pub(super) T);

impl FromRequestParts<AppState> for Asked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let store = Arc::clone(state.store().ok_or_else(Failure::not_yet)?);
        let now = state.now().ok_or_else(Failure::not_yet)?;
        // Nobody closes it.
        let place = Arc::clone(state.reads()).acquire_owned().await.map_err(|_| Failure::not_yet())?;
        Ok(Self { store, now, monitors: state.monitors(), readiness: state.readiness(), query, _place: place })
    }
}

impl Asked {
    /// Every monitor there is, configured or ever sealed, and where its frontier stands.
    pub(super) async fn known(&self) -> Result<BTreeMap<MonitorId, Option<EventTime>>, StoreError> {
        let configured = self.monitors.iter().map(|monitor| (monitor.id.clone(), None));
        let sealed = self.store.frontiers().await?.into_iter().map(|(monitor, through)| (monitor, Some(through)));
        Ok(configured.chain(sealed).collect())
    }

    /// The configuration of a monitor, where it is known here.
    pub(super) fn configured(&self, id: &MonitorId) -> Option<&Monitor> {
        self.monitors.iter().find(|monitor| monitor.id == *id)
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Segments<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let found: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path(segments) = found.map_err(|_| Failure::nothing("There is no such page", "its address is no text"))?;
        Ok(Self(segments))
    }
}

impl Query {
    /// Reads what a browser makes of a form: pairs that are joined by `&`, with `+` for a blank.
    fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of that name, unless it is blank: an empty field of a form asks for nothing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim());
        values.find(|value| !value.is_empty())
    }

    /// The first value of that name as it is, which may be blank.
    pub(super) fn verbatim(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Which page of a list, from 1.
    pub(super) fn page(&self) -> usize {
        self.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
    }

    /// The segment; the whole population unless another one is asked for. Its name may begin or end with blanks.
    pub(super) fn segment(&self) -> SegmentKey {
        match self.verbatim("seg") {
            None | Some("" | "all") => SegmentKey::all(),
            Some(segment) => SegmentKey::from_stored(segment.to_owned()),
        }
    }

    /// The shape of windows, if one is asked for. Its name may begin or end with blanks.
    pub(super) fn shape(&self) -> Option<&str> {
        self.verbatim("w").filter(|shape| !shape.is_empty())
    }
}

/// The monitor of that name. No other text is one's name, so a page of it cannot be there.
pub(super) fn monitor_id(text: &str) -> Result<MonitorId, Failure> {
    text.parse().map_err(|_| Failure::no_monitor(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_browsers_write_it() {
        let query = Query::parse("from=now-7d&seg=carrier%3DUA&q=a+b&empty=&q=later&page=3&&=x&%zz=%ff");
        assert_eq!((query.get("from"), query.get("q"), query.get("empty")), (Some("now-7d"), Some("a b"), None));
        assert_eq!((query.page(), query.segment().as_str()), (3, "carrier=UA"));
        assert_eq!(query.verbatim("empty"), Some(""));
        for (text, page) in [("", 1), ("page=0", 1), ("page=-1", 1), ("page=x", 1), ("page=99999999999999999999", 1)] {
            assert_eq!(Query::parse(text).page(), page, "{text}");
        }
        for all in ["", "seg=", "seg=all"] {
            assert!(Query::parse(all).segment().is_all(), "{all}");
        }
        // Names are what they are.
        let query = Query::parse("seg=s%3Dy+&w=+day");
        assert_eq!((query.segment().as_str(), query.shape()), ("s=y ", Some(" day")));
        assert_eq!(Query::parse("seg=+&w=").segment().as_str(), " ");
        assert_eq!(Query::parse("seg=+&w=").shape(), None);
    }
}
