//! Addresses of pages. What a page shows stands in its address, so every link is made here.

use std::fmt::{self, Write};

use driftd_model::{FeatureName, IncidentId, MonitorId};
use driftd_window::{EventTime, SegmentKey, WindowName};

/// Bytes of an address: a browser's request has to fit into what the listener takes for its head.
const LONGEST: usize = 8 << 10;

/// A path of the dashboard, with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    text: String,
    has_query: bool,
}

impl Address {
    /// A path that is written in this crate.
    pub(super) fn of(path: impl Into<String>) -> Self {
        Self { text: path.into(), has_query: false }
    }

    /// The first page.
    pub(super) fn overview() -> Self {
        Self::of("/")
    }

    /// The page of an incident.
    pub(super) fn incident(id: &IncidentId) -> Self {
        Self::of(format!("/incidents/{}", encoded(id.as_str())))
    }

    /// The page of a monitor.
    pub(super) fn monitor(monitor: &MonitorId) -> Self {
        Self::of(format!("/m/{}", encoded(monitor.as_str())))
    }

    /// The page of the window of that shape that ended then.
    pub(super) fn window(monitor: &MonitorId, window: &WindowName, end: EventTime) -> Self {
        let (monitor, window, end) = (encoded(monitor.as_str()), encoded(window.as_str()), encoded(&end.to_string()));
        Self::of(format!("/m/{monitor}/w/{window}/{end}"))
    }

    /// The page of a feature. A name that a browser would take for a step in the path, `..` for one, or that is empty,
    /// stands behind it.
    pub(super) fn feature(monitor: &MonitorId, feature: &FeatureName) -> Self {
        let monitor = encoded(monitor.as_str());
        match feature.as_str() {
            name @ ("" | "." | "..") => Self::of(format!("/m/{monitor}/f")).with("name", name),
            name => Self::of(format!("/m/{monitor}/f/{}", encoded(name))),
        }
    }

    /// The comparison of a range of a monitor, `b`, with what stands in `a`.
    pub(super) fn comparison(monitor: &MonitorId, segment: &SegmentKey, a: &str, b: &str) -> Self {
        Self::of("/compare").with("m", monitor.as_str()).with("a", a).with("b", b).in_segment(segment)
    }

    /// The same with a value behind it.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        let _ = write!(self.text, "{name}={}", encoded(value));
        self
    }

    /// The same with a value behind it, if there is one.
    pub(super) fn with_any(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same for a segment, unless that is the whole population.
    pub(super) fn in_segment(self, segment: &SegmentKey) -> Self {
        if segment.is_all() { self } else { self.with("seg", segment.as_str()) }
    }

    /// The address, unless a name in it makes it longer than anybody can ask for.
    pub(super) fn reachable(self) -> Option<Self> {
        (self.text.len() <= LONGEST).then_some(self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `text` with everything percent-encoded that is not plain in a part of a path as well as in a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_strangers_stay_one_part_of_a_path() {
        let monitor: MonitorId = "orders".parse().unwrap();
        let feature = |name: &str| Address::feature(&monitor, &name.into()).to_string();
        assert_eq!(feature("dep_delay"), "/m/orders/f/dep_delay");
        assert_eq!(feature("a/b?c#d%20 é\"<>&"), "/m/orders/f/a%2Fb%3Fc%23d%2520%20%C3%A9%22%3C%3E%26");
        assert_eq!((feature(".."), feature("")), ("/m/orders/f?name=..".to_owned(), "/m/orders/f?name=".to_owned()));
        let window = Address::window(&monitor, &"day (lasting)".into(), "2013-07-02".parse().unwrap());
        let segment = SegmentKey::from_labels([("carrier", Some("UA"))]);
        assert_eq!(
            window.in_segment(&segment).with("page", "2").to_string(),
            "/m/orders/w/day%20%28lasting%29/2013-07-02T00:00:00Z?seg=carrier%3DUA&page=2"
        );
        assert_eq!(Address::of("/").in_segment(&SegmentKey::all()), Address::overview());
    }

    #[test]
    fn a_name_that_nobody_can_ask_for_has_no_address() {
        let monitor: MonitorId = "orders".parse().unwrap();
        let reachable = |name: &str| Address::feature(&monitor, &name.into()).reachable().is_some();
        assert!(reachable(&"é".repeat(1_000)));
        assert!(!reachable(&"é".repeat(10_000)));
    }
}
