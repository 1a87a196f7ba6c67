//! *A knob*: the configuration of driftd, from TOML texts to types that hold only what is valid.
//!
//! Floor 1 of driftd. This crate reads no file and no environment: texts and variables come in as arguments, so what
//! a configuration means is a function of them. Reading goes in three steps, and no step stops at its first problem:
//!
//! 1. Every text becomes a tree in which each key and value knows its line and column. Later texts are put over
//!    earlier ones, `DRIFTD__SECTION__KEY` variables over them all; monitors, receivers and routes add up.
//! 2. serde reads the tree into the structs of the sections, in which a key is one field with its type, its default and
//!    its meaning. Unknown keys, wrong types, values that do not parse or are out of bounds are noted. The same fields
//!    make the JSON Schema for editors ([`schema`]), the annotated default file ([`default_toml`]), the reference page
//!    ([`reference()`]) and the effective configuration ([`Config::effective_toml`]).
//! 3. Relations between keys are checked, section by section.
//!
//! All that was noted comes back together as [`ConfigErrors`], so that one edit can mend it. Secrets never enter:
//! there are only references to them ([`SecretRef`]).
//!
//! ```
//! use driftd_config::{Config, Source};
//!
//! let text = r#"
//!     [[monitor]]
//!     name = "flights"
//!     topic = "flight-predictions"
//!     baseline = "flights@v1"
//!     pane = "5h"
//!     panne = "1h"
//! "#;
//! let errors = Config::load(&[Source::new("driftd.toml", text)], []).unwrap_err();
//! assert_eq!(
//!     errors.to_string(),
//!     "driftd.toml:7:5: monitor[flights].panne: unknown key; did you mean pane?"
//! );
//!
//! let env = [("DRIFTD__STORE__URL".to_owned(), "sqlite:///var/lib/driftd.db".to_owned())];
//! let config = Config::load(&[Source::new("driftd.toml", "[http]\nlisten = '127.0.0.1:9000'")], env)?;
//! assert_eq!(config.store.url.to_string(), "sqlite:///var/lib/driftd.db");
//! assert_eq!(config.http.listen.port(), 9000);
//! # Ok::<(), driftd_config::ConfigErrors>(())
//! ```

#![forbid(unsafe_code)]

mod address;
mod choice;
mod config;
mod document;
mod feature;
mod kafka;
mod label;
mod layout;
mod link_local;
mod monitor;
mod place;
mod problem;
mod read;
mod receiver;
mod route;
mod schema;
mod secret;
mod section;
mod shape;
mod show;
mod size;
mod start;
mod store;
mod tree;
mod unreadable_batch;
mod webhook;
mod wire;

pub use address::{BadAddress, EmailAddress, HttpUrl, SmtpUrl};
pub use config::{Config, DEFAULT_TOML, schema};
pub use document::{default_toml, reference};
pub use kafka::{BadBroker, Broker, KafkaConfig, KafkaProperty};
pub use layout::MonitorLayout;
pub use link_local::{embedded, is_link_local};
pub use place::Position;
pub use problem::{ConfigErrors, Problem};
pub use receiver::*;
pub use secret::{Secret, SecretError, SecretRef};
pub use section::{EngineConfig, FilesConfig, HttpConfig, Migrate, NotifyConfig, RetentionConfig, StoreConfig};
pub use size::{BadByteSize, ByteSize};
pub use start::{BadStart, StartPolicy};
pub use store::{BadStoreUrl, PostgresUrl, StoreUrl};
pub use tree::Source;
pub use unreadable_batch::{BadUnreadableBatch, UnreadableBatch};
pub use webhook::*;

#[cfg(test)]
mod tests;
