use driftd_stats::DriftStatistic;
use driftd_window::Span;

use super::*;
use crate::fixtures::{Traffic, at, counts, hours, monitor, panes, plan, segment, split};

fn remembering(windows: &[(&str, u32, u32)]) -> MonitorPlan {
    let mut monitor = monitor(windows);
    monitor.judge.judged.insert(DriftStatistic::Lasting);
    plan(split(monitor))
}

/// What is remembered after the windows of the first shape that end at these hours.
fn after(plan: &MonitorPlan, traffic: &[Traffic], ends: &[i64]) -> Vec<FeatureMemory> {
    let spec = &plan.monitor().windows[0];
    let sealed = panes(plan, traffic);
    let mut known: Vec<FeatureMemory> = Vec::new();
    for end in ends {
        let window = spec.ending_at(at(*end)).unwrap();
        let counts = counts(plan, window.end, &sealed);
        let segments = &counts.stretch(spec.start_of(window.end), window.end).unwrap().segments;
        let taken: Vec<_> = remember(plan, spec, &window, segments, known.clone()).into_all().collect();
        let is_taken = |memory: &FeatureMemory| {
            taken.iter().any(|other| (&other.segment, &other.feature) == (&memory.segment, &memory.feature))
        };
        known.retain(|memory| !is_taken(memory));
        known.extend(taken);
    }
    known.retain(|memory| memory.feature.as_str() == "x");
    known
}

fn of(memories: &[FeatureMemory], segment: &SegmentKey) -> FeatureMemory {
    memories.iter().find(|memory| memory.segment == *segment).unwrap().clone()
}

#[test]
fn a_segment_that_falls_silent_keeps_what_it_remembers() {
    let plan = remembering(&[("hour", 1, 1)]);
    let other = Traffic { hour: 1, segment: "y", rows: 50, shift: 0.0 };
    let memories = after(&plan, &[hours(0..1, 0.0)[0], other], &[1, 2]);
    let (all, x, y) = (of(&memories, &SegmentKey::all()), of(&memories, &segment("x")), of(&memories, &segment("y")));
    assert_eq!((all.through, x.through, y.through), (at(2), at(1), at(2)));
    assert_eq!((all.counts.has_lasted(), x.counts.has_lasted(), y.counts.has_lasted()), (true, false, false));
    assert_eq!((x.counts.rows(), y.counts.rows()), (200.0, 50.0));
}

#[test]
fn a_segment_without_a_baseline_is_not_remembered() {
    let plan = remembering(&[("hour", 1, 1)]);
    let memories = after(&plan, &[Traffic { hour: 0, segment: "nobody", rows: 50, shift: 0.0 }], &[1]);
    assert_eq!(memories.iter().map(|memory| memory.segment.as_str()).collect::<Vec<_>>(), [""]);
}

#[test]
fn windows_that_overlap_or_come_again_are_not_taken() {
    let plan = remembering(&[("four", 4, 1)]);
    let traffic = hours(0..8, 0.0);
    let memories = after(&plan, &traffic, &[4, 5, 6, 7, 4, 8, 8]);
    let twice = of(&memories, &SegmentKey::all());
    assert_eq!((twice.through, twice.counts.rows() as u64), (at(8), 1592));
    assert_eq!(memories, after(&plan, &traffic, &[4, 8]), "whatever came in between");
}

#[test]
fn a_memory_of_another_shape_or_plan_is_none() {
    let plan = remembering(&[("hour", 1, 1)]);
    let spec = &plan.monitor().windows[0];
    let sealed = panes(&plan, &hours(0..1, 0.0));
    let counts = counts(&plan, at(1), &sealed);
    let segments = &counts.stretch(at(0), at(1)).unwrap().segments;
    let window = spec.ending_at(at(1)).unwrap();
    let taken = |known| -> Vec<FeatureMemory> { remember(&plan, spec, &window, segments, known).into_all().collect() };
    let fresh = taken(Vec::new());
    let before: Vec<FeatureMemory> = fresh
        .iter()
        .map(|memory| FeatureMemory { through: at(0).minus(Span::from_hours(1)), ..memory.clone() })
        .collect();
    assert_ne!(taken(before.clone()), fresh);
    let strangers: [fn(FeatureMemory) -> FeatureMemory; 4] = [
        |memory| FeatureMemory { window: "day".into(), ..memory },
        |memory| FeatureMemory { shape_hash: ContentHash::of(b"another"), ..memory },
        |memory| FeatureMemory { counts: Memory::empty(3), ..memory },
        |memory| FeatureMemory { through: at(-16), ..memory },
    ];
    for strange in strangers {
        assert_eq!(taken(before.iter().cloned().map(strange).collect()), fresh);
    }
    let edge: Vec<FeatureMemory> =
        before.into_iter().map(|memory| FeatureMemory { through: at(-15), ..memory }).collect();
    assert_ne!(taken(edge), fresh, "fifteen windows of silence are not too many");
}
