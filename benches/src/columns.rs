//! Columns of numbers in the shapes that counting may find easy or hard.

use anyhow::Context;
use driftd_stats::{BinEdges, LayoutOptions, MISSING_CODE, PRESENT, SortedSample};

use crate::random::Random;

/// Rows of the sample a grid is made from.
const TRAINING_ROWS: usize = 100_000;
/// Code of a missing value in [`Column::absent`].
const MISSING: u8 = 1;

/// How values are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Standard normal.
    Normal,
    /// Whole hours of the day, 0 to 23: every value is an atom.
    Hours,
    /// Cauchy: tails beyond any equal-width grid.
    Cauchy,
    /// Standard normal with one 1e12 in a thousand rows.
    Outlier,
    /// Six in ten are 0, the rest exponential.
    ZeroInflated,
}

/// All shapes.
pub const SHAPES: [Shape; 5] = [Shape::Normal, Shape::Hours, Shape::Cauchy, Shape::Outlier, Shape::ZeroInflated];

/// A column of numbers.
#[derive(Clone, Debug)]
pub struct Column {
    /// One value a row.
    pub values: Vec<f64>,
    /// One code a row: 0 present, 1 missing.
    pub absent: Vec<u8>,
}

impl Shape {
    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Hours => "hours 0..23",
            Self::Cauchy => "cauchy",
            Self::Outlier => "normal + 1e12",
            Self::ZeroInflated => "60 % zeros",
        }
    }

    /// One value.
    pub fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Normal => random.normal(),
            Self::Hours => f64::from(random.index(24)),
            Self::Cauchy => random.cauchy(),
            Self::Outlier if random.chance(0.001) => 1e12,
            Self::Outlier => random.normal(),
            Self::ZeroInflated if random.chance(0.6) => 0.0,
            Self::ZeroInflated => random.exponential(),
        }
    }
}

/// `rows` values of a shape, of which a share of `missing` is absent.
#[must_use]
pub fn column(shape: Shape, rows: usize, missing: f64, seed: u64) -> Column {
    let mut random = Random::new(seed);
    let values = (0..rows).map(|_| shape.draw(&mut random)).collect();
    let absent = (0..rows).map(|_| if random.chance(missing) { MISSING } else { PRESENT }).collect();
    Column { values, absent }
}

/// The grid of a shape with the default 256 cells, from a sample of its own.
///
/// # Errors
/// None in practice: the samples are finite and not empty.
pub fn grid(shape: Shape) -> anyhow::Result<BinEdges> {
    let sample = SortedSample::from_unsorted(column(shape, TRAINING_ROWS, 0.0, 1).values)?;
    let (edges, _) = BinEdges::from_sample(&sample, &LayoutOptions::default())
        .with_context(|| format!("a grid of {} failed", shape.name()))?;
    Ok(edges)
}

/// `rows` codes of a text column with `distinct` values, the k-th about 1/k as frequent as the first; a share of
/// `missing` is absent.
#[must_use]
pub fn codes(distinct: u32, rows: usize, missing: f64, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let code = |random: &mut Random| {
        if missing > 0.0 && random.chance(missing) { MISSING_CODE } else { skewed(random, distinct) }
    };
    (0..rows).map(|_| code(&mut random)).collect()
}

/// A number in 0..`distinct` with a density about proportional to 1/(k + 1).
pub fn skewed(random: &mut Random, distinct: u32) -> u32 {
    let k = f64::from(distinct + 1).powf(random.unit()) - 1.0;
    (k as u32).min(distinct.saturating_sub(1))
}

/// The texts that `codes` stand for.
#[must_use]
pub fn texts(distinct: u32) -> Vec<String> {
    (0..distinct).map(|k| format!("value-{k:04}")).collect()
}
