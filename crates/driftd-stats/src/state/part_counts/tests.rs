use proptest::prelude::*;

use super::*;
use crate::layout::{CategoryCounts, LayoutOptions, SortedSample};
use crate::state::{GROUP_SKIP, MISTYPED_CODE};

fn grid() -> BinEdges {
    let sample = SortedSample::from_unsorted((0..400).map(|i| f64::from(i % 37)).collect()).unwrap();
    BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap().0
}

fn dictionary() -> Dictionary {
    let mut counts = CategoryCounts::new();
    for (value, count) in [("a", 500), ("b", 90), ("c", 2), ("d", 1)] {
        counts.add(value, count);
    }
    counts.into_dictionary(2).0
}

/// Rows of every kind, each with its part; the third of three parts, and the one that none is, are not counted.
fn rows() -> impl Strategy<Value = Vec<(f64, u8, u32)>> {
    let value = prop_oneof![
        8 => (-5.0..50.0_f64).prop_map(f64::round),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY)
    ];
    let absent = prop_oneof![8 => Just(PRESENT), 1 => Just(1_u8), 1 => 2..5_u8];
    prop::collection::vec((value, absent, prop_oneof![0..3_u32, Just(GROUP_SKIP)]), 0..900)
}

fn parts_of(rows: &[(f64, u8, u32)]) -> Vec<u32> {
    rows.iter().map(|row| row.2).collect()
}

proptest! {
    #[test]
    fn numbers_are_counted_as_one_by_one(mut rows in rows(), cut in 0..900_usize, sorted: bool) {
        if sorted {
            rows.sort_by_key(|row| row.2);
        }
        let edges = grid();
        let layout = FeatureLayout::Numeric(edges.clone());
        // One part is expected to be small and is not.
        let mut counts = PartCounts::new(&layout, &[10_000, 3]);
        let (head, tail) = rows.split_at(cut.min(rows.len()));
        for chunk in [head, tail] {
            let values: Vec<f64> = chunk.iter().map(|row| row.0).collect();
            let absent: Vec<u8> = chunk.iter().map(|row| row.1).collect();
            let places = Places::of_numbers(&edges, NumericSlice { values: &values, absent: Some(&absent) });
            counts.absorb(&places, &parts_of(chunk));
        }
        for part in 0..2 {
            let counted = counts.aggregate(part, &layout);
            let own: Vec<_> = rows.iter().filter(|row| row.2 == part).collect();
            let values: Vec<f64> = own.iter().map(|row| row.0).collect();
            let absent: Vec<u8> = own.iter().map(|row| row.1).collect();
            let mut expected = NumericAggregate::empty(&edges);
            expected.absorb(&edges, NumericSlice { values: &values, absent: Some(&absent) });
            let FeatureAggregate::Numeric(counted) = counted else { panic!("numbers") };
            prop_assert_eq!(counted.cells(), expected.cells());
            let odd = |a: &NumericAggregate| [a.missing(), a.mistyped(), a.nan(), a.pos_inf(), a.neg_inf()];
            prop_assert_eq!(odd(&counted), odd(&expected));
            prop_assert!(counted.fits(&edges));
        }
    }

    #[test]
    fn texts_are_counted_as_one_by_one(rows in prop::collection::vec((0..7_u32, 0..2_u32), 0..300)) {
        let dictionary = dictionary();
        let layout = FeatureLayout::Categorical(dictionary.clone());
        let values = ["a", "b", "c", "d", "a"].map(str::to_owned);
        let code = |code: u32| match code { 5 => MISSING_CODE, 6 => MISTYPED_CODE, code => code };
        let codes: Vec<u32> = rows.iter().map(|row| code(row.0)).collect();
        let mut counts = PartCounts::new(&layout, &[0, 300]);
        let parts: Vec<u32> = rows.iter().map(|row| row.1).collect();
        counts.absorb(&Places::of_texts(&dictionary, TextSlice { codes: &codes, values: &values }), &parts);
        for part in 0..2 {
            let counted = counts.aggregate(part, &layout);
            let own: Vec<u32> = rows.iter().filter(|row| row.1 == part).map(|row| code(row.0)).collect();
            let mut expected = CategoricalAggregate::empty(&dictionary);
            expected.absorb(&dictionary, TextSlice { codes: &own, values: &values });
            prop_assert_eq!(counted, FeatureAggregate::Categorical(expected));
        }
    }
}

#[test]
fn presence_is_counted() {
    let mut counts = PartCounts::new(&FeatureLayout::Presence, &[2, 2]);
    counts.absorb(&Places::of_presence([true, false, true].into_iter()), &[0, 1, 0]);
    let mut expected = [PresenceAggregate::new(), PresenceAggregate::new()];
    expected[0].add(2, 0);
    expected[1].add(0, 1);
    let counted = [0, 1].map(|part| counts.aggregate(part, &FeatureLayout::Presence));
    assert_eq!(counted, expected.map(FeatureAggregate::Presence));
    assert_eq!(counts.aggregate(2, &FeatureLayout::Presence).rows(), 0);
}

#[test]
fn a_part_never_takes_more_than_its_histogram() {
    let layout = FeatureLayout::Numeric(grid());
    let places = places_of(&layout) as u64;
    let own = size_of::<Part>() as u64;
    assert_eq!(PartCounts::bytes(&layout, [10]), 20 + own);
    assert_eq!(PartCounts::bytes(&layout, [u64::MAX, 1_000_000]), 2 * (4 * places + own));
    let mut counts = PartCounts::new(&layout, &[0]);
    for _ in 0..10 {
        let places = Places::of_numbers(&grid(), NumericSlice { values: &[3.0; 100], absent: None });
        counts.absorb(&places, &[0; 100]);
    }
    assert!(matches!(counts.parts[0], Part::Many(_)));
}
