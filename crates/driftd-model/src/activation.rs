//! When which baseline is judged against: a decision of people that takes effect at a pane nothing was counted in yet.

use driftd_window::{EventTime, PaneId, PaneWidth};

use crate::{BaselineRef, MonitorId};

/// From the pane that starts at `since` on, a monitor is judged against `reference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Start of the first pane.
    pub since: EventTime,
    /// The baseline.
    pub reference: BaselineRef,
}

/// Why a plan is the one of its panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanOrigin {
    /// The configuration, as long as nothing was activated.
    Configured,
    /// Somebody's decision.
    Activated(Activation),
}

/// The plan on which the latest of a monitor's panes in a checkpoint was counted.
///
/// A store takes the checkpoint only if nothing newer holds for that pane. The latest pane is enough: who knows the
/// activation that a pane falls under knows all those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedOn {
    /// The monitor.
    pub monitor: MonitorId,
    /// Its latest pane in the checkpoint.
    pub pane: PaneId,
    /// The activation it was counted under; nothing under the configuration.
    pub activation: Option<Activation>,
}

impl CountedOn {
    /// Whether the pane falls under another activation, by what a store knows: `found` is its newest that begins at or
    /// before the pane. An older one than the plan's is no contradiction: the record was late, and the plan is the first
    /// there is.
    #[must_use]
    pub fn is_superseded_by(&self, found: &Activation) -> bool {
        self.activation.as_ref().is_none_or(|known| {
            found.since > known.since || (found.since == known.since && found.reference != known.reference)
        })
    }

    /// What is said of a checkpoint that is refused.
    #[must_use]
    pub fn refusal(&self, found: &Activation) -> String {
        let Self { monitor, pane, .. } = self;
        let pane = pane.start();
        format!(
            "{} is what monitor {monitor} is judged against from {} on, but its pane of {pane} was counted for another baseline",
            found.reference, found.since
        )
    }
}

impl PlanOrigin {
    /// The activation, if it is one.
    #[must_use]
    pub const fn activation(&self) -> Option<&Activation> {
        match self {
            Self::Configured => None,
            Self::Activated(activation) => Some(activation),
        }
    }
}

/// The version that holds for panes to come where a monitor follows the `newest` version of its baseline: that one, the
/// first time it is seen. One that held before and is not the last is one that somebody has gone back from, and what
/// people decide stands until there is a newer version.
#[must_use]
pub fn followed<'a>(activations: &'a [Activation], newest: &'a BaselineRef) -> &'a BaselineRef {
    let is_known = activations.iter().any(|activation| activation.reference == *newest);
    activations.last().filter(|_| is_known).map_or(newest, |last| &last.reference)
}

/// Where an activation may begin, so that no pane mixes counts of two shapes: at the first pane that is not sealed and
/// lies after every pane with counts.
#[must_use]
pub fn first_free(width: PaneWidth, sealed_through: Option<EventTime>, last_counted: Option<PaneId>) -> EventTime {
    let counted = last_counted.map(|pane| pane.end(width));
    let Some(earliest) = sealed_through.max(counted) else {
        return width.earliest();
    };
    let pane = width.pane_of(earliest);
    // Counts of panes of another width may end in the middle of one.
    if pane.start() == earliest { earliest } else { pane.end(width) }
}

#[cfg(test)]
mod tests {
    use driftd_window::Span;

    use super::*;

    #[test]
    fn the_newest_is_followed_until_somebody_goes_back() {
        let of = |version: u32| -> BaselineRef { format!("base@v{version}").parse().unwrap() };
        let activations: Vec<Activation> = [1, 2, 1]
            .into_iter()
            .zip(0..)
            .map(|(version, at)| Activation { since: EventTime::from_micros(at), reference: of(version) })
            .collect();
        for (known, newest, holds) in [(0, 1, 1), (1, 1, 1), (1, 2, 2), (2, 2, 2), (3, 2, 1), (3, 3, 3)] {
            assert_eq!(*followed(&activations[..known], &of(newest)), of(holds), "{known} {newest}");
        }
    }

    #[test]
    fn a_pane_with_counts_is_never_taken() {
        let width = PaneWidth::new(Span::from_secs(60)).unwrap();
        let at = |secs: i64| EventTime::from_micros(secs * 1_000_000);
        let pane = |secs| Some(width.pane_of(at(secs)));
        assert_eq!(first_free(width, None, None), width.earliest());
        assert_eq!(first_free(width, None, pane(119)), at(120));
        assert_eq!(first_free(width, Some(at(300)), pane(119)), at(300), "sealed without records");
        assert_eq!(first_free(width, Some(at(60)), pane(119)), at(120));
        assert_eq!(first_free(width, Some(at(90)), None), at(120), "sealed with other panes");
    }
}
