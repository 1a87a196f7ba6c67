//! Files to test with.
#![allow(dead_code, unreachable_pub, clippy::unused_self, reason = "every test binary uses its own part")]

pub mod alone;
pub mod columns;
pub mod raw_parquet;

use std::path::{Path, PathBuf};

use driftd_dataset::{BaselineOptions, DatasetError, Table, build_baseline};
use driftd_model::Baseline;
use tempfile::TempDir;

use self::columns::Columns;

/// A directory of files that goes away with the test.
pub struct Files(pub TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Writes a Parquet file with row groups of `group` rows.
    pub fn parquet(&self, name: &str, columns: Columns, group: usize) -> PathBuf {
        let file = std::fs::File::create(self.path(name)).unwrap();
        columns::write(file, &columns, group);
        self.path(name)
    }

    /// A baseline with the defaults.
    pub fn baseline(&self, path: &Path) -> Baseline {
        baseline_with(path, &BaselineOptions::default()).unwrap()
    }

    /// An error as a person reads it, without the name of the directory.
    pub fn shown(&self, error: &DatasetError) -> String {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            text = format!("{text}: {source}");
            cause = source.source();
        }
        self.shown_text(&text)
    }

    /// Text without the name of the directory.
    pub fn shown_text(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "").replace(&self.0.path().display().to_string(), "DIR")
    }

    /// The error of opening a file of that content.
    pub fn refusal(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.write(name, content);
        let error = Table::open(path).expect_err("the file was accepted");
        self.shown(&error)
    }
}

pub fn baseline_with(path: &Path, options: &BaselineOptions) -> Result<Baseline, DatasetError> {
    build_baseline(&Table::open(path)?, options, &|_| ())
}
