//! Memories kept by hand: the windows that each of them has taken, added up anew whenever a window comes.

use std::collections::BTreeMap;

use driftd_model::{MemoryComparison, MonitorPlan, Outcome, WindowResult, judge_memories};
use driftd_stats::{FeatureAggregate, FeatureLayout, Memory, compared_counts};
use driftd_window::{SegmentKey, WindowId, WindowSpec};

/// Windows that a memory has taken, oldest first.
type Pages = Vec<Page>;

#[derive(Debug)]
struct Page {
    end: i64,
    counts: Vec<u64>,
}

/// What is remembered of one monitor, by window shape, segment and feature.
#[derive(Debug, Default)]
pub(super) struct Diary {
    pages: BTreeMap<(String, SegmentKey, usize), Pages>,
}

/// A window of one segment as it was judged, and its counts by feature.
pub(super) type Counted = (WindowResult, Vec<FeatureAggregate>);

impl Diary {
    /// Writes a window down, and judges what has lasted.
    pub(super) fn write(&mut self, plan: &MonitorPlan, spec: &WindowSpec, windows: &[Counted]) -> Vec<WindowResult> {
        let mut taken = Vec::new();
        for (number, (window, states)) in windows.iter().enumerate() {
            for (feature, state) in states.iter().enumerate() {
                let key = (spec.name().to_string(), window.segment.clone(), feature);
                if let Some(memory) = self.take(plan, spec, window, key, state) {
                    taken.push((number, feature, memory));
                }
            }
        }
        let comparisons: Vec<MemoryComparison<'_>> = taken
            .iter()
            .map(|(window, feature, memory)| {
                let planned = &plan.features()[*feature];
                let (_, baseline) = plan.baseline_of(&windows[*window].0.segment).expect("it was compared");
                MemoryComparison {
                    feature: &planned.name,
                    layout: &planned.layout,
                    baseline: baseline[*feature],
                    memory,
                    rules: &planned.rules,
                    healthy: None,
                }
            })
            .collect();
        let verdicts = judge_memories(&comparisons);
        let of_window = |(number, (window, _)): (usize, &Counted)| {
            let own = taken.iter().zip(&verdicts).filter(|((of, ..), _)| *of == number);
            let verdicts: Vec<_> = own.map(|(_, verdict)| verdict.clone()).collect();
            let outcome = verdicts.iter().map(|verdict| verdict.outcome).max().unwrap_or(Outcome::Stable);
            let id = WindowId { name: spec.name().lasting(), end: window.window.end };
            (!verdicts.is_empty()).then(|| WindowResult { window: id, outcome, verdicts, ..window.clone() })
        };
        windows.iter().enumerate().filter_map(of_window).collect()
    }

    /// Takes the window if it may be taken; the memory, if it is older than this window.
    fn take(
        &mut self,
        plan: &MonitorPlan,
        spec: &WindowSpec,
        window: &WindowResult,
        key: (String, SegmentKey, usize),
        state: &FeatureAggregate,
    ) -> Option<Memory> {
        let layout = &*plan.features()[key.2].layout;
        let counts = compared_counts(layout, state);
        if matches!(layout, FeatureLayout::Presence) || counts.iter().sum::<u64>() == 0 {
            return None;
        }
        let pages = self.pages.entry(key).or_default();
        let (start, end) = (window.start.as_micros(), window.window.end.as_micros());
        let silence = pages.last().map_or(0, |last| start - last.end);
        if silence < 0 {
            return None;
        }
        if silence > 15 * spec.size().as_micros() {
            pages.clear();
        }
        pages.push(Page { end, counts });
        (pages.len() > 1).then(|| added_up(pages))
    }
}

/// Every window weighs seven eighths of the next one.
fn added_up(pages: &Pages) -> Memory {
    let (mut rows, mut squares) = (0.0, 0.0);
    let mut bins = vec![0.0; pages[0].counts.len()];
    for page in pages {
        let m = page.counts.iter().sum::<u64>() as f64;
        rows = 7.0 / 8.0 * rows + m;
        squares = 49.0 / 64.0 * squares + m;
        bins.iter_mut().zip(&page.counts).for_each(|(bin, count)| *bin = 7.0 / 8.0 * *bin + *count as f64);
    }
    let numbers = [vec![rows, squares], bins].concat();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number: &f64| number.to_le_bytes()).collect();
    Memory::from_bytes(&bytes).expect("sums of counts")
}
