//! Situations that people meet who monitor a model, each a directory of files and of commands with what must come of
//! them. All of them are run, and one list says which did not come out right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod not_yet;
mod outcome;
mod situation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use not_yet::NOT_YET;
use rayon::prelude::*;
use situation::Situation;

/// The directories of the situations, by name.
fn situations() -> BTreeMap<String, PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/situations");
    let entries = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let directories = entries.filter(|path| path.is_dir());
    directories.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

#[test]
fn every_situation_comes_out_right() {
    let not_yet: BTreeMap<&str, &str> = NOT_YET.iter().copied().collect();
    let situations = situations();
    assert!(situations.len() >= 60, "only {} situations were found", situations.len());
    let complaints: Vec<String> = situations
        .par_iter()
        .filter_map(|(name, directory)| {
            let fault = Situation::read(directory).fault(directory);
            match (fault, not_yet.get(name.as_str())) {
                (None, None) | (Some(_), Some(_)) => None,
                (Some(fault), None) => Some(format!("{name}: {fault}")),
                (None, Some(_)) => Some(format!(
                    "{name} comes out right, but NOT_YET in tests/cases/not_yet.rs lists it: take its line out"
                )),
            }
        })
        .collect();
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), situations.len(), complaints.join("\n"));
}

#[test]
fn what_is_not_yet_right_is_a_situation() {
    let situations = situations();
    let names: Vec<&str> = NOT_YET.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "NOT_YET is sorted and names nothing twice");
    for (name, reason) in NOT_YET {
        assert!(situations.contains_key(*name), "NOT_YET lists {name}, which is no situation");
        assert!(!reason.is_empty(), "{name} has no reason");
    }
}
