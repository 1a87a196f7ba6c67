//! Python and aiosmtpd: found, or fetched once a machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::services::Skip;

const AIOSMTPD: &str = "1.4.6";

/// What the server is run with.
#[derive(Clone, Debug)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    /// Where aiosmtpd lies.
    pub(super) modules: PathBuf,
}

/// Finds what is there and fetches what is missing.
pub(super) fn installed() -> Result<Python, Skip> {
    let program = PathBuf::from("python3");
    let modules = cache()?.join(format!("aiosmtpd-{AIOSMTPD}"));
    if !modules.is_dir() {
        fetch(&program, &modules)?;
    }
    Ok(Python { program, modules })
}

/// A folder that outlives the build and the clone.
fn cache() -> Result<PathBuf, Skip> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache = given.or_else(home).ok_or_else(|| Skip::because("no folder for aiosmtpd: set XDG_CACHE_HOME"))?;
    Ok(cache.join("driftd"))
}

/// Installs aiosmtpd into `folder`, which is there complete or not at all: two test processes may be at it at once. It
/// is done from an environment of its own, because many a Python comes without pip.
fn fetch(python: &Path, folder: &Path) -> Result<(), Skip> {
    let parent = folder.parent().expect("a folder of the cache");
    fs::create_dir_all(parent).map_err(|error| Skip::because(format!("{}: {error}", parent.display())))?;
    let scratch = tempfile::tempdir_in(parent).expect("a folder beside the cache");
    let (environment, modules) = (scratch.path().join("environment"), scratch.path().join("modules"));
    run(Command::new(python).args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]).arg(&modules);
    run(pip.arg(format!("aiosmtpd=={AIOSMTPD}")))?;
    match fs::rename(&modules, folder) {
        Err(error) if !folder.is_dir() => Err(Skip::because(format!("{}: {error}", folder.display()))),
        _ => Ok(()),
    }
}

fn run(command: &mut Command) -> Result<(), Skip> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            let last: Vec<&str> = text.lines().rev().take(3).collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join(" | ");
            Err(Skip::because(format!("aiosmtpd cannot be installed (apt-get install python3-venv): {last}")))
        }
        Err(error) => Err(Skip::because(format!("{program}: {error}: apt-get install python3-venv"))),
    }
}
