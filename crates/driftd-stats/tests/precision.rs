//! Numbers that were stored in fewer bits than records carry.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

mod support;

use driftd_stats::{
    BinEdges, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NumericAggregate, NumericSlice,
    Precision, SortedSample,
};
use proptest::prelude::*;
use support::{compared, value};

fn layout(values: &[f64], precision: Precision) -> (BinEdges, NumericAggregate) {
    let sample = SortedSample::from_unsorted(values.to_vec()).unwrap();
    BinEdges::from_sample_of(&sample, &LayoutOptions::default(), precision).unwrap()
}

fn counted(edges: &BinEdges, values: &[f64]) -> NumericAggregate {
    let mut state = NumericAggregate::empty(edges);
    state.absorb(edges, NumericSlice { values, absent: None });
    state
}

/// Numbers of two decimals, as prices are, in some of which most of the mass lies.
fn prices(width: fn(f64) -> f64) -> Vec<f64> {
    (0..4000_u32).map(|i| width(f64::from(i % 37 * 10 + i % 11 * i % 3) / 100.0)).collect()
}

#[test]
fn the_text_of_a_float_meets_the_cell_of_the_float() {
    let stored = prices(|x| f64::from(x as f32));
    let said: Vec<f64> = stored.iter().map(|x| (*x as f32).to_string().parse().unwrap()).collect();
    assert_ne!(stored, said);
    let (edges, baseline) = layout(&stored, Precision::Single);
    let window = counted(&edges, &said);
    assert!(window.same_counts(&baseline));
    let layout_of = |edges| FeatureLayout::Numeric(edges);
    let state = |aggregate| FeatureAggregate::Numeric(aggregate);
    let all = compared(&(layout_of(edges), state(baseline), state(window)));
    assert_eq!(value(&all, DriftStatistic::Psi).value, 0.0);
    assert_eq!(value(&all, DriftStatistic::Ks).value, 0.0);
    // Without rounding the values lie beside the cells of their own.
    let (edges, baseline) = layout(&stored, Precision::Double);
    assert!(!counted(&edges, &said).same_counts(&baseline));
}

#[test]
fn the_precision_is_stored_with_the_layout_and_told_apart() {
    let stored = prices(|x| f64::from(x as f32));
    let (single, counts) = layout(&stored, Precision::Single);
    let (double, _) = layout(&stored, Precision::Double);
    assert!(counts.fits(&single) && !counts.fits(&double), "counts of other precisions are never added");
    let text = serde_json::to_string(&single).unwrap();
    assert!(text.contains(r#""precision":"single""#), "{text}");
    let back: BinEdges = serde_json::from_str(&text).unwrap();
    assert_eq!((back.precision(), back), (Precision::Single, single));
    // A layout of 64 bits is written as it was before layouts knew a width.
    assert!(!serde_json::to_string(&double).unwrap().contains("precision"));
}

proptest! {
    #[test]
    fn floats_read_back_from_their_shortest_text_are_counted_alike(
        bits in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..200),
        repeats in 1..20_usize,
    ) {
        let mut stored: Vec<f64> = bits.iter().copied().map(f64::from).collect();
        // Some values are frequent, and have cells of their own.
        stored.extend(std::iter::repeat_n(stored[0], repeats));
        let (edges, baseline) = layout(&stored, Precision::Single);
        let short: Vec<f64> = stored.iter().map(|x| format!("{}", *x as f32).parse().unwrap()).collect();
        let exponent: Vec<f64> = stored.iter().map(|x| format!("{:e}", *x as f32).parse().unwrap()).collect();
        let long: Vec<f64> = stored.iter().map(|x| format!("{x}").parse().unwrap()).collect();
        for said in [short, exponent, long] {
            prop_assert!(counted(&edges, &said).same_counts(&baseline));
            for (said, stored) in said.iter().zip(&stored) {
                prop_assert_eq!(edges.locate(*said), edges.locate(*stored));
            }
        }
    }

    #[test]
    fn halves_read_back_from_decimals_are_counted_alike(tenths in prop::collection::vec(-60_000..60_000_i32, 1..200)) {
        let said: Vec<f64> = tenths.iter().map(|x| f64::from(*x) / 10.0).collect();
        let stored: Vec<f64> = said.iter().map(|x| Precision::Half.round(*x)).collect();
        let (edges, baseline) = layout(&stored, Precision::Half);
        prop_assert!(counted(&edges, &said).same_counts(&baseline));
    }
}
