//! Partitions, partials and panes.

use driftd_model::{
    Claim, ContentHash, Epoch, LogEvent, LogMark, Offset, Partition, PartitionRow, PlannedDelta, SealedPane, Topic,
    Unread,
};
use driftd_window::{EndSeen, PaneDelta, PartitionMark, SegmentKey, Timestamp, Watermark};
use sqlx::FromRow;

use crate::codec::decode_stored;
use crate::error::Outcome;
use crate::read::{count, document, event_time, pane_id, timestamp};

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
}

/// A partition just claimed. Whoever claims it has not seen its end.
#[derive(FromRow)]
pub(crate) struct ClaimColumns {
    pub(crate) epoch: i64,
    pub(crate) next_offset: Option<i64>,
    pub(crate) watermark: Option<i64>,
    pub(crate) log_mark: Option<String>,
    pub(crate) topic_since: Option<i64>,
}

impl ClaimColumns {
    pub(crate) fn into_claim(self) -> Outcome<Claim> {
        let mark = MarkColumns { watermark: self.watermark, eof_at: None, confirmed_at: None };
        let log_mark: Option<LogMark> =
            self.log_mark.map(|text| document(&text, "mark of a partition's log")).transpose()?;
        Ok(Claim {
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: mark.into_mark(),
            topic_since: timestamp(self.topic_since),
            log_mark,
        })
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
    pub(crate) unread: Option<String>,
    pub(crate) log_event: Option<String>,
    pub(crate) log_event_at: Option<i64>,
    #[sqlx(rename = "rejected!")]
    pub(crate) rejected: i64,
}

impl PartitionColumns {
    pub(crate) fn into_row(self, topic: &Topic) -> Outcome<PartitionRow> {
        let Self { watermark, eof_at, confirmed_at, .. } = self;
        let unread: Option<Unread> = self.unread.map(|text| document(&text, "unread partition")).transpose()?;
        let log_event: Option<LogEvent> =
            self.log_event.map(|text| document(&text, "event of a partition's log")).transpose()?;
        Ok(PartitionRow {
            topic: topic.clone(),
            partition: Partition(self.partition),
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: MarkColumns { watermark, eof_at, confirmed_at }.into_mark(),
            rejected: count(self.rejected, "number of rejected records")?,
            unread,
            log_event: log_event.zip(timestamp(self.log_event_at)),
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
