//! What a person names where a table is wanted: a file, several, a directory, a pattern, standard input.

mod error;
mod partition;
mod walk;

use std::path::{Path, PathBuf};

pub use self::error::InputError;
pub(crate) use self::partition::{Partition, is_of_time};
use self::walk::Tree;
use crate::DatasetError;
use crate::blob::{Blob, STANDARD_INPUT};
use crate::format::Format;
use crate::notes::Notes;
use crate::options::ReadOptions;
use crate::remote::{self, Object};

/// Files of one table at most. Each is looked at before the first row is read.
const MAX_FILES: usize = 100_000;

/// The files that were meant.
#[derive(Debug)]
pub(crate) struct Input {
    /// What was named, for messages.
    pub(crate) name: PathBuf,
    pub(crate) format: Format,
    /// At least one, in order of their names.
    pub(crate) files: Vec<InputFile>,
    /// What was passed over.
    pub(crate) notes: Notes,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    /// What its directories say of all its rows.
    pub(crate) partitions: Vec<Partition>,
    /// What it is, where it is an object that was looked at.
    object: Option<Object>,
}

impl InputFile {
    /// Looks at it.
    pub(crate) fn open(&self, held: bool, options: &ReadOptions) -> Result<Blob, DatasetError> {
        match &self.object {
            Some(object) => Blob::of_object(&self.path, object.clone(), options),
            None => Blob::open(&self.path, held, options),
        }
    }

    /// Whether it would have to be fetched.
    pub(crate) fn is_remote(&self) -> bool {
        self.object.is_some() || remote::is_address(&self.path)
    }

    pub(crate) fn alone(path: &Path) -> Self {
        Self { path: path.to_owned(), partitions: Vec::new(), object: None }
    }
}

impl Input {
    /// Finds the files of one table.
    pub(crate) fn find(named: &[PathBuf], options: &ReadOptions) -> Result<Self, DatasetError> {
        let mut found = Tree::default();
        for path in named {
            if remote::is_address(path) {
                found.add_objects(path)?;
                continue;
            }
            let is_there = path == Path::new(STANDARD_INPUT) || path.try_exists().unwrap_or(true);
            if path.is_dir() {
                found.add_directory(path)?;
            } else if is_there || !is_pattern(path) {
                found.files.push(InputFile::alone(path));
            } else {
                found.add_matches(path)?;
            }
            if found.files.len() > MAX_FILES {
                return Err(InputError::TooManyFiles { path: path.clone(), most: MAX_FILES }.into());
            }
        }
        let name = match named {
            [] => return Err(DatasetError::NoFiles),
            [one] => one.clone(),
            [first, rest @ ..] => PathBuf::from(format!("{} and {} more", first.display(), rest.len())),
        };
        let Tree { files, walked, mut notes } = found;
        if files.is_empty() {
            return Err(InputError::NoFilesIn { path: name }.into());
        }
        let (format, files) = of_one_kind(&name, files, walked, options, &mut notes)?;
        Ok(Self { name, format, files, notes })
    }
}

/// The kind of all files. In a directory that was walked, files of no kind are passed over, unless there are no others.
fn of_one_kind(
    name: &Path,
    files: Vec<InputFile>,
    walked: bool,
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<(Format, Vec<InputFile>), DatasetError> {
    if let Some(format) = options.format {
        return Ok((format, files));
    }
    let of = |file: &InputFile| Format::of_name(&file.path);
    let is_walk = walked || files.len() > 1;
    let mut kinds: Vec<(Format, &Path)> = files.iter().filter_map(|f| Some((of(f)?, f.path.as_path()))).collect();
    kinds.sort_by_key(|(format, _)| *format);
    kinds.dedup_by_key(|(format, _)| *format);
    match *kinds.as_slice() {
        [] => {
            let Some(first) = files.first() else { return Err(InputError::NoFilesIn { path: name.to_owned() }.into()) };
            // A name that says nothing is no reason to guess, but a pipe and the parts of a directory have no better one.
            let nameless = |file: &InputFile| is_walk && file.path.extension().is_none();
            let is_pipe = first.path == Path::new(STANDARD_INPUT)
                || std::fs::metadata(&first.path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
            if !is_pipe && !files.iter().all(nameless) {
                // What is not there is better said than what it would have been.
                first.open(true, options)?;
                return Err(DatasetError::UnknownFormat { path: first.path.clone() });
            }
            let head = first.open(true, options)?.head()?.0;
            Ok((Format::of_head(&first.path, &head)?, files))
        }
        [(format, _)] => {
            let (known, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| of(file).is_some());
            match others.first() {
                Some(other) if !walked => Err(DatasetError::UnknownFormat { path: other.path.clone() }),
                Some(_) => {
                    let others = others.iter().map(|file| file.path.display().to_string());
                    notes.add(name, format!("passed over, of no kind that is read: {}", listed(others)));
                    Ok((format, known))
                }
                None => Ok((format, known)),
            }
        }
        [(one, first), (other, second), ..] => Err(InputError::MixedFormats {
            path: name.to_owned(),
            one,
            first: first.to_owned(),
            other,
            second: second.to_owned(),
        }
        .into()),
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Names for a sentence; of many the first.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 3;
    let rest = names.len().saturating_sub(SHOWN);
    let list = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if rest > 0 { format!("{list} and {rest} more") } else { list }
}
