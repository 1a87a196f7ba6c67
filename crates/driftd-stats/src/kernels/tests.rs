//! Every version of the counting loop against the scalar twin.

use proptest::prelude::*;

use super::*;
use crate::layout::{LayoutOptions, SortedSample};

/// Counts by binary search, one value at a time.
fn by_twin(edges: &BinEdges, column: NumericSlice<'_>) -> NumericAggregate {
    let mut state = NumericAggregate::empty(edges);
    for (row, &x) in column.values.iter().enumerate() {
        let x = edges.precision().round(x);
        match column.absent.map_or(PRESENT, |codes| codes[row]) {
            PRESENT if x.is_nan() => state.nan += 1,
            PRESENT if x == f64::INFINITY => state.pos_inf += 1,
            PRESENT if x == f64::NEG_INFINITY => state.neg_inf += 1,
            PRESENT => {
                state.cells[edges.locate(x)] += 1;
                if x > edges.max() {
                    state.above.add((x - edges.max()) / edges.unit());
                }
                if x < edges.min() {
                    state.below.add((edges.min() - x) / edges.unit());
                }
            }
            1 => state.missing += 1,
            code => {
                state.mistyped += 1;
                state.types.add_codes(&[code]);
            }
        }
    }
    state
}

/// Counts by place: −inf, cells, +inf, NaN.
fn by_places(edges: &BinEdges, column: NumericSlice<'_>) -> (u64, Vec<u64>, u64, u64) {
    let mut counts = vec![0_u64; edges.cells() + 3];
    for (row, place) in places(edges, column.values).into_iter().enumerate() {
        counts[usize::from(place)] += u64::from(column.absent.is_none_or(|codes| codes[row] == PRESENT));
    }
    let (pos_inf, nan) = (counts[edges.cells() + 1], counts[edges.cells() + 2]);
    (counts[0], counts[1..=edges.cells()].to_vec(), pos_inf, nan)
}

fn grid(baseline: Vec<f64>, cells: u16) -> BinEdges {
    grid_of(baseline, cells, Precision::Double)
}

fn grid_of(mut baseline: Vec<f64>, cells: u16, precision: Precision) -> BinEdges {
    let options = LayoutOptions { cells, ..LayoutOptions::default() };
    for x in &mut baseline {
        *x = precision.round(*x);
    }
    let sample = SortedSample::from_unsorted(baseline).unwrap();
    BinEdges::from_sample_of(&sample, &options, precision).unwrap().0
}

fn any_precision() -> impl Strategy<Value = Precision> {
    prop_oneof![3 => Just(Precision::Double), 2 => Just(Precision::Single), 1 => Just(Precision::Half)]
}

/// Values where a grid could go wrong: its edges, their neighbours, the ends of
/// the float range.
fn adversaries(edges: &BinEdges) -> Vec<f64> {
    let mut values = vec![0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    values.extend([f64::MAX, f64::MIN, 5e-324, -5e-324, f64::MIN_POSITIVE, 1e12, -1e12]);
    for &edge in edges.edges() {
        values.extend([edge, edge.next_up(), edge.next_down(), edge / 2.0, -edge]);
    }
    values
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0_f64,
        2 => (-5..5_i32).prop_map(f64::from),
        2 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)],
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(5e-324), Just(1e12)],
    ]
}

fn finite_values() -> impl Strategy<Value = Vec<f64>> {
    let values = prop::collection::vec(any_value().prop_filter("finite", |v| v.is_finite()), 1..300);
    let scale = prop_oneof![Just(1.0), Just(1e-300), Just(1e300), Just(1e-3), Just(0.0)];
    (values, scale)
        .prop_map(|(values, scale)| values.into_iter().map(|v| (v * scale).clamp(f64::MIN, f64::MAX)).collect())
}

macro_rules! kernel_suite {
    ($name:ident, $kernel:expr) => {
        mod $name {
            use super::*;

            fn check(edges: &BinEdges, column: NumericSlice<'_>) {
                let mut state = NumericAggregate::empty(edges);
                count_with($kernel, &mut state, edges, column);
                assert!(state.same_counts(&by_twin(edges, column)), "{state:?}");
                assert_eq!(state.moments.count(), state.finite());
                assert!(state.moments.is_sound(), "{:?}", state.moments);
                assert_eq!(by_places(edges, column), (state.neg_inf, state.cells, state.pos_inf, state.nan));
            }

            proptest! {
                #[test]
                fn equals_the_twin(
                    baseline in finite_values(),
                    cells in prop_oneof![Just(16_u16), Just(256), Just(4096)],
                    precision in any_precision(),
                    values in prop::collection::vec(any_value(), 0..1500),
                    repeat in prop_oneof![3 => Just(1_usize), 1 => Just(9)],
                    absent in prop::option::of(prop::collection::vec(0_u8..8, 1500 * 9)),
                ) {
                    let edges = grid_of(baseline, cells, precision);
                    let mut values = values.repeat(repeat);
                    values.extend(adversaries(&edges));
                    let absent = absent.map(|mut codes| { codes.resize(values.len(), 0); codes });
                    check(&edges, NumericSlice { values: &values, absent: absent.as_deref() });
                }
            }

            /// Wild baselines: each column one that breaks an equal-width table.
            #[test]
            fn equals_the_twin_on_wild_grids() {
                let spread = |f: fn(f64) -> f64| -> Vec<f64> { (1..3000).map(|i| f(f64::from(i) / 3000.0)).collect() };
                let cauchy = spread(|u| (std::f64::consts::PI * (u - 0.5)).tan());
                let mut outlier = spread(|u| u);
                outlier.push(1e12);
                for baseline in [
                    cauchy,
                    outlier,
                    spread(|u| (40.0 * u).exp()),
                    spread(|u| if u < 0.5 { u * 1e-9 } else { 1.0 + u * 1e-9 }),
                    spread(|u| (u * 24.0).floor()),
                    spread(|u| 1e15 + (u * 1000.0).floor()),
                    spread(|u| (u - 0.5) * f64::MAX),
                    spread(|u| u * 1e-320),
                    vec![7.0; 100],
                ] {
                    for cells in [16, 256, 4096] {
                        let edges = grid(baseline.clone(), cells);
                        let mut values = adversaries(&edges);
                        values.extend_from_slice(&baseline);
                        check(&edges, NumericSlice { values: &values, absent: None });
                    }
                }
            }
        }
    };
}

kernel_suite!(portable, chunk::portable);
#[cfg(target_arch = "x86_64")]
kernel_suite!(avx2, if is_x86_feature_detected!("avx2") { chunk::avx2 } else { chunk::portable });

/// Nanoseconds per value; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn nanoseconds_per_value() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut uniform = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut normal = move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let normals: Vec<f64> = (0..1_000_000).map(|_| normal()).collect();
    let hours: Vec<f64> = normals.iter().map(|z| (z * 1e6).rem_euclid(24.0).floor()).collect();
    let cauchy: Vec<f64> = normals.iter().map(|z| z / (z * 7919.0).sin()).collect();
    let lognormal: Vec<f64> = normals.iter().map(|z| (3.0 * z).exp()).collect();
    let constant = vec![5.0; 1_000_000];
    let shifted: Vec<f64> = normals.iter().map(|z| z + 20.0).collect();
    for (name, baseline, values) in [
        ("normal", &normals, &normals),
        ("hours", &hours, &hours),
        ("cauchy", &cauchy, &cauchy),
        ("lognormal", &lognormal, &lognormal),
        ("constant", &normals, &constant),
        ("out of range", &normals, &shifted),
    ] {
        for cells in [256, 4096] {
            let edges = grid(baseline.clone(), cells);
            for (kernel, version) in [(chunk::portable as chunk::Kernel, "portable"), (chunk::best(), "best")] {
                let time = |absent: Option<&[u8]>| {
                    let mut state = NumericAggregate::empty(&edges);
                    let start = std::time::Instant::now();
                    for _ in 0..10 {
                        count_with(kernel, &mut state, &edges, NumericSlice { values, absent });
                    }
                    assert_eq!(state.rows(), 10_000_000);
                    start.elapsed().as_nanos() as f64 / 1e7
                };
                let nulls: Vec<u8> = (0..values.len()).map(|i| u8::from(i % 7 == 0)).collect();
                println!(
                    "{name:>12} {cells:>4} cells, {} steps, {version:>8}: {:.2} ns, with nulls {:.2} ns",
                    edges.lookup().steps(),
                    time(None),
                    time(Some(&nulls)),
                );
            }
        }
    }
}
