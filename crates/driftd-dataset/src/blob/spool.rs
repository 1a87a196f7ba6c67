//! What can be read only once, copied to a temporary file: tables are read more than once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::STANDARD_INPUT;
use crate::DatasetError;
use crate::input::InputError;

/// Bytes of a pipe that are kept; one that has more may have no end.
const MAX_BYTES: u64 = 4 << 30;

/// A copy of what is called `path`, which is standard input or a pipe: the same one whenever it is asked for, since there
/// is nothing left of it once it was read. It goes away with the process.
pub(super) fn copy_of(path: &Path) -> Result<Arc<File>, DatasetError> {
    static COPIES: LazyLock<Mutex<HashMap<PathBuf, Arc<File>>>> = LazyLock::new(Mutex::default);
    let mut copies = COPIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(copy) = copies.get(path) {
        return Ok(Arc::clone(copy));
    }
    let copy = if path == Path::new(STANDARD_INPUT) {
        copy_at_most(path, io::stdin().lock(), MAX_BYTES)?
    } else {
        copy_at_most(path, File::open(path).map_err(|error| DatasetError::io(path, error))?, MAX_BYTES)?
    };
    let copy = Arc::new(copy);
    copies.insert(path.to_owned(), Arc::clone(&copy));
    Ok(copy)
}

fn copy_at_most(path: &Path, mut from: impl Read, most: u64) -> Result<File, DatasetError> {
    let mut file = tempfile::tempfile().map_err(DatasetError::spill)?;
    let mut buffer = vec![0; 256 << 10];
    let mut copied = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(file),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(DatasetError::io(path, error)),
        };
        copied += read as u64;
        if copied > most {
            return Err(InputError::Endless { path: path.to_owned(), most }.into());
        }
        file.write_all(buffer.get(..read).unwrap_or_default()).map_err(DatasetError::spill)?;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_pipe_is_kept_and_one_without_an_end_is_refused() {
        let file = copy_at_most(Path::new("-"), &b"x\n1\n"[..], 10).unwrap();
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"x\n1\n");
        let error = copy_at_most(Path::new("-"), io::repeat(b'y'), 1 << 20).unwrap_err();
        insta::assert_snapshot!(error, @"standard input: has more than 1048576 bytes and may have no end; write it to a file and name that");
    }
}
