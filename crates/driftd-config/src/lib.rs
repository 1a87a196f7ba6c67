//! *A knob*: the configuration of driftd, from TOML texts to types that hold only what is valid.
//!
//! Floor 1 of driftd. This crate reads no file and no environment: texts and variables come in as arguments, so what
//! a configuration means is a function of them. Reading goes in three steps, and no step stops at its first problem:
//!
//! 1. Every text becomes a tree in which each key and value knows its line and column. Later texts are put over
//!    earlier ones, `DRIFTD__SECTION__KEY` variables over them all; monitors, receivers and routes add up.
//! 2. The tree is read into records that list every key once. Unknown keys, wrong types and values that do not parse
//!    are noted. The records' comments also make the JSON Schema for editors ([`schema`]).
//! 3. Records become a [`Config`]: defaults are filled in and relations between keys checked.
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
//!     "driftd.toml:6:12: monitor[flights].pane: window \"day\": size 1d is not a positive multiple of the pane width \
//!      5h; that window is the default, write windows that suit the pane\n\
//!      driftd.toml:7:5: monitor[flights].panne: unknown key; did you mean pane?"
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
mod check;
mod choice;
mod config;
mod kafka;
mod layout;
mod link_local;
mod optional;
mod problem;
mod raw;
mod read;
mod receiver;
mod retention;
mod secret;
mod section;
mod show;
mod start;
mod store;
mod tree;
mod webhook;

pub use address::{BadAddress, EmailAddress, HttpUrl, SmtpUrl};
pub use config::{Config, DEFAULT_TOML, Source, schema};
pub use kafka::{BadBroker, Broker, KafkaConfig, KafkaProperty};
pub use layout::MonitorLayout;
pub use link_local::is_link_local;
pub use problem::{ConfigErrors, Position, Problem};
pub use receiver::{
    AlertmanagerChannel, Channel, CommandChannel, EmailChannel, PagerDutyChannel, Receiver, SlackChannel, SmtpLogin,
    SmtpTls,
};
pub use retention::RetentionConfig;
pub use secret::{Secret, SecretError, SecretRef};
pub use section::{BadByteSize, ByteSize, EngineConfig, HttpConfig, NotifyConfig};
pub use start::{BadStart, StartPolicy};
pub use store::{BadStoreUrl, PostgresUrl, StoreConfig, StoreUrl};
pub use webhook::{Address, WebhookChannel, WebhookTemplate};

#[cfg(test)]
mod tests;
