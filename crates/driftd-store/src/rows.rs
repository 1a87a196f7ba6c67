//! Rows as they are stored, and the model they are read into. Both databases have the same columns.

mod incidents;
mod judged;
mod outbox;
mod stream;

pub(crate) use incidents::{EventColumns, IncidentBody, IncidentColumns, SilenceColumns};
pub(crate) use judged::{BaselineColumns, HistoryColumns, SummaryColumns};
pub(crate) use outbox::{Leased, OutboxColumns, SettledColumns};
pub(crate) use stream::{ClaimColumns, MarkColumns, PaneColumns, PartialColumns, PartitionColumns};
