//! Merging: associative, commutative, with an identity; different layouts do
//! not merge; and counting in parts or groups is counting at once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails should stop where it fails"
)]

use driftd_stats::{
    Absence, BinEdges, Binning, CategoricalAggregate, CategoryCounts, Dictionary, FeatureAggregate, FeatureLayout,
    GROUP_SKIP, LayoutOptions, MISSING_CODE, MISTYPED_CODE, NumericAggregate, NumericSlice, PresenceAggregate,
    SortedSample, TextSlice, absorb_numeric_grouped, absorb_text_grouped,
};
use proptest::prelude::*;

fn edges(binning: Binning) -> BinEdges {
    let options = LayoutOptions::new(16, binning, 10).unwrap();
    let baseline = (0..200).map(|i| f64::from(i % 40) - 10.0).collect();
    BinEdges::from_sample(&SortedSample::from_unsorted(baseline).unwrap(), &options).unwrap().0
}

/// Four names, and buckets for "日本" and another.
fn dictionary(extra: &str) -> Dictionary {
    chosen(extra, 4)
}

fn chosen(extra: &str, top: u16) -> Dictionary {
    let mut counts = CategoryCounts::new();
    for (i, value) in ["a", "b", "c", "", "日本", extra].iter().enumerate() {
        counts.add(value, 1000 - 100 * i as u64);
    }
    counts.into_dictionary(top).0
}

/// One from before there were buckets: "a", "b", "c", "", and another that is known by its hash.
fn of_before() -> Dictionary {
    let text =
        r#"{"categorical":{"categories":["a","b","c",""],"tail":[8205823797352911234],"singletons":1,"total":34}}"#;
    serde_json::from_str::<FeatureLayout>(text).unwrap().as_categorical().unwrap().clone()
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -60.0..60.0_f64,
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
    ]
}

fn numbers() -> impl Strategy<Value = Vec<(f64, u8)>> {
    prop::collection::vec((number(), 0_u8..3), 0..400)
}

/// More distinct texts than the list of unseen values keeps.
const TEXTS: u32 = 400;

fn texts() -> Vec<String> {
    let mut values: Vec<String> = ["a", "c", "", "日本", "z"].map(str::to_owned).to_vec();
    values.extend((0..TEXTS).map(|i| format!("new {i}")));
    values
}

fn codes() -> impl Strategy<Value = Vec<u32>> {
    let code = prop_oneof![3 => 0..5_u32, 3 => 0..TEXTS + 9, 1 => Just(MISSING_CODE), 1 => Just(MISTYPED_CODE)];
    prop::collection::vec(code, 0..900)
}

fn numeric(rows: &[(f64, u8)]) -> FeatureAggregate {
    let edges = edges(Binning::default());
    let mut state = NumericAggregate::empty(&edges);
    let (values, absent): (Vec<f64>, Vec<u8>) = rows.iter().copied().unzip();
    state.absorb(&edges, NumericSlice { values: &values, absent: Some(&absent) });
    FeatureAggregate::Numeric(state)
}

fn categorical(codes: &[u32]) -> FeatureAggregate {
    counted(&dictionary("q"), codes)
}

fn counted(dictionary: &Dictionary, codes: &[u32]) -> FeatureAggregate {
    let mut state = CategoricalAggregate::empty(dictionary);
    state.absorb(dictionary, TextSlice { codes, values: &texts() });
    FeatureAggregate::Categorical(state)
}

fn presence(counts: (u64, u64)) -> FeatureAggregate {
    let mut state = PresenceAggregate::new();
    state.add(counts.0, counts.1);
    FeatureAggregate::Presence(state)
}

fn merged(parts: &[&FeatureAggregate]) -> FeatureAggregate {
    let (first, rest) = parts.split_first().unwrap();
    let mut sum = (*first).clone();
    for part in rest {
        sum.merge(part).unwrap();
    }
    sum
}

/// The laws, for states made from three arbitrary inputs.
macro_rules! merge_laws {
    ($name:ident, $layout:expr, $input:expr, $make:expr) => {
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn merging_is_associative_and_commutative(a in $input, b in $input, c in $input) {
                    let (a, b, c) = ($make(a), $make(b), $make(c));
                    let left = merged(&[&merged(&[&a, &b]), &c]);
                    let right = merged(&[&a, &merged(&[&b, &c])]);
                    prop_assert!(left.same_counts(&right));
                    prop_assert!(left.same_counts(&merged(&[&c, &a, &b])));
                    prop_assert_eq!(left.rows(), a.rows().saturating_add(b.rows()).saturating_add(c.rows()));
                }

                #[test]
                fn the_empty_state_is_the_identity(a in $input) {
                    let a = $make(a);
                    let empty = FeatureAggregate::empty(&$layout);
                    prop_assert_eq!(&merged(&[&a, &empty]), &a);
                    prop_assert_eq!(&merged(&[&empty, &a]), &a);
                }

                #[test]
                fn states_survive_storage(a in $input) {
                    let a = $make(a);
                    let bytes = postcard::to_allocvec(&a).unwrap();
                    let back: FeatureAggregate = postcard::from_bytes(&bytes).unwrap();
                    prop_assert!(back.fits(&$layout));
                    prop_assert_eq!(back, a);
                }
            }
        }
    };
}

merge_laws!(numeric_state, FeatureLayout::Numeric(edges(Binning::default())), numbers(), |rows: Vec<_>| numeric(&rows));
merge_laws!(categorical_state, FeatureLayout::Categorical(dictionary("q")), codes(), |codes: Vec<_>| categorical(
    &codes
));
merge_laws!(state_of_names_alone, FeatureLayout::Categorical(chosen("q", 9)), codes(), |codes: Vec<_>| counted(
    &chosen("q", 9),
    &codes
));
merge_laws!(state_from_before_buckets, FeatureLayout::Categorical(of_before()), codes(), |codes: Vec<_>| counted(
    &of_before(),
    &codes
));
merge_laws!(presence_state, FeatureLayout::Presence, any::<(u64, u64)>(), presence);

#[test]
fn states_of_different_layouts_do_not_merge() {
    let all = [
        FeatureLayout::Numeric(edges(Binning::default())),
        FeatureLayout::Numeric(edges(Binning::Edges(vec![0.25]))),
        FeatureLayout::Categorical(dictionary("q")),
        FeatureLayout::Categorical(dictionary("another tail")),
        FeatureLayout::Categorical(of_before()),
        FeatureLayout::Presence,
    ];
    for (i, a) in all.iter().enumerate() {
        for (j, b) in all.iter().enumerate() {
            let mut state = FeatureAggregate::empty(a);
            assert_eq!(state.merge(&FeatureAggregate::empty(b)).is_ok(), i == j, "{i} {j}");
            assert_eq!(state.fits(b), i == j, "{i} {j}");
        }
    }
    let mut state = FeatureAggregate::empty(&FeatureLayout::Presence);
    let error = state.merge(&FeatureAggregate::empty(&all[2])).unwrap_err();
    insta::with_settings!({ filters => vec![(r"[0-9a-f]{16}", "[hash]")] }, {
        insta::assert_snapshot!(error, @"cannot put together a presence state and a categorical state of 36 cells ([hash]): both must be counted with one and the same layout");
    });
}

#[test]
fn damaged_states_do_not_fit() {
    let layout = FeatureLayout::Numeric(edges(Binning::default()));
    let json = serde_json::to_value(FeatureAggregate::empty(&layout)).unwrap();
    let mut fewer = json.clone();
    fewer["numeric"]["cells"] = serde_json::json!([1, 2, 3]);
    let mut impossible = json;
    impossible["numeric"]["moments"]["m2"] = serde_json::json!(-1.0);
    for damaged in [fewer, impossible] {
        let state: FeatureAggregate = serde_json::from_str(&damaged.to_string()).unwrap();
        assert!(!state.fits(&layout), "{damaged}");
    }
}

proptest! {
    #[test]
    fn numbers_in_parts_or_groups_are_numbers_at_once(
        rows in numbers(),
        cuts in prop::collection::vec(0_usize..400, 0..5),
        groups in prop::collection::vec(0_u32..4, 400),
    ) {
        let edges = edges(Binning::default());
        let whole = numeric(&rows);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(rows.len())).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<FeatureAggregate> = cuts.windows(2).map(|c| numeric(&rows[c[0]..c[1]])).collect();
        let sum = merged(&parts.iter().collect::<Vec<_>>());
        prop_assert!(sum.same_counts(&whole));
        if let (FeatureAggregate::Numeric(sum), FeatureAggregate::Numeric(whole)) = (&sum, &whole) {
            match (sum.moments().summary(&edges), whole.moments().summary(&edges)) {
                (Some(a), Some(b)) => {
                    prop_assert_eq!((a.count, a.min, a.max), (b.count, b.min, b.max));
                    prop_assert!((a.mean - b.mean).abs() <= 1e-9 * (b.sigma + b.mean.abs()));
                    prop_assert!((a.sigma - b.sigma).abs() <= 1e-6 * (b.sigma + edges.sigma()));
                }
                (a, b) => prop_assert_eq!(a, b),
            }
        }

        // Group 3 is skipped.
        let groups: Vec<u32> = groups[..rows.len()].iter().map(|g| if *g == 3 { GROUP_SKIP } else { *g }).collect();
        let (values, absent): (Vec<f64>, Vec<u8>) = rows.iter().copied().unzip();
        let column = NumericSlice { values: &values, absent: Some(&absent) };
        let mut states = [(); 3].map(|()| NumericAggregate::empty(&edges));
        absorb_numeric_grouped(&edges, column, &groups, &mut states.iter_mut().collect::<Vec<_>>());
        for (group, state) in (0_u32..).zip(states) {
            let own: Vec<(f64, u8)> = rows.iter().zip(&groups).filter(|r| *r.1 == group).map(|r| *r.0).collect();
            prop_assert!(FeatureAggregate::Numeric(state).same_counts(&numeric(&own)));
        }
    }

    #[test]
    fn texts_in_parts_or_groups_are_texts_at_once(
        codes in codes(),
        cut in 0_usize..900,
        groups in prop::collection::vec(0_u32..4, 900),
    ) {
        let dictionary = dictionary("q");
        let whole = categorical(&codes);
        let (a, b) = codes.split_at(cut.min(codes.len()));
        prop_assert_eq!(merged(&[&categorical(a), &categorical(b)]), whole);

        let groups: Vec<u32> = groups[..codes.len()].iter().map(|g| if *g == 3 { GROUP_SKIP } else { *g }).collect();
        let column = TextSlice { codes: &codes, values: &texts() };
        let mut states = [(); 3].map(|()| CategoricalAggregate::empty(&dictionary));
        absorb_text_grouped(&dictionary, column, &groups, &mut states.iter_mut().collect::<Vec<_>>());
        for (group, state) in (0_u32..).zip(states) {
            let own: Vec<u32> = codes.iter().zip(&groups).filter(|r| *r.1 == group).map(|r| *r.0).collect();
            prop_assert_eq!(FeatureAggregate::Categorical(state), categorical(&own));
        }
    }
}

#[test]
fn rows_in_runs_are_counted_as_rows_in_any_order() {
    let edges = edges(Binning::default());
    // Long runs, one that is skipped, one that belongs to nobody, and a list of absences that ends early.
    let runs = [(0, 900), (1, 1200), (GROUP_SKIP, 300), (0, 700), (7, 500), (2, 496)];
    let groups: Vec<u32> = runs.iter().flat_map(|(group, rows)| vec![*group; *rows]).collect();
    let values: Vec<f64> = (0..groups.len()).map(|row| (row as f64 * 0.37).sin() * 3.0).collect();
    let absent: Vec<u8> = (0..3000).map(|row| (row % 11 == 0).into()).collect();
    let count = |order: &[usize]| {
        let groups: Vec<u32> = order.iter().map(|row| groups[*row]).collect();
        let values: Vec<f64> = order.iter().map(|row| values[*row]).collect();
        let absent: Vec<u8> = order.iter().map(|row| absent.get(*row).copied().unwrap_or(0)).collect();
        let mut states = [(); 3].map(|()| NumericAggregate::empty(&edges));
        let column = NumericSlice { values: &values, absent: Some(absent.as_slice()) };
        absorb_numeric_grouped(&edges, column, &groups, &mut states.iter_mut().collect::<Vec<_>>());
        states
    };
    let in_order: Vec<usize> = (0..groups.len()).collect();
    // The same runs, each in three parts that are too short to be counted where they lie; and no runs at all.
    let shuffled: Vec<usize> = (0..3).flat_map(|first| (first..groups.len()).step_by(3)).collect();
    let interleaved: Vec<usize> = (0..groups.len()).map(|at| at * 1789 % groups.len()).collect();
    for order in [shuffled, interleaved] {
        let states = count(&in_order).into_iter().zip(count(&order));
        assert!(states.into_iter().all(|(a, b)| a.rows() > 400 && a.same_counts(&b)));
    }
    let mut states = [(); 3].map(|()| NumericAggregate::empty(&edges));
    let column = NumericSlice { values: &values, absent: Some(&absent) };
    absorb_numeric_grouped(&edges, column, &groups, &mut states.iter_mut().collect::<Vec<_>>());
    assert!(states.iter().zip(count(&in_order)).all(|(a, b)| a.same_counts(&b)));
}

#[test]
fn absence_codes_are_counted_apart() {
    let rows = [(1.0, 0), (f64::NAN, Absence::Missing.code()), (2.0, Absence::Mistyped.code()), (f64::NAN, 0)];
    let state = numeric(&rows);
    assert_eq!((state.rows(), state.usable(), state.missing(), state.mistyped(), state.nan()), (4, 1, 1, 1, 1));
    let codes = [0, Absence::Missing.text_code(), Absence::Mistyped.text_code(), 123_456];
    let state = categorical(&codes);
    assert_eq!((state.rows(), state.usable(), state.missing(), state.mistyped()), (4, 1, 1, 2));
}
