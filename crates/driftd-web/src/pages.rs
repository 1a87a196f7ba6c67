//! The dashboard: what people see of a store, page by page. Nothing here changes anything.
//!
//! | path | shows |
//! |---|---|
//! | `/` | open incidents, and every monitor with its last windows |
//! | `/incidents/{id}` | one incident: what moved, and everything that happened to it |
//! | `/m/{monitor}` | a monitor: its features over its windows |
//! | `/m/{monitor}/w/{window}/{end}` | one window: its features, worst first |
//! | `/m/{monitor}/f/{feature}` | a feature over time, and beside its baseline |
//! | `/compare` | two ranges of a monitor against each other |
//! | `/baselines`, `/silences`, `/system` | what traffic is judged against, what is muted, how the store is |
//!
//! Everything is rendered here: a page needs no script, and nothing but the style sheet. What it shows stands in its
//! address, and only there. What is wrong with a request for a page is told as a page as well, with the remedy; a path
//! that is none of these is answered as the API answers it, with a problem.
//!
//! How much of the history a page reads is bounded by windows: the newest windows of a monitor, one window of all
//! features, or one feature over some windows. What a window holds of one segment is read in full, so a monitor of many
//! features makes larger reads; of one feature that goes for every segment, of an incident for all that happened to it.
//! What is listed of segments and open incidents is cut, and says so.

mod address;
mod asked;
mod baselines;
mod compare;
mod counts;
mod failure;
mod feature;
mod frame;
mod heat;
mod incident;
mod monitor;
mod newest;
mod open;
mod overview;
mod range;
mod segments;
mod silences;
mod style;
mod system;
mod verdicts;
mod window;

use axum::Router;
use axum::routing::get;

use crate::AppState;

/// Every page, and the style sheet.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(overview::page))
        .route("/incidents/{id}", get(incident::page))
        .route("/m/{monitor}", get(monitor::page))
        .route("/m/{monitor}/w/{window}/{end}", get(window::page))
        .route("/m/{monitor}/f/{feature}", get(feature::page))
        // A name that would be read as a part of the path stands behind it.
        .route("/m/{monitor}/f", get(feature::page_of_query))
        .route("/compare", get(compare::page))
        .route("/baselines", get(baselines::page))
        .route("/silences", get(silences::page))
        .route("/system", get(system::page))
        .route(style::PATH, get(style::sheet))
}
