//! *What people and their tools see*: charts as SVG, the report of `driftd check` and that of a monitor's history as one
//! HTML file each, and over HTTP whether the process lives and what it measured.
//!
//! Floor 2 of driftd. [`charts`] is the one place where data becomes a picture; [`render_check`] and [`render_history`]
//! put pictures, numbers and words on a page that needs no script, no network and no other file. [`Listener`] answers
//! supervisors, Prometheus and the read side of the API from an [`AppState`]. [`rows`] writes rows of the views as JSON and
//! CSV, for the API and the command line alike. Rules that hold for everything here:
//!
//! * names of columns, categories and files come from strangers and are escaped, shortened and cleaned;
//! * severity is a word and a shape, never a colour alone; colours keep the contrast of WCAG 2.1 AA, light and dark;
//! * a page stays of bounded size whatever it is given, and says what it left out;
//! * the same input gives the same bytes: nothing asks a clock.
//!
//! ```
//! use driftd_model::{ContentHash, check::{CheckReport, Side}};
//! use driftd_web::render_check;
//!
//! let report = CheckReport {
//!     baseline: Side { name: "train.parquet".to_owned(), rows: 10_000 },
//!     baseline_hash: ContentHash::of(b"train"),
//!     current: Side { name: "today.parquet".to_owned(), rows: 8_000 },
//!     features: Vec::new(),
//!     notes: Vec::new(),
//! };
//! assert!(render_check(&report, &[]).starts_with("<!doctype html>"));
//! ```

#![forbid(unsafe_code)]

mod api;
mod ask;
pub mod charts;
mod figures;
mod history_row;
mod listener;
mod pages;
mod past;
mod problem;
mod report;
mod routes;
pub mod rows;
mod state;
mod store_probe;

pub use ask::ask_readiness;
pub use charts::BinShare;
pub use listener::{ListenError, Listener};
pub use report::{FeatureDistribution, render_check, render_history};
pub use routes::Reach;
pub use state::{AppState, Readiness};
