//! What the whole crate does with texts and variables.

mod alerting;
mod files;
mod garbage;
mod layers;
mod meaning;
mod problems;
mod times;

use crate::{Config, ConfigErrors, Source};

/// Keys no monitor can be without.
const LEAST: &str = "[[monitor]]\nname = 'flights'\ntopic = 'flights'\nbaseline = 'flights@v1'\n";

fn load(text: &str) -> Result<Config, ConfigErrors> {
    Config::load(&[Source::new("d.toml", text)], [])
}

fn loaded(text: &str) -> Config {
    load(text).unwrap_or_else(|errors| panic!("{errors}\nin\n{text}"))
}

fn errors(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

fn env<const N: usize>(variables: [(&str, &str); N]) -> Vec<(String, String)> {
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The example of the documentation, every kind of thing in it.
const EXAMPLE: &str = include_str!("tests/example.toml");
