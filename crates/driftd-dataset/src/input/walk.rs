//! The files below a directory, or that match a pattern.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::partition::Partition;
use super::{InputError, InputFile, MAX_FILES};
use crate::DatasetError;
use crate::notes::Notes;
use crate::remote::{self, Listed};

/// Directories within directories; links that lead back to themselves are found before.
const MAX_DEPTH: usize = 32;
/// Entries that are looked at, files or not.
const MAX_ENTRIES: usize = 1_000_000;

/// Files, and what was passed over on the way.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<InputFile>,
    /// Whether some were found rather than named.
    pub(super) walked: bool,
    pub(super) notes: Notes,
}

impl Tree {
    /// Adds the files below `root` in order of their names. Names that begin with `_` or `.` belong to whoever wrote the
    /// directory (markers, checksums, logs), and so do directories of such names, unless they are partitions.
    pub(super) fn add_directory(&mut self, root: &Path) -> Result<(), DatasetError> {
        self.walked = true;
        let (mut found, mut entries, mut empty) = (Vec::new(), 0_usize, 0_u64);
        let walk = WalkDir::new(root).follow_links(true).max_depth(MAX_DEPTH).into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() == 0 || is_data(&entry.file_name().to_string_lossy())) {
            entries += 1;
            if entries > MAX_ENTRIES || found.len() + self.files.len() > MAX_FILES {
                return Err(InputError::TooManyFiles { path: root.to_owned(), most: MAX_FILES }.into());
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.loop_ancestor().is_some() => {
                    self.notes.add(error.path().unwrap_or(root), "passed over, a link to a directory that it is in");
                    continue;
                }
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let source = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                    return Err(DatasetError::io(&path, source));
                }
            };
            // A pipe or a device below a directory is no part of a table.
            if !entry.file_type().is_file() {
                continue;
            }
            match entry.metadata() {
                Ok(metadata) if metadata.len() == 0 => empty += 1,
                _ => found.push(InputFile {
                    partitions: Partition::of(entry.path().strip_prefix(root).unwrap_or(entry.path())),
                    path: entry.into_path(),
                    object: None,
                }),
            }
        }
        if found.is_empty() {
            return Err(InputError::NoFilesIn { path: root.to_owned() }.into());
        }
        if empty > 0 {
            self.notes.add(root, format!("{empty} empty files passed over"));
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.append(&mut found);
        Ok(())
    }

    /// Adds the objects at an address or below it, as the files of a directory.
    pub(super) fn add_objects(&mut self, address: &Path) -> Result<(), DatasetError> {
        let listed = remote::list(address, MAX_FILES, MAX_ENTRIES)?;
        if listed.len() + self.files.len() > MAX_FILES {
            return Err(InputError::TooManyFiles { path: address.to_owned(), most: MAX_FILES }.into());
        }
        let before = self.files.len();
        for Listed { object, address, below, is_named } in listed {
            self.walked |= !is_named;
            // A store has no directories; some programs make empty objects for them.
            if is_named || object.length() > 0 && below.iter().all(|name| is_data(&name.to_string_lossy())) {
                let partitions = Partition::of(&below);
                self.files.push(InputFile { path: address, partitions, object: Some(object) });
            }
        }
        if self.files.len() == before {
            return Err(InputError::NoFilesIn { path: address.to_owned() }.into());
        }
        Ok(())
    }

    /// Adds what matches `pattern`, in order of the names; directories with all that is in them.
    pub(super) fn add_matches(&mut self, pattern: &Path) -> Result<(), DatasetError> {
        let bad = |what: &str| InputError::BadPattern { path: pattern.to_owned(), what: what.to_owned() };
        let text = pattern.to_str().ok_or_else(|| bad("it is not UTF-8"))?;
        let matches = glob::glob(text).map_err(|error| bad(error.msg))?;
        let fixed: PathBuf = pattern.components().take_while(|c| !super::is_pattern(Path::new(c))).collect();
        let before = self.files.len();
        for entry in matches {
            let path = entry.map_err(|error| {
                let path = error.path().to_owned();
                DatasetError::io(&path, error.into())
            })?;
            if path.file_name().is_some_and(|name| !is_data(&name.to_string_lossy())) {
                continue;
            }
            let partitions = Partition::of(path.strip_prefix(&fixed).unwrap_or(&path));
            if path.is_dir() {
                let start = self.files.len();
                self.add_directory(&path)?;
                for file in self.files.iter_mut().skip(start) {
                    file.partitions.splice(0..0, partitions.iter().cloned());
                }
            } else {
                self.files.push(InputFile { path, partitions, object: None });
            }
            if self.files.len() > MAX_FILES {
                return Err(InputError::TooManyFiles { path: pattern.to_owned(), most: MAX_FILES }.into());
            }
        }
        if self.files.len() == before {
            return Err(InputError::NoMatch { path: pattern.to_owned() }.into());
        }
        Ok(())
    }
}

fn is_data(name: &str) -> bool {
    !name.starts_with('.') && (!name.starts_with('_') || name.contains('='))
}
