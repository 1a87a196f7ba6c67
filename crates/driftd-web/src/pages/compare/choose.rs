//! What there is to compare, before anything is asked for.

use driftd_model::{MonitorId, StoreError, words};
use driftd_window::SegmentKey;

use crate::pages::address::Address;
use crate::pages::asked::Asked;
use crate::pages::newest::Newest;
use crate::pages::range::Range;

/// Windows and monitors that are offered.
const WINDOWS: u32 = 8;
const MONITORS: usize = 200;
/// Characters of a name.
const SHORT: usize = 80;

/// What may be chosen.
#[derive(Default)]
pub(super) struct Choices {
    /// What it is about.
    pub(super) says: String,
    pub(super) lines: Vec<(String, Option<Address>)>,
    /// What there is beyond these, in words.
    pub(super) more: String,
}

impl Choices {
    /// The monitors that are configured here: their rules are what ranges are judged by.
    pub(super) fn of_monitors(asked: &Asked) -> Self {
        let line = |monitor: &driftd_model::Monitor| {
            let address = Address::of("/compare").with("m", monitor.id.as_str());
            (words::name(monitor.id.as_str(), SHORT), address.reachable())
        };
        let more = asked.monitors.len().saturating_sub(MONITORS) as u64;
        let says = if asked.monitors.is_empty() {
            "The configuration of this process has no monitor; ranges are judged by the rules of one."
        } else {
            "Ranges of which monitor?"
        };
        Self {
            says: says.to_owned(),
            lines: asked.monitors.iter().take(MONITORS).map(line).collect(),
            more: if more > 0 { format!("{} more are configured.", words::count(more)) } else { String::new() },
        }
    }

    /// The newest windows of a monitor, against its baseline.
    pub(super) async fn of_windows(asked: &Asked, id: &MonitorId, segment: &SegmentKey) -> Result<Self, StoreError> {
        let newest = Newest::of(asked, id, segment, &Range::default(), WINDOWS).await?;
        let windows = newest.map(|newest| newest.windows).unwrap_or_default();
        let says = if windows.is_empty() {
            "No window has closed yet. Any range whose panes are sealed can be compared all the same."
        } else {
            "Write two ranges, or begin with one of the newest windows:"
        };
        let line = |window: crate::pages::newest::Judged| {
            let row = window.row;
            let range = format!("{}/{}", row.window_start, row.window_end);
            let name = words::name(row.window_name.as_str(), SHORT);
            let text = format!("{name} {}", words::span(row.window_start, row.window_end));
            (text, Address::comparison(id, segment, "baseline", &range).reachable())
        };
        Ok(Self { says: says.to_owned(), lines: windows.into_iter().rev().map(line).collect(), more: String::new() })
    }
}
