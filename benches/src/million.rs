//! Two Parquet files of a million rows and 25 columns, the same on every machine.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use driftd_dataset::{ExportColumn, ExportValues, write_parquet};

use crate::columns::skewed;
use crate::random::Random;

/// Rows of each file.
pub const ROWS: usize = 1_000_000;
/// Columns of each file.
pub const COLUMNS: usize = 25;
/// Changes when the data change, so that files of an older version are not taken for them.
const VERSION: u32 = 1;
/// Distinct values of the text columns.
const TEXTS: [u32; 5] = [3, 12, 50, 200, 1000];

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The reference.
    Baseline,
    /// What is compared with it: another seed, and every fifth column moved.
    Current,
}

/// Where both files are.
#[derive(Clone, Debug)]
pub struct Files {
    /// The reference.
    pub baseline: PathBuf,
    /// What is compared with it.
    pub current: PathBuf,
}

/// The files below `folder`, written on first use.
///
/// # Errors
/// A folder that cannot be written to.
pub fn files(folder: &Path) -> anyhow::Result<Files> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let write = |side: Side, name: &str| {
        let path = folder.join(format!("{name}-v{VERSION}.parquet"));
        if !path.is_file() {
            // Renamed when complete: an interrupted run leaves no half of a file behind under that name.
            let half = path.with_extension("half");
            let out = BufWriter::new(File::create(&half)?);
            write_parquet(name, out, &columns(side, ROWS))?;
            fs::rename(&half, &path)?;
        }
        anyhow::Ok(path)
    };
    Ok(Files { baseline: write(Side::Baseline, "baseline")?, current: write(Side::Current, "current")? })
}

/// All columns of one side.
#[must_use]
pub fn columns(side: Side, rows: usize) -> Vec<ExportColumn> {
    let seed = match side {
        Side::Baseline => 20_260_101,
        Side::Current => 20_260_102,
    };
    let numbers = (0..COLUMNS - TEXTS.len()).map(|at| {
        let mut random = Random::new(seed + 1000 * at as u64);
        // Every fifth column drifts by a fifth of its scale.
        let shift = if side == Side::Current && at % 5 == 4 { 0.2 } else { 0.0 };
        let nulls = if at % 4 == 3 { 0.05 } else { 0.0 };
        let values = (0..rows).map(|_| (!random.chance(nulls)).then(|| number(at, shift, &mut random))).collect();
        ExportColumn { name: format!("number_{at:02}"), values: ExportValues::Float64(values) }
    });
    let texts = TEXTS.into_iter().enumerate().map(|(at, distinct)| {
        let mut random = Random::new(seed + 1000 * (100 + at as u64));
        let text = |random: &mut Random| Some(format!("c{distinct}-{:04}", skewed(random, distinct)));
        let values = (0..rows).map(|_| text(&mut random)).collect();
        ExportColumn { name: format!("text_{distinct:04}"), values: ExportValues::Text(values) }
    });
    numbers.chain(texts).collect()
}

/// One value of a numeric column: normal, lognormal, uniform, heavy-tailed, counts with ties, in turn.
fn number(at: usize, shift: f64, random: &mut Random) -> f64 {
    let scale = 1.0 + at as f64;
    match at % 5 {
        0 => scale * (random.normal() + shift),
        1 => (random.normal() + shift).exp(),
        2 => scale * (random.unit() + shift),
        3 => scale * (random.cauchy() + shift),
        _ => (scale * (random.exponential() + shift) * 4.0).floor(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_always_the_same_and_not_the_other() {
        let names: Vec<String> = columns(Side::Baseline, 10).into_iter().map(|c| c.name).collect();
        assert_eq!(names.len(), COLUMNS);
        assert_eq!(columns(Side::Current, 50), columns(Side::Current, 50));
        assert_ne!(columns(Side::Current, 50), columns(Side::Baseline, 50));
    }
}
