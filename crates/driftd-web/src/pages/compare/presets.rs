//! What people like to compare a range with.

use driftd_model::{MonitorId, Stretches};
use driftd_window::Span;

use crate::pages::address::Address;
use crate::past::{Answer, spelled};

const DAY: Span = Span::from_hours(24);
const WEEK: Span = Span::from_hours(7 * 24);
/// Weeks whose same days are compared with.
const WEEKS: [u32; 4] = [1, 2, 3, 4];

/// Another comparison with the same range.
pub(super) struct Preset {
    pub(super) name: &'static str,
    pub(super) address: Option<Address>,
    /// Whether it is this one.
    pub(super) is_here: bool,
}

/// Those of a comparison.
pub(super) fn of(id: &MonitorId, answer: &Answer) -> Vec<Preset> {
    let past = answer.past.stretches();
    let (own, range) = (answer.against(), spelled(past));
    let preset = |name, a: &str, is_here| Preset {
        name,
        address: Address::comparison(id, &answer.segment, a, &range).reachable(),
        is_here,
    };
    let ranges = |name, stretches: &[Stretches]| {
        let a = stretches.iter().map(spelled).collect::<Vec<_>>().join(",");
        preset(name, &a, a == own)
    };
    let mut presets = vec![preset("the baseline", "baseline", answer.before.is_none())];
    presets.push(ranges("the time before", &[before(past)]));
    if past.iter().count() == 1 && length(past) <= WEEK {
        let weeks: Vec<Stretches> = WEEKS.iter().rev().map(|weeks| earlier(past, WEEK, *weeks)).collect();
        if length(past) < DAY {
            presets.push(ranges("the day before", &[earlier(past, DAY, 1)]));
        }
        presets.push(ranges("the same weekdays of the four weeks before", &weeks));
    }
    if let Some(before) = &answer.before {
        let address = Address::comparison(id, &answer.segment, &range, &spelled(before.stretches())).reachable();
        presets.push(Preset { name: "the other way round", address, is_here: false });
    }
    presets
}

/// From the beginning of the first stretch to the end of the last.
fn length(stretches: &Stretches) -> Span {
    let (from, to) = stretches.ends();
    to.since(from)
}

/// The same just before, so that the two touch.
fn before(stretches: &Stretches) -> Stretches {
    stretches.earlier(length(stretches))
}

fn earlier(stretches: &Stretches, by: Span, times: u32) -> Stretches {
    (0..times).fold(stretches.clone(), |moved, _| moved.earlier(by))
}
