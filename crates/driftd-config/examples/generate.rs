//! Writes what is made of the configuration's types: the annotated default file and the reference page.

#![expect(clippy::disallowed_methods, reason = "a tool that writes files, not part of the crate")]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::write(root.join("config/driftd.toml"), driftd_config::default_toml())?;
    std::fs::write(root.join("docs/configuration.md"), driftd_config::reference())
}
