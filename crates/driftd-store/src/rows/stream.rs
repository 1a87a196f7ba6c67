//! Partitions, partials and panes.

use std::collections::BTreeMap;

use driftd_model::{
    Claim, Claimant, ContentHash, CountedMark, Counting, Epoch, LogEvent, LogMark, MonitorId, Offset, OwnedPartition,
    Partition, PartitionRow, PlannedDelta, Retention, SealedPane, Topic, Unread,
};
use driftd_window::{EndSeen, EventTime, PaneDelta, PartitionMark, SegmentKey, Span, Timestamp, Watermark};
use sqlx::FromRow;

use crate::codec::decode_stored;
use crate::error::Outcome;
use crate::read::{count, document, event_time, pane_id, parsed, timestamp};
use crate::repair::Fenced;

/// A partition of a topic, beside one of the plans that it is or was counted on for a monitor.
#[derive(FromRow)]
pub(crate) struct MarkColumns {
    pub(crate) partition: i32,
    pub(crate) epoch: i64,
    pub(crate) watermark: Option<i64>,
    pub(crate) eof_at: Option<i64>,
    pub(crate) confirmed_at: Option<i64>,
    #[sqlx(rename = "said_at?")]
    pub(crate) said_at: Option<i64>,
    #[sqlx(rename = "plan_hash?")]
    pub(crate) plan_hash: Option<String>,
    #[sqlx(rename = "counted_epoch?")]
    pub(crate) counted_epoch: Option<i64>,
    #[sqlx(rename = "counted_to?")]
    pub(crate) counted_to: Option<i64>,
    #[sqlx(rename = "whole_from?")]
    pub(crate) whole_from: Option<i64>,
}

/// The marks of a topic's partitions for one plan, and what is known of gaps.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) marks: Vec<CountedMark>,
    pub(crate) whole_from: BTreeMap<ContentHash, EventTime>,
}

impl Marks {
    /// The partitions of one topic.
    pub(crate) fn of(rows: Vec<MarkColumns>, plan: &ContentHash) -> Self {
        let mut marks = Self::default();
        marks.add(rows, plan);
        marks
    }

    /// Adds the partitions of one topic, whose rows come partition by partition.
    pub(crate) fn add(&mut self, rows: Vec<MarkColumns>, plan: &ContentHash) {
        let mut last = None;
        for row in rows {
            if last != Some(row.partition) {
                let mark = mark_of(row.watermark, row.eof_at, row.confirmed_at);
                let counting = if row.said_at.is_none() { Counting::Unsaid } else { Counting::Never };
                self.marks.push(CountedMark { partition: Partition(row.partition), mark, counting });
                last = Some(row.partition);
            }
            let Some(hash) = row.plan_hash.map(ContentHash::from_stored) else { continue };
            if let Some(partition) = self.marks.last_mut().filter(|_| hash == *plan) {
                let is_now = row.counted_epoch == Some(row.epoch);
                let until = event_time(row.counted_to).map(Watermark::at);
                partition.counting = if is_now { Counting::Now } else { Counting::Until(until) };
            }
            if let Some(whole) = event_time(row.whole_from) {
                self.whole_from.entry(hash).and_modify(|known| *known = whole.max(*known)).or_insert(whole);
            }
        }
    }

    /// What a seal sees of them.
    pub(crate) fn counted(&self) -> Vec<PartitionMark> {
        self.marks.iter().map(CountedMark::for_plan).collect()
    }
}

fn mark_of(watermark: Option<i64>, eof_at: Option<i64>, confirmed_at: Option<i64>) -> PartitionMark {
    let end = timestamp(eof_at).map(|since| EndSeen { since, confirmed: timestamp(confirmed_at).unwrap_or(since) });
    PartitionMark::stored(event_time(watermark).map(Watermark::at), end)
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
    fn into_frontier(self) -> Outcome<(MonitorId, EventTime)> {
        Ok((parsed(&self.monitor, "monitor name")?, EventTime::from_micros(self.sealed_through)))
    }

    /// The frontiers of these rows, by name.
    pub(crate) fn sorted(rows: Vec<Self>) -> Outcome<Vec<(MonitorId, EventTime)>> {
        let mut frontiers = rows.into_iter().map(Self::into_frontier).collect::<Outcome<Vec<_>>>()?;
        frontiers.sort();
        Ok(frontiers)
    }

    /// The monitor, and before which moment its panes may go, if any.
    pub(crate) fn droppable(&self, policy: &Retention) -> Outcome<(MonitorId, Option<EventTime>)> {
        let monitor = parsed(&self.monitor, "monitor name")?;
        let reach = self.reach.and_then(Span::from_micros).unwrap_or(Span::ZERO);
        let before = policy.panes_before(&monitor, EventTime::from_micros(self.sealed_through), reach);
        Ok((monitor, before))
    }
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
    /// From where on a plan that was not counted on until now is counted whole: after the newest record that was read
    /// without it, or nothing where nothing was read, or where nobody had said what was counted.
    pub(crate) fn whole_from(&self, claimant: &Claimant, said: i64) -> Option<i64> {
        let is_first = said == 0 || self.next_offset.is_none();
        let newest = event_time(self.watermark)?.plus(claimant.out_of_orderness);
        (!is_first).then(|| newest.as_micros().saturating_add(1))
    }

    pub(crate) fn into_claim(self) -> Outcome<Claim> {
        let log_mark: Option<LogMark> =
            self.log_mark.map(|text| document(&text, "mark of a partition's log")).transpose()?;
        Ok(Claim {
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: mark_of(self.watermark, None, None),
            topic_since: timestamp(self.topic_since),
            log_mark,
        })
    }
}

/// From where on each plan of a claimant is counted whole. The plans of a monitor come oldest first, and a new one takes
/// over what was counted on the one before: the two are counted side by side.
pub(crate) struct Heirs<'a> {
    of_strangers: Option<i64>,
    last: Option<(&'a MonitorId, Option<i64>)>,
}

impl<'a> Heirs<'a> {
    /// `of_strangers` is that of a monitor nobody counted on.
    pub(crate) const fn new(of_strangers: Option<i64>) -> Self {
        Self { of_strangers, last: None }
    }

    /// That of a plan of `monitor` which was not counted on until now.
    pub(crate) fn whole_from(&self, monitor: &MonitorId) -> Option<i64> {
        self.last.filter(|(before, _)| *before == monitor).map_or(self.of_strangers, |(_, whole_from)| whole_from)
    }

    /// That of the next plan turned out to be `whole_from`.
    pub(crate) const fn counted(&mut self, monitor: &'a MonitorId, whole_from: Option<i64>) {
        self.last = Some((monitor, whole_from));
    }
}

/// A partition with its owner and the number of its rejected records.
#[derive(FromRow)]
pub(crate) struct PartitionColumns {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) owner: String,
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
    pub(crate) fn into_row(self) -> Outcome<PartitionRow> {
        let Self { watermark, eof_at, confirmed_at, .. } = self;
        let unread: Option<Unread> = self.unread.map(|text| document(&text, "unread partition")).transpose()?;
        let log_event: Option<LogEvent> =
            self.log_event.map(|text| document(&text, "event of a partition's log")).transpose()?;
        Ok(PartitionRow {
            topic: Topic::from(self.topic.as_str()),
            partition: Partition(self.partition),
            epoch: Epoch(self.epoch),
            next_offset: self.next_offset.map(Offset),
            mark: mark_of(watermark, eof_at, confirmed_at),
            rejected: count(self.rejected, "number of rejected records")?,
            unread,
            log_event: log_event.zip(timestamp(self.log_event_at)),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }

    pub(crate) fn into_owned(self) -> Outcome<OwnedPartition> {
        let owner = self.owner.clone();
        Ok(OwnedPartition { row: self.into_row()?, owner })
    }
}

/// A partition that was fenced.
#[derive(FromRow)]
pub(crate) struct FencedColumns {
    pub(crate) epoch: i64,
    pub(crate) log_base: i64,
}

impl FencedColumns {
    pub(crate) const fn into_fenced(self) -> Fenced {
        Fenced { epoch: Epoch(self.epoch), base: self.log_base }
    }
}

/// Counts of a partition that are in no sealed pane.
#[derive(FromRow)]
pub(crate) struct OpenCountsColumns {
    #[sqlx(rename = "first_offset?")]
    pub(crate) first_offset: Option<i64>,
    #[sqlx(rename = "records!")]
    pub(crate) records: i64,
}

impl OpenCountsColumns {
    /// The first offset they came from, and how many records they are.
    pub(crate) fn into_counts(self) -> Outcome<(Option<Offset>, u64)> {
        Ok((self.first_offset.map(Offset), count(self.records, "number of records")?))
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
