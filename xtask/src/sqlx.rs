//! Descriptions of the store's Postgres statements: with them the store is compiled, and its statements checked, without
//! a server. They are made by compiling the store against a real one, and go stale when a statement or a table changes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::SystemTime;
use std::{env, fs, process};

use anyhow::{Context, Result, ensure};

use crate::cargo::cargo;

/// Where they are kept.
const KEPT: &str = "crates/driftd-store/.sqlx";
/// What makes the tables.
const MIGRATIONS: &str = "migrations/postgres";
/// A file of the store: a change of it has every statement looked at again.
const SOURCE: &str = "crates/driftd-store/src/lib.rs";

/// Descriptions by the names of their files.
type Descriptions = BTreeMap<String, String>;

/// Writes down what the statements are, or compares it with what is written down.
///
/// # Errors
/// There is no server, or the store does not compile against one.
pub(crate) fn run(check: bool) -> Result<ExitCode> {
    let root = crate::tree::root()?;
    let made = describe(&root)?;
    if !check {
        prepare(&root, &made)?;
        println!("sqlx: {} statements are described", made.len());
        return Ok(ExitCode::SUCCESS);
    }
    let differences = differences(&read(&root.join(KEPT))?, &made);
    for difference in &differences {
        println!("{KEPT}/{difference}");
    }
    if differences.is_empty() {
        println!("sqlx: {} statements are as described", made.len());
        Ok(ExitCode::SUCCESS)
    } else {
        println!("sqlx: {} difference(s): run `cargo xtask sqlx` and commit them", differences.len());
        Ok(ExitCode::FAILURE)
    }
}

fn prepare(root: &Path, made: &Descriptions) -> Result<()> {
    let kept = root.join(KEPT);
    if kept.exists() {
        fs::remove_dir_all(&kept).with_context(|| format!("{} cannot be removed", kept.display()))?;
    }
    fs::create_dir_all(&kept)?;
    for (name, text) in made {
        fs::write(kept.join(name), text)?;
    }
    Ok(())
}

fn differences(kept: &Descriptions, made: &Descriptions) -> Vec<String> {
    let missing = made.keys().filter(|name| !kept.contains_key(*name)).map(|name| format!("{name} is missing"));
    let stale = kept.keys().filter(|name| !made.contains_key(*name)).map(|name| format!("{name} is of no statement"));
    let other = made.iter().filter(|(name, text)| kept.get(*name).is_some_and(|kept| kept != *text));
    missing.chain(stale).chain(other.map(|(name, _)| format!("{name} differs"))).collect()
}

/// Compiles the store against a server that has its tables, and reads what that leaves behind.
fn describe(root: &Path) -> Result<Descriptions> {
    let server = Scratch::start(root)?;
    let folder = env::temp_dir().join(format!("driftd-sqlx-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let compiled = compile(root, &server.url, &folder);
    let described = compiled.and_then(|()| read(&folder));
    fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    described
}

fn compile(root: &Path, url: &str, folder: &Path) -> Result<()> {
    let source = fs::File::options().append(true).open(root.join(SOURCE))?;
    let before = source.metadata()?.modified()?;
    source.set_modified(SystemTime::now())?;
    let status = cargo()
        .current_dir(root)
        .args(["check", "--release", "--quiet", "--package", "driftd-store"])
        .env("DATABASE_URL", url)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", folder)
        .status();
    // Nothing has changed for whoever compiles it next.
    source.set_modified(before)?;
    let status = status?;
    ensure!(status.success(), "the store does not compile against its tables");
    Ok(())
}

/// The descriptions in a folder; none when there is no such folder.
fn read(folder: &Path) -> Result<Descriptions> {
    let mut found = Descriptions::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a name that is not UTF-8")?;
        found.insert(name.to_owned(), fs::read_to_string(&path)?);
    }
    Ok(found)
}

/// A server with the tables of the store, for as long as this value lives.
struct Scratch {
    process: Child,
    url: String,
}

impl Scratch {
    fn start(root: &Path) -> Result<Self> {
        let mut scripts: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(root.join(MIGRATIONS))? {
            scripts.push(entry?.path());
        }
        scripts.sort();
        let mut process = cargo()
            .current_dir(root)
            .args(["run", "--release", "--quiet", "--package", "driftd-testkit", "--example", "scratch_postgres", "--"])
            .args(scripts)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut url)?;
        }
        let url = url.trim().to_owned();
        let server = Self { process, url };
        ensure!(!server.url.is_empty(), "no Postgres to check the statements against");
        Ok(server)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptions(files: &[(&str, &str)]) -> Descriptions {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn every_difference_is_named() {
        let kept = descriptions(&[("a.json", "1"), ("b.json", "1"), ("c.json", "1")]);
        assert_eq!(differences(&kept, &kept), [""; 0]);
        let made = descriptions(&[("a.json", "1"), ("b.json", "2"), ("d.json", "1")]);
        assert_eq!(differences(&kept, &made), ["d.json is missing", "c.json is of no statement", "b.json differs"]);
    }
}
