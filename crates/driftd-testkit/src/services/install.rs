//! What servers are made of: found on the machine, installed from Debian, or fetched into a cache that outlives the
//! build and the clone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Skip;

/// Installs a package of Debian, where this user may.
pub(super) fn apt_get(package: &str) -> Result<(), Skip> {
    if !is_root() || on_path("apt-get").is_none() {
        return Err(Skip::because(format!(
            "{package} is not installed, and only root can do it: apt-get install {package}"
        )));
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        // Another test process may be at it, and its lock is worth waiting for.
        command.args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = || apt_get(&["install", "--yes", "--no-install-recommends", package]);
    // The lists of packages may be missing or old, but usually are not.
    install().or_else(|_| apt_get(&["update"]).and_then(|()| install()))
}

/// A program of the machine, installed from `package` where it has none.
pub(super) fn program(name: &str, package: &str) -> Result<PathBuf, Skip> {
    if let Some(program) = on_path(name) {
        return Ok(program);
    }
    apt_get(package)?;
    on_path(name).ok_or_else(|| Skip::because(format!("apt-get installed {package} without {name}")))
}

/// A program on the search path.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/bin", "/usr/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|program| program.is_file())
}

/// Whether the test runs as root.
pub(super) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a command that fetches or installs something to its end.
pub(super) fn run(command: &mut Command) -> Result<(), Skip> {
    let output = command.stdin(Stdio::null()).output();
    let program = command.get_program().to_string_lossy().into_owned();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let last: Vec<_> = String::from_utf8_lossy(&text).lines().rev().take(5).map(str::to_owned).collect();
            Err(Skip::because(format!("{program} failed: {}", last.into_iter().rev().collect::<Vec<_>>().join(" | "))))
        }
        Err(error) => Err(Skip::because(format!("{program}: {error}"))),
    }
}

/// The folder `name` of the cache, filled once a machine: `fill` is given a scratch folder and says which part of it that
/// is to be. The folder is there complete or not at all: two test processes may be at it at once.
pub(super) fn cached(name: &str, fill: impl FnOnce(&Path) -> Result<PathBuf, Skip>) -> Result<PathBuf, Skip> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache =
        given.or_else(home).ok_or_else(|| Skip::because(format!("no folder for {name}: set XDG_CACHE_HOME")))?;
    let (cache, folder) = (cache.join("driftd"), cache.join("driftd").join(name));
    if folder.is_dir() {
        return Ok(folder);
    }
    let failed = |error: std::io::Error| Skip::because(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&cache).map_err(failed)?;
    let scratch = tempfile::tempdir_in(&cache).map_err(failed)?;
    match fs::rename(fill(scratch.path())?, &folder) {
        Err(error) if !folder.is_dir() => Err(failed(error)),
        _ => Ok(folder),
    }
}
