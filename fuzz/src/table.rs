//! Bytes as a table, all the way to verdicts.

use std::cell::RefCell;
use std::fs;

use driftd_dataset::{BaselineOptions, Table, build_baseline, check};
use driftd_model::{FeatureName, JudgeRules};
use tempfile::TempDir;

thread_local! {
    /// One folder a process: a file is overwritten a few thousand times a second.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Opens `bytes` as a file with that extension, makes a baseline of it and holds it against that.
///
/// Any of these may be refused; none may panic. What is accepted obeys two laws: a baseline of any table is consistent,
/// and a table held against its own baseline has a verdict for every feature, each score of which is finite.
pub fn read(extension: &str, bytes: &[u8]) {
    let path = FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a temporary folder can be made"));
        folder.path().join(format!("input.{extension}"))
    });
    fs::write(&path, bytes).expect("a temporary file can be written");
    let Ok(table) = Table::open(&path) else {
        return;
    };
    // Few bytes may stand for very many rows; that is slow, not wrong.
    if table.rows() > 100_000 || table.schema().columns().len() > 100 {
        return;
    }
    let Ok(baseline) = build_baseline(&table, &BaselineOptions::default(), &|_| ()) else {
        return;
    };
    assert!(baseline.is_consistent());
    let rules = |_: &FeatureName| Some(JudgeRules::default());
    // The second reading may be refused where the first was not only if a name is ambiguous, which opening does not ask.
    if let Ok(checked) = check(&baseline, "itself", &table, &rules, &|_| ()) {
        assert!(checked.report.features.len() >= baseline.features.len());
        let scores = checked.report.features.iter().flat_map(|feature| &feature.scores);
        for score in scores {
            assert!(score.value.is_none_or(f64::is_finite), "{score:?}");
            assert!(score.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{score:?}");
        }
    }
}
