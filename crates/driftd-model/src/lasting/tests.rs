use driftd_stats::{NotComputable, Smoothing, compared_counts};

use super::*;
use crate::fixtures::{categorical, deciles, numbers, spread, texts, uniform};
use crate::{FeatureBaseline, Threshold};

/// The memory of these windows.
fn memory(feature: &FeatureBaseline, windows: &[FeatureAggregate]) -> Memory {
    let counts = |window| compared_counts(&feature.layout, window);
    let mut memory = Memory::empty(counts(&feature.aggregate).len());
    for window in windows {
        memory.add(&counts(window));
    }
    memory
}

fn judged(feature: &FeatureBaseline, memory: &Memory, rules: &JudgeRules) -> Verdict {
    let FeatureBaseline { name, layout, aggregate, .. } = feature;
    judge_memories(&[MemoryComparison { feature: name, layout, baseline: aggregate, memory, rules, healthy: None }])
        .remove(0)
}

/// A few values more in the first tenth than in the last one.
fn leaning(rows: usize) -> Vec<f64> {
    let tenth = rows / 10;
    let lean = tenth / 2;
    deciles([tenth + lean, tenth, tenth, tenth, tenth, tenth, tenth, tenth, tenth, tenth - lean])
}

#[test]
fn a_small_change_is_found_once_it_has_lasted() {
    let x = uniform("x");
    let window = numbers(&x, &leaning(200), 0);
    let found: Vec<_> = (1..=8)
        .map(|windows| {
            let verdict = judged(&x, &memory(&x, &vec![window.clone(); windows]), &JudgeRules::default());
            (verdict.window.usable, verdict.outcome)
        })
        .collect();
    assert_eq!((found[0], found[7]), ((200, Outcome::Stable), (1_465, Outcome::Warning)), "{found:?}");
    let score = judged(&x, &memory(&x, &vec![window; 8]), &JudgeRules::default()).scores.remove(0);
    assert_eq!(score.threshold, Some(Threshold { warn: 0.02, critical: f64::INFINITY }));
    assert!(score.value.is_some_and(|psi| 0.02 < psi && psi < 0.07), "{score:?}");
}

#[test]
fn what_lasts_is_never_critical() {
    let (x, c) = (uniform("x"), categorical("c"));
    let far = memory(&x, &[numbers(&x, &spread(500, 9_000.0), 0), numbers(&x, &spread(500, 9_000.0), 0)]);
    assert_eq!(judged(&x, &far, &JudgeRules::default()).outcome, Outcome::Warning);
    let rules = JudgeRules { smoothing: Smoothing::None, ..JudgeRules::default() };
    let gone = memory(&c, &[texts(&c, &[("a", 500)]), texts(&c, &[("a", 500)])]);
    let verdict = judged(&c, &gone, &rules);
    assert_eq!((verdict.outcome, verdict.scores[0].value), (Outcome::Warning, None), "an infinite effect");
    assert_eq!(verdict.scores[0].reason, Some(NotComputable::Infinite));
}

#[test]
fn too_few_effective_rows_are_shown_and_not_judged() {
    let x = uniform("x");
    let short = memory(&x, &[numbers(&x, &spread(20, 0.0), 0), numbers(&x, &spread(20, 0.0), 0)]);
    let verdict = judged(&x, &short, &JudgeRules::default());
    assert_eq!(
        (verdict.outcome, verdict.reason),
        (Outcome::InsufficientData, Some(Reason::TooFewRows { found: 39, needed: 50 }))
    );
    assert!(verdict.scores[0].value.is_some() && verdict.scores[0].q_value.is_none());
}

#[test]
fn memories_are_one_family() {
    let x = uniform("x");
    let (calm, moved) = (numbers(&x, &spread(400, 0.0), 0), numbers(&x, &leaning(400), 0));
    let memories: Vec<Memory> = [&moved, &calm, &calm, &calm].map(|window| memory(&x, &vec![window.clone(); 3])).into();
    let rules = JudgeRules::default();
    let FeatureBaseline { name, layout, aggregate, .. } = &x;
    let comparison =
        |memory| MemoryComparison { feature: name, layout, baseline: aggregate, memory, rules: &rules, healthy: None };
    let all = judge_memories(&memories.iter().map(comparison).collect::<Vec<_>>());
    let alone = judge_memories(&[comparison(&memories[0])]);
    let (p, q) = (all[0].scores[0].p_value.unwrap(), all[0].scores[0].q_value.unwrap());
    assert_eq!(alone[0].scores[0].q_value, Some(p));
    assert!((q / p - 4.0).abs() < 1e-12, "{q} of {p}");
}
