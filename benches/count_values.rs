//! Nanoseconds per value of everything between a value and a verdict, one core, best of interleaved rounds.
//!
//! `cargo bench --workspace --bench count_values`

use driftd_benches::columns::{self, SHAPES, Shape};
use driftd_benches::monitor::{self, FEATURES};
use driftd_benches::race::Race;
use driftd_benches::report::{figure, headline, note, table, times};
use driftd_benches::twin;
use driftd_model::{Comparison, judge};
use driftd_stats::{
    CategoryCounts, FeatureAggregate, FeatureLayout, Memory, NumericAggregate, NumericSlice, Smoothing, TextSlice,
    absorb_numeric_grouped, absorb_text_grouped, compare, judge_difference, two_sample,
};
use driftd_store::{decode_stored, encode_stored};

/// Values of a column: what a Parquet reader hands on at a time, 2 MiB.
const ROWS: usize = 1 << 18;
/// Rounds of every contender.
const ROUNDS: usize = 30;
/// Rows of a window that is merged, stored and judged.
const WINDOW: usize = 16_000;
/// Segments of the grouped count.
const SEGMENTS: u32 = 16;

fn main() -> anyhow::Result<()> {
    numbers()?;
    texts_and_groups()?;
    windows()
}

/// The counting loop against a binary search and against reading the column at all.
fn numbers() -> anyhow::Result<()> {
    headline("counting a number (256 cells, all moments), ns per value");
    let mut rows = Vec::new();
    for shape in SHAPES {
        let edges = columns::grid(shape)?;
        for missing in [0.0, 0.1] {
            let columns::Column { values, absent } = columns::column(shape, ROWS, missing, 2);
            let column = NumericSlice { values: &values, absent: (missing > 0.0).then_some(absent.as_slice()) };
            let mut race = Race::new(ROUNDS);
            race.enter("sum", ROWS, || twin::sum(&values).to_bits());
            race.enter("driftd", ROWS, || {
                let mut counted = NumericAggregate::empty(&edges);
                counted.absorb(&edges, column);
                counted.finite()
            });
            race.enter("search", ROWS, || {
                let mut counts = vec![0; edges.cells()];
                twin::count_by_search(&edges, column, &mut counts);
                counts.iter().sum()
            });
            let [limit, driftd, search] = race.run().try_into().map_err(|_| anyhow::anyhow!("three were entered"))?;
            let [limit, driftd, search] = [limit, driftd, search].map(|best| best.nanos_per_unit());
            rows.push(vec![
                shape.name().to_owned(),
                format!("{:.0} %", missing * 100.0),
                figure(driftd),
                figure(search),
                figure(limit),
                times(search, driftd),
                times(driftd, limit),
            ]);
        }
    }
    let heads = ["column", "missing", "driftd", "partition_point", "sum of column", "search / driftd", "driftd / sum"];
    table(&heads, &rows);
    note("partition_point counts cells only; driftd also keeps moments, NaN, infinities and mistyped values apart");
    Ok(())
}

/// Text columns, and columns whose rows belong to segments.
fn texts_and_groups() -> anyhow::Result<()> {
    headline("counting a text code, and either kind in 16 segments, ns per value");
    let (edges, layout) = (columns::grid(Shape::Normal)?, |distinct: u32, texts: &[String]| {
        let mut counts = CategoryCounts::new();
        for (text, k) in texts.iter().zip(0..distinct) {
            counts.add(text, u64::from(distinct - k));
        }
        counts.into_dictionary(100).0
    });
    let numbers = columns::column(Shape::Normal, ROWS, 0.1, 2);
    let number = NumericSlice { values: &numbers.values, absent: Some(&numbers.absent) };
    let groups = columns::codes(SEGMENTS, ROWS, 0.0, 5);
    let texts = columns::texts(1000);
    let codes = [12, 1000].map(|distinct| columns::codes(distinct, ROWS, 0.1, 4));
    let [few, many] = codes.each_ref().map(|codes| TextSlice { codes, values: &texts });
    let dictionary = layout(1000, &texts);
    let empty = driftd_stats::CategoricalAggregate::empty(&dictionary);

    let mut race = Race::new(ROUNDS);
    race.enter("sum of a column of numbers (limit)", ROWS, || twin::sum(&numbers.values).to_bits());
    race.enter("number", ROWS, || {
        let mut counted = NumericAggregate::empty(&edges);
        counted.absorb(&edges, number);
        counted.finite()
    });
    race.enter("number, 16 segments", ROWS, || {
        let mut counted = vec![NumericAggregate::empty(&edges); SEGMENTS as usize];
        absorb_numeric_grouped(&edges, number, &groups, &mut counted.iter_mut().collect::<Vec<_>>());
        counted.iter().map(NumericAggregate::finite).sum()
    });
    for (name, column) in [("text, 12 values", few), ("text, 1000 values", many)] {
        let (dictionary, empty, groups) = (&dictionary, &empty, &groups);
        race.enter(name, ROWS, move || {
            let mut counted = empty.clone();
            counted.absorb(dictionary, column);
            counted.present()
        });
        race.enter(format!("{name}, 16 segments"), ROWS, move || {
            let mut counted = vec![empty.clone(); SEGMENTS as usize];
            absorb_text_grouped(dictionary, column, groups, &mut counted.iter_mut().collect::<Vec<_>>());
            counted.iter().map(driftd_stats::CategoricalAggregate::present).sum()
        });
    }
    let best = race.run();
    let limit = best.first().map_or(f64::NAN, driftd_benches::race::Best::nanos_per_unit);
    let row = |best: &driftd_benches::race::Best| {
        let nanos = best.nanos_per_unit();
        vec![best.name.clone(), figure(nanos), times(nanos, limit)]
    };
    table(&["what (10 % missing)", "ns per value", "of the limit"], &best.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// What happens once a pane or a window, whatever its number of rows.
fn windows() -> anyhow::Result<()> {
    headline("a pane or window of 25 features (20 numbers of 256 cells, 5 texts), microseconds each");
    let plan = monitor::plan(1, 1)?;
    let (one, other) = (monitor::pane(&plan, WINDOW, 11)?, monitor::pane(&plan, WINDOW, 12)?);
    let stored = encode_stored(&one)?;
    let baseline = plan.baseline_of(&driftd_window::SegmentKey::all()).map(|(_, counts)| counts).unwrap_or_default();
    let comparisons: Vec<Comparison<'_>> = plan
        .features()
        .iter()
        .zip(baseline)
        .zip(&one)
        .map(|((feature, baseline), window)| Comparison {
            feature: &feature.name,
            layout: &feature.layout,
            baseline,
            window,
            rules: &feature.rules,
            healthy: None,
        })
        .collect();

    let [r, c] = [1_000.0, 97.0].map(|rows: f64| (0..10).map(|bin| rows + f64::from(bin % 3)).collect::<Vec<f64>>());
    let mut memory = Memory::empty(10);
    let mut race = Race::new(ROUNDS);
    race.enter("merge two panes", 1, || {
        let mut merged = one.clone();
        let fitting = merged.iter_mut().zip(&other).filter_map(|(a, b)| a.merge(b).ok()).count();
        fitting as u64 + merged.iter().map(FeatureAggregate::rows).sum::<u64>()
    });
    race.enter("copy a pane (in the row above)", 1, || one.clone().iter().map(FeatureAggregate::rows).sum());
    race.enter("encode a pane", 1, || encode_stored(&one).map_or(0, |stored| stored.bytes.len() as u64));
    race.enter("decode a pane", 1, || {
        decode_stored(stored.codec, &stored.bytes).map_or(0, |counts| counts.len() as u64)
    });
    race.enter("compare and judge a window", 1, || judge(&comparisons).len() as u64);
    race.enter("size and p of two samples of 10 bins, a thousand times", 1, || {
        let significant = |i: u32| {
            two_sample(&[f64::from(i), 900.0, 1_000.0, 950.0, 1_050.0, 990.0, 1_010.0, 970.0, 1_030.0, 1_000.0], &c)
        };
        (900..1_900).filter_map(significant).filter(|measure| measure.p < 0.5).count() as u64
    });
    race.enter("memory of 10 bins: a step and its judgement, a thousand times", 1, || {
        let mut significant = 0;
        for i in 0..1_000 {
            memory.add(&[100 + i % 7, 100, 97, 103, 100, 99, 101, 100, 102, 98]);
            let judged = two_sample(&r, &memory.counts()).map(|measure| judge_difference(&measure, None));
            significant += u64::from(judged.is_some_and(|judged| judged.p < 0.5));
        }
        significant
    });
    // The law of the Kolmogorov-Smirnov distance is computed in another way above 140 effective rows.
    for (law, n) in [("one number, 100 effective rows", 200), ("one number, 1750 effective rows", 3500)] {
        let (edges, counted) = monitor::normal_grid(n)?;
        let sample = columns::column(Shape::Normal, n, 0.0, 4).values;
        let mut window = NumericAggregate::empty(&edges);
        window.absorb(&edges, NumericSlice { values: &sample, absent: None });
        let (layout, window) = (FeatureLayout::Numeric(edges), FeatureAggregate::Numeric(window));
        let counted = FeatureAggregate::Numeric(counted);
        race.enter(law, 1, move || {
            compare(&layout, &counted, &window, Smoothing::default()).map_or(0, |all| all.len() as u64)
        });
    }
    let rows: Vec<Vec<String>> =
        race.run().iter().map(|best| vec![best.name.clone(), figure(best.nanos_per_unit() / 1e3)]).collect();
    table(&["what", "us"], &rows);
    note(&format!("an encoded pane of {FEATURES} features and {WINDOW} records takes {} bytes", stored.bytes.len()));
    Ok(())
}
