//! Golden cases: samples, and what the reference program says about them.
#![allow(dead_code, unreachable_pub, reason = "shared by several test programs, each of which uses a part")]

use driftd_stats::{
    BinEdges, CategoryCounts, Computed, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions,
    NumericAggregate, NumericSlice, Smoothing, SortedSample, Statistic, compare,
};
use serde_json::Value;

const CASES: &str = include_str!("../golden/cases.json");
const SAMPLES: &[u8] = include_bytes!("../golden/samples.f64");

/// One side of a numeric case.
pub struct Numbers {
    pub finite: Vec<f64>,
    pub missing: u64,
    pub nan: u64,
    pub pos_inf: u64,
    pub neg_inf: u64,
}

/// One side of a categorical case.
pub struct Texts {
    pub values: Vec<(String, u64)>,
    pub missing: u64,
}

pub enum Sides {
    Numeric(Numbers, Numbers),
    Categorical(Texts, Texts),
}

pub struct Case {
    pub id: String,
    pub sides: Sides,
    /// With the default options.
    pub expected: Value,
    /// With 20 bins, 64 cells, 3 categories and a pseudo count of 1.
    pub expected_other: Value,
}

/// All cases; numeric samples are read from the blob in the order of the list.
pub fn cases() -> Vec<Case> {
    let list: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert_eq!(list.len(), 63);
    let mut blob = SAMPLES.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap()));
    let cases = list
        .into_iter()
        .map(|case| {
            let sides = if case["kind"] == "numeric" {
                let baseline = numbers(&case["baseline"], &mut blob);
                Sides::Numeric(baseline, numbers(&case["current"], &mut blob))
            } else {
                Sides::Categorical(texts(&case["baseline"]), texts(&case["current"]))
            };
            Case {
                id: case["id"].as_str().unwrap().to_owned(),
                sides,
                expected: case["expected"].clone(),
                expected_other: case["expected_other"].clone(),
            }
        })
        .collect();
    assert_eq!(blob.next(), None, "every stored sample belongs to a case");
    cases
}

pub fn case(id: &str) -> Case {
    cases().into_iter().find(|c| c.id == id).unwrap()
}

fn count(side: &Value, name: &str) -> u64 {
    side[name].as_u64().unwrap()
}

fn runs(side: &Value) -> impl Iterator<Item = (&Value, u64)> {
    let values = side["values"].as_array().unwrap();
    let counts = side["counts"].as_array().unwrap();
    values.iter().zip(counts).map(|(v, c)| (v, c.as_u64().unwrap()))
}

fn numbers(side: &Value, blob: &mut impl Iterator<Item = f64>) -> Numbers {
    let finite = match side["file_values"].as_u64() {
        Some(n) => blob.take(n as usize).collect(),
        None => runs(side).flat_map(|(v, c)| std::iter::repeat_n(v.as_f64().unwrap(), c as usize)).collect(),
    };
    Numbers {
        finite,
        missing: count(side, "missing"),
        nan: count(side, "nan"),
        pos_inf: count(side, "pos_inf"),
        neg_inf: count(side, "neg_inf"),
    }
}

fn texts(side: &Value) -> Texts {
    Texts {
        values: runs(side).map(|(v, c)| (v.as_str().unwrap().to_owned(), c)).collect(),
        missing: count(side, "missing"),
    }
}

impl Numbers {
    /// The layout and the baseline's own state; presence when there is nothing
    /// finite.
    pub fn baseline(&self, options: &LayoutOptions) -> (FeatureLayout, FeatureAggregate) {
        if self.finite.is_empty() {
            let state = FeatureAggregate::empty(&FeatureLayout::Presence);
            return (FeatureLayout::Presence, state);
        }
        let sample = SortedSample::from_unsorted(self.finite.clone()).unwrap();
        let (edges, mut state) = BinEdges::from_sample(&sample, options).unwrap();
        state.add_absent(self.missing, self.nan, self.pos_inf, self.neg_inf);
        (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(state))
    }

    /// The state of this side, counted value by value as a window is.
    pub fn window(&self, edges: &BinEdges) -> FeatureAggregate {
        let repeat = |v: f64, n: u64| std::iter::repeat_n(v, n as usize);
        let mut values = self.finite.clone();
        values.extend(repeat(f64::NAN, self.nan + self.missing));
        values.extend(repeat(f64::INFINITY, self.pos_inf));
        values.extend(repeat(f64::NEG_INFINITY, self.neg_inf));
        let mut absent = vec![0; values.len()];
        let from = self.finite.len() + self.nan as usize;
        absent[from..from + self.missing as usize].fill(1);
        let mut state = NumericAggregate::empty(edges);
        state.absorb(edges, NumericSlice { values: &values, absent: Some(&absent) });
        FeatureAggregate::Numeric(state)
    }
}

impl Texts {
    pub fn baseline(&self, options: &LayoutOptions) -> (FeatureLayout, FeatureAggregate) {
        let mut counts = CategoryCounts::new();
        for (value, count) in &self.values {
            counts.add(value, *count);
        }
        let (dictionary, mut state) = counts.into_dictionary(options.categories);
        state.add_missing(self.missing);
        (FeatureLayout::Categorical(dictionary), FeatureAggregate::Categorical(state))
    }

    pub fn window(&self, layout: &FeatureLayout) -> FeatureAggregate {
        let mut state = FeatureAggregate::empty(layout);
        let (FeatureAggregate::Categorical(counts), FeatureLayout::Categorical(dictionary)) = (&mut state, layout)
        else {
            panic!("a text case has a dictionary");
        };
        for (value, count) in &self.values {
            counts.add(dictionary, value, *count);
        }
        counts.add_missing(self.missing);
        state
    }
}

impl Case {
    /// Layout, baseline state and window state.
    pub fn counted(&self, options: &LayoutOptions) -> (FeatureLayout, FeatureAggregate, FeatureAggregate) {
        match &self.sides {
            Sides::Numeric(baseline, current) => {
                let (layout, state) = baseline.baseline(options);
                let window = match &layout {
                    FeatureLayout::Numeric(edges) => current.window(edges),
                    _ => FeatureAggregate::empty(&layout),
                };
                (layout, state, window)
            }
            Sides::Categorical(baseline, current) => {
                let (layout, state) = baseline.baseline(options);
                let window = current.window(&layout);
                (layout, state, window)
            }
        }
    }
}

/// The value of one statistic.
pub fn value(all: &[Statistic], statistic: DriftStatistic) -> Computed {
    all.iter()
        .find(|s| s.statistic == statistic)
        .unwrap_or_else(|| panic!("{statistic} is reported"))
        .result
        .unwrap_or_else(|reason| panic!("{statistic}: {reason}"))
}

/// Layout, baseline state and window state of two numeric samples.
pub fn numeric(baseline: &[f64], window: &[f64]) -> (FeatureLayout, FeatureAggregate, FeatureAggregate) {
    let side = |values: &[f64]| Numbers { finite: values.to_vec(), missing: 0, nan: 0, pos_inf: 0, neg_inf: 0 };
    let case = Case {
        id: String::new(),
        sides: Sides::Numeric(side(baseline), side(window)),
        expected: Value::Null,
        expected_other: Value::Null,
    };
    case.counted(&LayoutOptions::default())
}

/// Layout, baseline state and window state of two categorical samples.
pub fn categorical(
    baseline: &[(&str, u64)],
    window: &[(&str, u64)],
) -> (FeatureLayout, FeatureAggregate, FeatureAggregate) {
    let side = |values: &[(&str, u64)]| Texts {
        values: values.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect(),
        missing: 0,
    };
    let case = Case {
        id: String::new(),
        sides: Sides::Categorical(side(baseline), side(window)),
        expected: Value::Null,
        expected_other: Value::Null,
    };
    case.counted(&LayoutOptions::default())
}

/// Every statistic with the default smoothing.
pub fn compared((layout, baseline, window): &(FeatureLayout, FeatureAggregate, FeatureAggregate)) -> Vec<Statistic> {
    compare(layout, baseline, window, Smoothing::default()).unwrap()
}

/// Uniform numbers in [0, 1) (xorshift64*), the same in every run.
pub fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `n` normal numbers with this mean (sums of twelve uniform ones).
pub fn normals(seed: u64, n: usize, mean: f64) -> Vec<f64> {
    let mut uniform = uniform(seed);
    (0..n).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0 + mean).collect()
}
