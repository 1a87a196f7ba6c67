//! The page of baselines: what traffic is held against.

use std::collections::BTreeMap;

use askama::Template;
use driftd_model::{BaselineRef, BaselineSummary, MonitorId, StoreError, words};
use driftd_window::EventTime;

use super::address::Address;
use super::asked::Asked;
use super::failure::Failure;
use super::frame::{Frame, Html, When};

/// Versions that are listed, and monitors that are asked for what they are judged against.
const LISTED: usize = 500;
const MONITORS: usize = 200;
/// Characters of a name, and of where data came from.
const SHORT: usize = 80;
const LONG: usize = 300;

#[derive(Template)]
#[template(path = "pages/baselines.html")]
struct Page {
    frame: Frame,
    headline: String,
    lines: Vec<Line>,
    left_out: u64,
}

struct Line {
    reference: String,
    hash: String,
    created: When,
    source: String,
    rows: String,
    features: String,
    uses: Vec<Use>,
}

/// A monitor that is judged against it.
struct Use {
    monitor: String,
    address: Address,
    /// From which pane on, where somebody decided that.
    since: Option<When>,
}

pub(super) async fn page(asked: Asked) -> Result<Html, Failure> {
    let mut baselines = asked.store.baselines().await?;
    // By name, the newest version first.
    baselines.sort_by(|a, b| {
        let (a, b) = (&a.reference, &b.reference);
        a.name.cmp(&b.name).then_with(|| b.version.cmp(&a.version))
    });
    let uses = uses(&asked).await?;
    let headline = match baselines.len() as u64 {
        0 => "No baseline yet".to_owned(),
        count => words::counted(count, "baseline", "baselines"),
    };
    let page = Page {
        frame: Frame::of(&headline, Address::of("/baselines")),
        headline,
        left_out: baselines.len().saturating_sub(LISTED) as u64,
        lines: baselines.iter().take(LISTED).map(|summary| Line::of(summary, &uses)).collect(),
    };
    Ok(Html::of(&page))
}

/// Monitors by the baseline that they are judged against, and from which pane on where somebody decided that.
type Uses = BTreeMap<BaselineRef, Vec<(MonitorId, Option<EventTime>)>>;

/// Which monitors are judged against which baseline: as somebody activated it, or as the configuration says.
async fn uses(asked: &Asked) -> Result<Uses, StoreError> {
    let mut uses = Uses::new();
    for monitor in asked.known().await?.into_keys().take(MONITORS) {
        let activation = asked.store.activations(&monitor).await?.pop();
        let chosen = match activation {
            Some(activation) => Some((activation.reference, Some(activation.since))),
            None => {
                let version = asked.configured(&monitor).and_then(|configured| configured.baseline.version());
                version.map(|reference| (reference.clone(), None))
            }
        };
        if let Some((reference, since)) = chosen {
            uses.entry(reference).or_default().push((monitor, since));
        }
    }
    Ok(uses)
}

impl Line {
    fn of(summary: &BaselineSummary, uses: &Uses) -> Self {
        let of_it = uses.get(&summary.reference).map(Vec::as_slice).unwrap_or_default();
        Self {
            reference: words::name(&summary.reference.to_string(), SHORT),
            hash: words::name(summary.hash.short(), SHORT),
            created: summary.created_at.into(),
            source: words::name(&summary.source, LONG),
            rows: words::count(summary.rows),
            features: words::count(summary.features),
            uses: of_it.iter().map(|(monitor, since)| Use::of(monitor, *since)).collect(),
        }
    }
}

impl Use {
    fn of(monitor: &MonitorId, since: Option<EventTime>) -> Self {
        Self {
            monitor: words::name(monitor.as_str(), SHORT),
            address: Address::monitor(monitor),
            since: since.map(When::from),
        }
    }
}
