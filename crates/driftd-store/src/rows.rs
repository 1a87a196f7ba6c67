//! Rows as they are stored, and the model they are read into. Both databases have the same columns.

mod judged;
mod outbox;
mod stream;
mod told;

pub(crate) use judged::{BaselineColumns, HistoryColumns, SummaryColumns};
pub(crate) use outbox::{Leased, OutboxColumns, SettledColumns};
pub(crate) use stream::{ClaimColumns, MarkColumns, PaneColumns, PartialColumns, PartitionColumns};
pub(crate) use told::{EventColumns, IncidentBody, IncidentColumns, SilenceColumns};
