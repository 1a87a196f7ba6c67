//! Partitions, partials and panes.

use driftd_model::{
    Claim, ContentHash, Epoch, MonitorId, Offset, Partition, PartitionRow, PlannedDelta, Retention, SealedPane, Topic,
};
use driftd_window::{EndSeen, EventTime, PaneDelta, PartitionMark, SegmentKey, Span, Timestamp, Watermark};
use sqlx::FromRow;

use crate::codec::decode_stored;
use crate::error::Outcome;
use crate::read::{count, event_time, pane_id, parsed, timestamp};

/// How far a partition has come.
#[derive(FromRow)]
pub(crate) struct MarkColumns {
    pub(crate) watermark: Option<i64>,
    pub(crate) eof_at: Option<i64>,
    pub(crate) confirmed_at: Option<i64>,
}

impl MarkColumns {
    pub(crate) fn into_mark(self) -> PartitionMark {
        let end = timestamp(self.eof_at)
            .map(|since| EndSeen { since, confirmed: timestamp(self.confirmed_at).unwrap_or(since) });
        PartitionMark::stored(event_time(self.watermark).map(Watermark::at), end)
    }
}

/// Who may write a partition's next checkpoint, and where it has to start.
#[derive(FromRow)]
pub(crate) struct PositionColumns {
    pub(crate) epoch: i64,
    pub(crate) next_offset: Option<i64>,
}

/// How far a monitor has been sealed.
#[derive(FromRow)]
pub(crate) struct FrontierColumns {
    pub(crate) monitor: String,
    #[sqlx(rename = "sealed_through!")]
    pub(crate) sealed_through: i64,
    pub(crate) reach: Option<i64>,
}

impl FrontierColumns {
    /// Panes of the monitor before this moment may go, if any.
    pub(crate) fn droppable(&self, policy: &Retention) -> Outcome<Option<(MonitorId, EventTime)>> {
        let monitor = parsed(&self.monitor, "monitor name")?;
        let reach = self.reach.and_then(Span::from_micros).unwrap_or(Span::ZERO);
        let before = policy.panes_before(&monitor, EventTime::from_micros(self.sealed_through), reach);
        Ok(before.map(|before| (monitor, before)))
    }
}

/// A partition just claimed. Whoever claims it has not seen its end.
#[derive(FromRow)]
pub(crate) struct ClaimColumns {
    pub(crate) epoch: i64,
    pub(crate) next_offset: Option<i64>,
    pub(crate) watermark: Option<i64>,
    pub(crate) topic_since: Option<i64>,
}

impl ClaimColumns {
    pub(crate) fn into_claim(self) -> Claim {
        let mark = MarkColumns { watermark: self.watermark, eof_at: None, confirmed_at: None };
        Claim {
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: mark.into_mark(),
            topic_since: timestamp(self.topic_since),
        }
    }
}

/// A partition and the number of its rejected records.
#[derive(FromRow)]
pub(crate) struct PartitionColumns {
    pub(crate) partition: i32,
    pub(crate) epoch: i64,
    pub(crate) next_offset: Option<i64>,
    pub(crate) watermark: Option<i64>,
    pub(crate) eof_at: Option<i64>,
    pub(crate) confirmed_at: Option<i64>,
    pub(crate) updated_at: i64,
    #[sqlx(rename = "rejected!")]
    pub(crate) rejected: i64,
}

impl PartitionColumns {
    pub(crate) fn into_row(self, topic: &Topic) -> Outcome<PartitionRow> {
        let Self { watermark, eof_at, confirmed_at, .. } = self;
        Ok(PartitionRow {
            topic: topic.clone(),
            partition: Partition(self.partition),
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: MarkColumns { watermark, eof_at, confirmed_at }.into_mark(),
            rejected: count(self.rejected, "number of rejected records")?,
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

/// What one range of offsets contributed to a pane.
#[derive(FromRow)]
pub(crate) struct PartialColumns {
    pub(crate) pane_start: i64,
    pub(crate) segment: String,
    pub(crate) rows: i64,
    pub(crate) plan_hash: String,
    #[sqlx(rename = "codec!")]
    pub(crate) codec: i64,
    pub(crate) state: Vec<u8>,
}

impl PartialColumns {
    pub(crate) fn into_delta(self) -> Outcome<PlannedDelta> {
        Ok(PlannedDelta {
            plan_hash: ContentHash::from_stored(self.plan_hash),
            delta: PaneDelta {
                pane: pane_id(self.pane_start),
                segment: SegmentKey::from_stored(self.segment),
                rows: count(self.rows, "rows of a pane's part")?,
                aggregates: decode_stored(self.codec, &self.state)?,
            },
        })
    }
}

/// A sealed pane.
#[derive(FromRow)]
pub(crate) struct PaneColumns {
    pub(crate) pane_start: i64,
    pub(crate) segment: String,
    pub(crate) rows: i64,
    pub(crate) late_rows: i64,
    pub(crate) plan_hash: String,
    #[sqlx(rename = "codec!")]
    pub(crate) codec: i64,
    pub(crate) state: Vec<u8>,
}

impl PaneColumns {
    pub(crate) fn into_pane(self) -> Outcome<SealedPane> {
        Ok(SealedPane {
            pane: pane_id(self.pane_start),
            segment: SegmentKey::from_stored(self.segment),
            rows: count(self.rows, "rows of a sealed pane")?,
            late_rows: count(self.late_rows, "late rows of a sealed pane")?,
            plan_hash: ContentHash::from_stored(self.plan_hash),
            aggregates: decode_stored(self.codec, &self.state)?,
        })
    }
}
