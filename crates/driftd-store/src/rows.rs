//! Rows: as they are stored and read into the model, and as they are written. Both databases have the same columns.
//!
//! A column whose name ends in `!` is one of a statement that both databases read from the folder `statements`: Postgres
//! cannot tell that what was computed is never NULL, and is told so by that name.

mod incidents;
mod judged;
mod memories;
mod outbox;
mod stream;
mod written;

pub(crate) use incidents::{EventColumns, IncidentBody, IncidentColumns, SilenceColumns};
pub(crate) use judged::{
    ActivationColumns, AlarmColumns, BaselineColumns, HistoryColumns, SummaryColumns, WindowColumns,
};
pub(crate) use memories::{MemoryColumns, MemoryRow};
pub(crate) use outbox::{Leased, OutboxColumns, SettledColumns};
pub(crate) use stream::{
    ClaimColumns, FencedColumns, FrontierColumns, Heirs, MarkColumns, Marks, OpenCountsColumns, PaneColumns,
    PartialColumns, PartitionColumns, PositionColumns,
};
pub(crate) use written::{
    EventRow, IncidentRow, KeyRow, MessageRow, RejectedRow, SampleRow, ScoreRow, Text, WindowRow, plain,
};
