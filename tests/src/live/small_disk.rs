//! A disk of a test's own, which can be filled.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use driftd_testkit::services::Skip;
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};

use super::apart::{Apart, said};

/// What is written at a time to fill it.
static BLOCK: [u8; 1 << 16] = [0; 1 << 16];

/// A disk of [`Apart::Mounts`], in memory.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

/// A disk that is full until this value goes.
#[derive(Debug)]
pub struct Full {
    ballast: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many MiB at an empty folder of the test's.
    ///
    /// # Errors
    /// The inner test was asked for by itself, or nothing may be mounted here.
    ///
    /// # Panics
    /// The folder cannot be created.
    pub fn mount(mebibytes: u32, folder: &Path) -> Result<Self, Skip> {
        Apart::Mounts.assert_entered()?;
        fs::create_dir_all(folder).expect("a folder of the test's own");
        let size = format!("size={mebibytes}m,mode=0755");
        said(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// A database server whose data lie there. It ends with the process.
    ///
    /// # Errors
    /// There can be none here.
    pub fn postgres(&self) -> Result<&'static Postgres, Skip> {
        let parent: &'static Path = Box::leak(self.folder.clone().into_boxed_path());
        let postgres = Postgres::start(PostgresOptions { parent: Some(parent), ..PostgresOptions::default() })?;
        Ok(Box::leak(Box::new(postgres)))
    }

    /// Fills it to the last byte, and whatever is freed meanwhile can be taken by others.
    ///
    /// # Panics
    /// The disk fails otherwise than by being full.
    #[must_use]
    pub fn fill(&self) -> Full {
        let full = Full { ballast: self.folder.join("ballast") };
        let mut file = File::create(&full.ballast).expect("room for a name");
        let error = loop {
            if let Err(error) = file.write_all(&BLOCK) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
        full
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        // Also when a test fails: else a server that waits for room would not end.
        fs::remove_file(&self.ballast).expect("a file of ours");
    }
}
