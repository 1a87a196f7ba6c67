//! Where things are kept that are fetched once a machine.

use std::path::PathBuf;

use super::Skip;

/// A folder that outlives the build and the clone; `what` is to be kept there.
pub(super) fn cache(what: &str) -> Result<PathBuf, Skip> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache =
        given.or_else(home).ok_or_else(|| Skip::because(format!("no folder for {what}: set XDG_CACHE_HOME")))?;
    Ok(cache.join("driftd"))
}
