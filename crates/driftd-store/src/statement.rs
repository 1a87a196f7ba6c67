//! Statements that both databases understand.

/// The text of a statement that stands in the folder `statements`. Postgres's side reads the same file when it is
/// compiled, and checks it.
macro_rules! statement {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/statements/", $name, ".sql"))
    };
}

pub(crate) use statement;
