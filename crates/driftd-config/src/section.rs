//! The small sections: store, HTTP, retention, engine, notification.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use driftd_model::{Delimiter, Monitor, TextEncoding, never};
use driftd_window::Span;
use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::problem::Problems;
use crate::shape::{blank, text};
use crate::tree::At;
use crate::{ByteSize, HttpUrl, StoreUrl};

/// Declares a section: a struct in which every field has its default behind it.
macro_rules! section {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$attribute:meta])* $key:ident: $type:ty = $default:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, ::serde::Deserialize, ::serde::Serialize, ::schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name {
            $($(#[$attribute])* $vis $key: $type),*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default),* }
            }
        }
    };
}

/// The defaults of keys whose table has others that must be there: `#[serde(default = "default::key")]`.
macro_rules! defaults {
    ($($key:ident: $type:ty = $default:expr;)*) => {
        mod default {
            use super::*;

            $(pub(super) fn $key() -> $type {
                $default
            })*
        }
    };
}

pub(crate) use {defaults, section};

section! {
    /// Where results are kept.
    pub StoreConfig {
        /// Which database: a SQLite file ("sqlite://driftd.db", or "sqlite:///var/lib/driftd.db" for an absolute path),
        /// or a Postgres database ("postgres://driftd@localhost:5432/driftd").
        url: StoreUrl = StoreUrl::Sqlite("driftd.db".into()),
        /// Connections to Postgres at most. SQLite is a file and needs no such limit.
        #[schemars(range(min = 2, max = 100))]
        max_connections: u16 = 10,
        /// What becomes of tables of an older driftd: with "never" they stay as they are, and the daemon waits, until
        /// somebody runs `driftd migrate`; with "auto" whoever opens the store brings them up to date. A database
        /// without tables gets them in either case.
        migrate: Migrate = Migrate::Never,
    }
}

/// Whether the tables of an older driftd are brought up to date without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Migrate {
    /// By whoever opens the store.
    Auto,
    /// By `driftd migrate` only.
    Never,
}

section! {
    /// How the files of check, baseline build, replay and produce are read, where they do not say so themselves. Every key
    /// has a flag of the same name.
    pub FilesConfig {
        /// What separates the fields of CSV: one character, "tab" or "space"; "" to find it out, file by file.
        #[serde(with = "blank")]
        #[schemars(with = "String")]
        delimiter: Option<Delimiter> = None,
        /// Whether the first line of CSV names the columns. Without it, they are called column_1, column_2 and so on. When it
        /// is left out there is a header, and a first line of nothing but numbers is refused.
        #[schemars(example = &true)]
        header: Option<bool> = None,
        /// Lines to pass over before the header of CSV. When it is left out, titles and comments above it are found.
        #[schemars(example = &2)]
        skip_lines: Option<u32> = None,
        /// Words that stand for no value in columns of CSV that are not text, and no others. When it is left out they are
        /// "NA", "null" and what else programs write there.
        #[schemars(example = &["NA", "unknown"])]
        null_words: Option<Vec<String>> = None,
        /// How text is encoded, such as "latin1"; "" for UTF-8, or UTF-16 where a file begins with its mark.
        #[serde(with = "blank")]
        #[schemars(with = "String")]
        encoding: Option<TextEncoding> = None,
    }
}

section! {
    /// The dashboard and the API.
    pub HttpConfig {
        /// Whether to listen at all: of several processes on one machine only one can have the address.
        enabled: bool = true,
        /// Address and port. Only a loopback address: there is no authentication of driftd's own.
        #[serde(deserialize_with = "socket")]
        listen: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080)),
        /// Address and port of a second listener for /healthz, /readyz and /metrics alone, which supervisors and Prometheus
        /// on other machines can reach, such as "0.0.0.0:8081"; "" for none. It asks nobody who they are, and readiness
        /// names topics and monitors.
        #[serde(serialize_with = "blank::serialize", deserialize_with = "optional_socket")]
        #[schemars(with = "String")]
        probes: Option<SocketAddr> = None,
        /// Whether /metrics of that listener has driftd_feature_drift as well, whose labels name features.
        probes_features: bool = false,
    }
}

section! {
    /// How long what was counted and judged is kept.
    pub RetentionConfig {
        /// Counts of sealed panes, by which late records are told from counted ones.
        #[schemars(extend("x-at-least" = "1h"))]
        partials: Span = Span::from_hours(48),
        /// Windows, verdicts, resolved incidents and deliveries: "never" dropped, or after a time such as "365d", no
        /// shorter than the longest window. Panes are kept as long as the windows of references need them in any case.
        #[serde(with = "never")]
        #[schemars(with = "never::Never<Span>", extend("x-at-least" = "1d"))]
        history: Option<Span> = None,
    }
}

section! {
    /// When counts are written down, and by how many threads they are made.
    pub EngineConfig {
        /// Threads that decode and count; 0 for one a core.
        #[schemars(range(max = 256))]
        threads: u16 = 0,
        /// Memory of uncommitted counts from which a checkpoint is taken early.
        #[schemars(extend("x-at-least" = "1MiB"))]
        checkpoint_bytes: ByteSize = ByteSize::from_mebibytes(64),
        /// Longest time between two checkpoints.
        #[schemars(extend("x-longer-than" = "0s"))]
        checkpoint_interval: Span = Span::from_secs(10),
        /// Time to finish when asked to end. What is not written down by then is read again.
        #[schemars(extend("x-longer-than" = "0s"))]
        shutdown_timeout: Span = Span::from_secs(30),
    }
}

section! {
    /// What holds for all receivers.
    pub NotifyConfig {
        /// Whether receivers may run local programs.
        allow_commands: bool = false,
        /// Whether receivers may be at link-local and metadata addresses, such as 169.254.169.254: there clouds hand out
        /// the machine's own credentials.
        allow_link_local: bool = false,
        /// The label environment of every incident, such as "production"; "" for none.
        #[serde(with = "blank")]
        #[schemars(with = "String")]
        environment: Option<String> = None,
        /// Where people reach the dashboard, as https://HOST, for the links of messages; "" for no links.
        #[serde(with = "blank")]
        #[schemars(with = "String")]
        external_url: Option<HttpUrl> = None,
    }
}

fn socket<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    socket_of(&String::deserialize(from)?)
}

fn socket_of<E: Error>(text: &str) -> Result<SocketAddr, E> {
    text.parse().map_err(|_| {
        E::custom(format!("{text:?} is not an address and port: write digits, as in 127.0.0.1:8080 or [::1]:8080"))
    })
}

fn optional_socket<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text: String = text(from, "text in quotes", false)?;
    if text.is_empty() { Ok(None) } else { socket_of(&text).map(Some) }
}

impl HttpConfig {
    /// Where the daemon says whether it is ready; nothing where it listens nowhere.
    #[must_use]
    pub fn readiness_address(&self) -> Option<SocketAddr> {
        self.probes.or_else(|| self.enabled.then_some(self.listen))
    }

    pub(crate) fn check(&self, at: &At<'_>, problems: &mut Problems) {
        if !self.listen.ip().is_loopback() {
            let message = format!(
                "{} would let the network in without authentication: listen on 127.0.0.1 or [::1], behind a proxy that \
                 authenticates",
                self.listen
            );
            at.key("listen").problem(problems, message);
        }
        if self.enabled && self.probes == Some(self.listen) && self.listen.port() != 0 {
            at.key("probes").problem(problems, "is http.listen: give it another port");
        }
    }
}

impl RetentionConfig {
    /// A window is made of panes that are still there.
    pub(crate) fn check(&self, monitors: &[Monitor], at: &At<'_>, problems: &mut Problems) {
        let longest = monitors.iter().max_by_key(|monitor| monitor.longest_window());
        if let (Some(kept), Some(monitor)) = (self.history, longest)
            && kept < monitor.longest_window()
        {
            let (name, window) = (monitor.id.as_str(), monitor.longest_window());
            let message = format!("{kept} is shorter than a window of monitor {name:?}: give at least {window}");
            at.key("history").problem(problems, message);
        }
    }
}

impl NotifyConfig {
    pub(crate) fn check(&mut self, at: &At<'_>, problems: &mut Problems) {
        if let Some(environment) = &self.environment {
            crate::label::check_value(environment, &at.key("environment"), problems);
        }
        if let Some(url) = self.external_url.take() {
            match url.into_base() {
                Ok(base) => self.external_url = Some(base),
                Err(error) => at.key("external_url").problem(problems, error),
            }
        }
    }
}
