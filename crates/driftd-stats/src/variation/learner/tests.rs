use super::*;
use crate::layout::{BinEdges, CategoryCounts, LayoutOptions, SortedSample};
use crate::significance::leave_one_out;
use crate::state::{CategoricalAggregate, NumericSlice};

/// Window `place` of the numbers 0 to 99, which leans a little more with every window.
fn leaning(place: usize, rows: usize) -> Vec<f64> {
    (0..rows).map(|row| ((row * 37) % 64 + 3 * place) as f64).collect()
}

struct Numbers {
    layout: FeatureLayout,
    windows: Vec<FeatureAggregate>,
    total: FeatureAggregate,
}

/// Windows of those numbers, each also with so many rows that have none of them: missing, NaN and infinite.
fn numbers(windows: &[Vec<f64>], absent: impl Fn(usize) -> (u64, u64, u64)) -> Numbers {
    let sample = SortedSample::from_unsorted(windows.concat()).unwrap();
    let (edges, _) = BinEdges::from_sample(&sample, &LayoutOptions::default()).unwrap();
    let window = |(place, values): (usize, &Vec<f64>)| {
        let mut counts = NumericAggregate::empty(&edges);
        counts.absorb(&edges, NumericSlice { values, absent: None });
        let (missing, nan, infinite) = absent(place);
        counts.add_absent(missing, nan, infinite, 0);
        FeatureAggregate::Numeric(counts)
    };
    let windows: Vec<_> = windows.iter().enumerate().map(window).collect();
    let layout = FeatureLayout::Numeric(edges);
    let mut total = FeatureAggregate::empty(&layout);
    for window in &windows {
        total.merge(window).unwrap();
    }
    Numbers { layout, windows, total }
}

impl Numbers {
    fn learnt(&self, least: u64) -> BTreeMap<Varying, Healthy> {
        let mut learner = VariationLearner::new(&self.layout, &self.total, least);
        for window in &self.windows {
            learner.add(window, None);
        }
        learner.finish()
    }
}

#[test]
fn each_window_is_held_against_all_others() {
    let windows: Vec<Vec<f64>> = (0..12).map(|place| leaning(place, 150)).collect();
    let numbers = numbers(&windows, |_| (0, 0, 0));
    let learnt = numbers.learnt(50);
    let floats = |counts: &[u64]| counts.iter().map(|count| *count as f64).collect::<Vec<_>>();
    let bins: Vec<_> = numbers.windows.iter().map(|w| floats(&compared_counts(&numbers.layout, w))).collect();
    let cells = |window: &FeatureAggregate| match window {
        FeatureAggregate::Numeric(counts) => floats(counts.cells()),
        _ => Vec::new(),
    };
    let cells: Vec<_> = numbers.windows.iter().map(cells).collect();
    let of_ks = leave_one_out(&cells, |others, own| Some(ks_difference(others, own).1));
    assert_eq!(learnt.get(&Varying::Bins), Healthy::learn(&leave_one_out(&bins, bins_difference)).as_ref());
    assert_eq!(learnt.get(&Varying::Ks), Healthy::learn(&of_ks).as_ref());
    assert!(learnt[&Varying::Bins].phi > 1.2, "{learnt:?}");
    assert_eq!(learnt.len(), 2, "nothing is missing anywhere: {learnt:?}");
}

#[test]
fn what_would_not_be_judged_teaches_nothing() {
    let windows: Vec<Vec<f64>> = (0..12).map(|place| leaning(place, if place < 3 { 49 } else { 50 })).collect();
    let numbers = numbers(&windows, |place| (10 + place as u64, 0, 0));
    let learnt = numbers.learnt(50);
    assert_eq!(learnt.get(&Varying::Bins), None, "nine windows have fifty values");
    assert_eq!(learnt[&Varying::Missing].windows, 12, "all have fifty rows");
}

#[test]
fn missing_values_and_nan_are_one_where_there_are_both() {
    let windows: Vec<Vec<f64>> = (0..12).map(|place| leaning(place, 100)).collect();
    // What is missing in one window is NaN in the next.
    let both = numbers(&windows, |place| if place % 2 == 0 { (30, 0, 0) } else { (0, 30, 0) }).learnt(50);
    assert_eq!(both[&Varying::Missing].phi, 1.0);
    let missing = numbers(&windows, |place| if place % 2 == 0 { (30, 0, 0) } else { (0, 0, 0) }).learnt(50);
    assert!(missing[&Varying::Missing].phi > 5.0);
    let infinite = numbers(&windows, |place| if place % 2 == 0 { (0, 0, 9) } else { (0, 0, 0) }).learnt(50);
    assert!(infinite[&Varying::NonFinite].phi > 3.0 && !infinite.contains_key(&Varying::Missing));
}

#[test]
fn categories_are_learnt_with_what_is_new_in_each_window() {
    let mut counts = CategoryCounts::new();
    (0..6).for_each(|category| counts.add(&category.to_string(), 240));
    let (dictionary, total) = counts.into_dictionary(100);
    let layout = FeatureLayout::Categorical(dictionary.clone());
    let mut learner_total = FeatureAggregate::Categorical(total);
    let window = |place: u64| {
        let mut window = CategoricalAggregate::empty(&dictionary);
        (0..6).for_each(|category| window.add(&dictionary, &category.to_string(), 20 + (category * place) % 7));
        window
    };
    let windows: Vec<_> = (0..10).map(|place| FeatureAggregate::Categorical(window(place))).collect();
    for window in &windows {
        learner_total.merge(window).unwrap();
    }
    let mut learner = VariationLearner::new(&layout, &learner_total, 50);
    for (place, window) in windows.iter().enumerate() {
        let novelty = Novelty { once: 3, twice: 1, values: 1_400 };
        learner.add(window, Some(UnseenInWindow { count: place as u64 % 3, novelty }));
    }
    let learnt = learner.finish();
    assert_eq!(learnt.keys().copied().collect::<Vec<_>>(), [Varying::Bins, Varying::Unseen]);
    assert!(learnt.values().all(|healthy| healthy.windows == 10));
}

#[test]
fn windows_of_another_shape_teach_nothing() {
    let windows: Vec<Vec<f64>> = (0..12).map(|place| leaning(place, 100)).collect();
    let numbers = numbers(&windows, |_| (0, 0, 0));
    let mut learner = VariationLearner::new(&FeatureLayout::Presence, &numbers.total, 50);
    for window in &numbers.windows {
        learner.add(window, None);
    }
    assert!(learner.finish().is_empty());
}
