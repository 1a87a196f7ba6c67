//! A wall clock that a test sets, for processes of its choice: a library that is loaded before their own and answers when
//! they ask what time it is. (libfaketime does the same, but our program ends in its first moments with it: the allocator
//! and it seem to call each other.)

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Skip, install};

const SOURCE: &str = include_str!("wall_clock/clock.c");

/// A wall clock that shows what the machine's does until it is set.
#[derive(Debug)]
pub struct WallClock {
    folder: TempDir,
}

impl WallClock {
    /// Has it compiled, by the machine's C compiler or one that is installed by `apt-get` where that is allowed.
    ///
    /// # Errors
    /// Why there can be none here.
    pub fn new() -> Result<Self, Skip> {
        let compiler = install::program("cc", "gcc")?;
        let clock = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let source = clock.folder.path().join("clock.c");
        fs::write(&source, SOURCE).expect("a file of the test");
        let mut compile = std::process::Command::new(compiler);
        compile.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(clock.library()).arg(source);
        install::run(&mut compile)?;
        clock.set(0);
        Ok(clock)
    }

    /// Sets it so many seconds ahead of the machine's clock, or behind it.
    pub fn set(&self, ahead: i64) {
        // Processes have the file in their memory, so it must not be empty for a moment.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(self.ahead());
        file.and_then(|mut file| file.write_all(&ahead.to_ne_bytes())).expect("a file of the test");
    }

    /// What stands in the environment of a process that goes by it.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_str().expect("a path that is text").to_owned();
        [("LD_PRELOAD", self.library()), ("CLOCK_AHEAD", self.ahead())]
            .map(|(name, path)| (name.to_owned(), text(&path)))
            .into()
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn ahead(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }
}
