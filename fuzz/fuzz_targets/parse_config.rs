//! A configuration file: a mistake is a message, and what loads can be shown and loaded again.

#![no_main]

use driftd_config::{Config, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Config::load(&[Source::new("driftd.toml", text)], []) {
        Err(errors) => assert!(!errors.to_string().is_empty()),
        Ok(config) => {
            let shown = config.effective_toml();
            let again = Config::load(&[Source::new("shown.toml", shown.as_str())], []);
            // A password in a store's address is masked when shown.
            if !shown.contains("postgres") {
                let again = again.unwrap_or_else(|errors| panic!("{errors}\nin\n{shown}"));
                assert_eq!(again.effective_toml(), shown);
            }
        }
    }
});
