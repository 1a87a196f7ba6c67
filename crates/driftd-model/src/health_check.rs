//! Health check of a monitor's pipeline: what is known of its partitions, held against the monitor's rules.

use driftd_window::{EventTime, PartitionMark, Span, Timestamp};

use crate::{Cause, FetchTrouble, Health, LogEvent, Observation, PartitionRow, PipelineRules, Severity, Standstill};

/// Window name of the health checks that incidents of kind `pipeline` count instead of windows.
pub const PIPELINE_WINDOW: &str = "pipeline";
/// A partition's end that was confirmed longer ago than this is no end: its owner may hang.
const END_PATIENCE: Span = Span::from_minutes(5);
/// Records below which a share of rejects says nothing.
const FEWEST_RECORDS: u64 = 100;
/// How many times the limit makes trouble critical.
const CRITICAL: i64 = 4;
/// Share of rejects from which on it is critical.
const CRITICAL_SHARE: f64 = 0.5;
/// An outage of the store that was shorter is nobody's business.
const SHORTEST_OUTAGE: Span = Span::from_minutes(1);
/// How long an outage of the store is told of after it ended: while it lasts, nothing can be written down.
const OUTAGE_NEWS: Span = Span::from_minutes(10);
/// How long it is told of what happened to a log.
const LOG_NEWS: Span = Span::from_minutes(10);
/// Partitions that are told of one by one: those of a topic are often in trouble together.
const MOST_TOLD: usize = 20;

/// Records read and rejected so far, over all partitions of a monitor's topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReadPosition {
    /// Offsets passed.
    pub records: u64,
    /// Rejected among them.
    pub rejected: u64,
}

/// The last outage of the store that this process saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the store answered again.
    pub ended: Timestamp,
    /// How long it did not.
    pub lasted: Span,
}

/// What one health check looks at.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck<'a> {
    /// Partitions of the monitor's topics.
    pub partitions: &'a [PartitionRow],
    /// What had been read at an earlier check, a few minutes ago.
    pub before: Option<ReadPosition>,
    /// The last outage of the store, if there was one.
    pub outage: Option<Outage>,
    /// That nothing can be sealed, if that is so.
    pub standstill: Option<Standstill>,
    /// When the last check was.
    pub since: Timestamp,
    /// When this one is.
    pub now: Timestamp,
}

impl ReadPosition {
    /// The sum over `partitions`.
    #[must_use]
    pub fn of(partitions: &[PartitionRow]) -> Self {
        let offset = |row: &PartitionRow| row.next_offset.map_or(0, |offset| u64::try_from(offset.0).unwrap_or(0));
        partitions.iter().fold(Self::default(), |sum, row| Self {
            records: sum.records.saturating_add(offset(row)),
            rejected: sum.rejected.saturating_add(row.rejected),
        })
    }
}

impl HealthCheck<'_> {
    /// Health check result, for the monitor's incident of kind `pipeline`.
    #[must_use]
    pub fn evaluate(&self, rules: &PipelineRules) -> Observation {
        let single = [
            self.standing_still(rules),
            self.uncounted(rules),
            self.stalled(rules),
            self.lagging(rules),
            self.rejecting(rules),
            self.store_away(),
        ];
        let each = self.unread(rules).chain(self.log_events()).take(MOST_TOLD);
        let found: Vec<(Severity, Cause)> = each.chain(single.into_iter().flatten()).collect();
        let health = match found.iter().map(|(severity, _)| *severity).max() {
            Some(severity) => Health::Bad(severity, Vec::new()),
            // Another process may have seen for longer what this one has only begun to see.
            None if self.partitions.is_empty() || self.standstill.is_some() => Health::Unknown,
            None => Health::Good,
        };
        // Checks happen in wall time; an incident counts them as it counts windows of event time.
        let (start, end) = (self.since.as_event_time(), self.now.as_event_time());
        Observation {
            window: PIPELINE_WINDOW.into(),
            start,
            end,
            health,
            causes: found.into_iter().map(|(_, cause)| cause).collect(),
        }
    }

    fn standing_still(&self, rules: &PipelineRules) -> Option<(Severity, Cause)> {
        let is_partial = |standstill: &Standstill| standstill.missing > 0 || standstill.elsewhere > 0;
        let Standstill { lasted, missing, elsewhere, .. } = self.standstill.filter(is_partial)?;
        Some((severity(lasted, rules.lag?)?, Cause::Standstill { lasted, missing, elsewhere }))
    }

    fn uncounted(&self, rules: &PipelineRules) -> Option<(Severity, Cause)> {
        let Standstill { lasted, uncounted, .. } = self.standstill.filter(|standstill| standstill.uncounted > 0)?;
        Some((severity(lasted, rules.lag?)?, Cause::Uncounted { lasted, partitions: uncounted }))
    }

    /// Partitions that cannot be read. It presses once the monitor is as far behind as it may be.
    fn unread(&self, rules: &PipelineRules) -> impl Iterator<Item = (Severity, Cause)> {
        let limit = rules.lag;
        self.partitions.iter().filter_map(move |row| {
            let unread = row.unread.as_ref()?;
            let lasted = unread.lasting(self.now)?;
            let is_critical = limit.is_some_and(|limit| lasted > limit);
            let FetchTrouble { at, failure, detail } = unread.trouble.clone();
            let (topic, partition) = (row.topic.clone(), row.partition);
            let severity = if is_critical { Severity::Critical } else { Severity::Warning };
            Some((severity, Cause::Unread { topic, partition, at, failure, detail, lasted }))
        })
    }

    /// What has lately happened to logs.
    fn log_events(&self) -> impl Iterator<Item = (Severity, Cause)> {
        self.partitions.iter().filter_map(|row| {
            let (event, at) = row.log_event?;
            let (topic, partition) = (row.topic.clone(), row.partition);
            let cause = match event {
                LogEvent::Deleted { from, to } => Cause::Lost { topic, partition, from, to },
                LogEvent::Skipped { from, to } => Cause::Skipped { topic, partition, from, to },
                LogEvent::Renewed { counted_to } => Cause::Renewed { topic, partition, counted_to },
            };
            (self.now.since(at) <= LOG_NEWS).then_some((Severity::Warning, cause))
        })
    }

    /// The partition that is furthest behind the newest one while it has more to read.
    fn stalled(&self, rules: &PipelineRules) -> Option<(Severity, Cause)> {
        let limit = rules.stall?;
        let newest = self.partitions.iter().filter_map(|row| event_time(&row.mark)).max()?;
        let waiting = self.partitions.iter().filter(|row| !is_at_end(&row.mark, self.now));
        let (behind, row) = waiting
            .filter_map(|row| Some((newest.since(event_time(&row.mark)?), row)))
            .max_by_key(|(behind, _)| *behind)?;
        let severity = severity(behind, limit)?;
        Some((severity, Cause::Stalled { topic: row.topic.clone(), partition: row.partition, behind }))
    }

    /// How far the oldest mark of a partition with more to read is behind the clock.
    fn lagging(&self, rules: &PipelineRules) -> Option<(Severity, Cause)> {
        let limit = rules.lag?;
        let waiting = self.partitions.iter().filter(|row| !is_at_end(&row.mark, self.now));
        let oldest = waiting.filter_map(|row| event_time(&row.mark)).min()?;
        let behind = self.now.as_event_time().since(oldest);
        Some((severity(behind, limit)?, Cause::Lag { behind }))
    }

    fn rejecting(&self, rules: &PipelineRules) -> Option<(Severity, Cause)> {
        let limit = rules.rejected?;
        let (now, before) = (ReadPosition::of(self.partitions), self.before?);
        let read = now.records.saturating_sub(before.records);
        let rejected = now.rejected.saturating_sub(before.rejected);
        let share = rejected as f64 / read.max(1) as f64;
        if read < FEWEST_RECORDS || share < limit {
            return None;
        }
        let severity = if share >= CRITICAL_SHARE { Severity::Critical } else { Severity::Warning };
        Some((severity, Cause::Rejected { share: share.min(1.0), records: rejected }))
    }

    fn store_away(&self) -> Option<(Severity, Cause)> {
        let outage = self.outage?;
        let is_news = outage.lasted >= SHORTEST_OUTAGE && self.now.since(outage.ended) <= OUTAGE_NEWS;
        is_news.then_some((Severity::Warning, Cause::StoreAway { lasted: outage.lasted }))
    }
}

fn event_time(mark: &PartitionMark) -> Option<EventTime> {
    mark.watermark().map(driftd_window::Watermark::event_time)
}

/// Whether there was nothing more to read, and somebody said so lately.
fn is_at_end(mark: &PartitionMark, now: Timestamp) -> bool {
    mark.end().is_some_and(|end| now.since(end.confirmed) <= END_PATIENCE)
}

fn severity(behind: Span, limit: Span) -> Option<Severity> {
    if behind <= limit {
        return None;
    }
    let is_critical = behind.as_micros() / CRITICAL > limit.as_micros();
    Some(if is_critical { Severity::Critical } else { Severity::Warning })
}

#[cfg(test)]
mod tests {
    use driftd_window::Watermark;

    use super::*;
    use crate::fixtures::{at, clock};
    use crate::{Epoch, FetchFailure, Offset, Partition, Unread};

    /// A partition whose mark stands at that hour, at its end as confirmed at that hour.
    fn partition(number: i32, mark: i64, end: Option<i64>, read: i64, rejected: u64) -> PartitionRow {
        let seen = end.map(|hour| driftd_window::EndSeen { since: clock(hour), confirmed: clock(hour) });
        PartitionRow {
            topic: "topic".into(),
            partition: Partition(number),
            epoch: Epoch(1),
            next_offset: Some(Offset(read)),
            mark: PartitionMark::stored(Some(Watermark::at(at(mark))), seen),
            rejected,
            unread: None,
            log_event: None,
            updated_at: clock(mark),
        }
    }

    fn checked(partitions: &[PartitionRow], now: i64) -> Observation {
        let before = Some(ReadPosition { records: 0, rejected: 0 });
        let check =
            HealthCheck { partitions, before, outage: None, standstill: None, since: clock(now - 1), now: clock(now) };
        check.evaluate(&PipelineRules::default())
    }

    #[test]
    fn a_quiet_source_is_no_trouble() {
        let seen = checked(&[partition(0, 10, Some(100), 1_000, 0), partition(1, 2, Some(100), 1_000, 0)], 100);
        assert_eq!((seen.health, seen.causes), (Health::Good, vec![]));
        assert_eq!(checked(&[], 100).health, Health::Unknown);
    }

    #[test]
    fn an_owner_that_hangs_is_no_quiet_source() {
        let seen = checked(&[partition(0, 100, None, 1_000, 0), partition(1, 99, Some(99), 1_000, 0)], 100);
        let behind = Span::from_hours(1);
        let stalled = Cause::Stalled { topic: "topic".into(), partition: Partition(1), behind };
        assert_eq!((seen.health, seen.causes), (Health::Bad(Severity::Warning, vec![]), vec![stalled]));
        let longer = checked(&[partition(0, 100, None, 1_000, 0), partition(1, 90, Some(90), 1_000, 0)], 100);
        assert_eq!(longer.health, Health::Bad(Severity::Critical, vec![]));
        assert_eq!(longer.causes.len(), 2, "it is behind the others and behind the clock");
    }

    #[test]
    fn records_that_wait_are_a_lag() {
        let seen = checked(&[partition(0, 98, None, 1_000, 0)], 100);
        assert_eq!(seen.causes, [Cause::Lag { behind: Span::from_hours(2) }]);
        let off = PipelineRules { lag: None, ..PipelineRules::default() };
        let partitions = [partition(0, 98, None, 1_000, 0)];
        let check = HealthCheck {
            partitions: &partitions,
            before: None,
            outage: None,
            standstill: None,
            since: clock(99),
            now: clock(100),
        };
        assert_eq!(check.evaluate(&off).health, Health::Good);
    }

    #[test]
    fn a_standstill_is_told_and_presses_when_it_lasts() {
        let partitions = [partition(0, 100, None, 1_000, 0)];
        let told = |hours: u32| {
            let lasted = Span::from_hours(hours);
            let standstill = Some(Standstill { lasted, missing: 1, uncounted: 0, elsewhere: 0 });
            let (since, now) = (clock(99), clock(100));
            let check = HealthCheck { partitions: &partitions, before: None, outage: None, standstill, since, now };
            let seen = check.evaluate(&PipelineRules::default());
            (seen.health, seen.causes.contains(&Cause::Standstill { lasted, missing: 1, elsewhere: 0 }))
        };
        assert_eq!(told(1), (Health::Unknown, false), "neither good nor bad yet");
        assert_eq!(told(2), (Health::Bad(Severity::Warning, vec![]), true));
        assert_eq!(told(5), (Health::Bad(Severity::Critical, vec![]), true));
    }

    #[test]
    fn a_partition_that_cannot_be_read_is_told_and_presses_when_it_lasts() {
        let told = |minutes: u32| {
            let now = clock(100);
            let trouble = FetchTrouble { at: Offset(7), failure: FetchFailure::Denied, detail: "no".to_owned() };
            let unread = Some(Unread { trouble, since: now.minus(Span::from_minutes(minutes)) });
            // Nothing was ever read of it, so there is no mark that could be behind.
            let partitions = [PartitionRow { mark: PartitionMark::default(), unread, ..partition(0, 100, None, 0, 0) }];
            let check =
                HealthCheck { partitions: &partitions, before: None, outage: None, standstill: None, since: now, now };
            let seen = check.evaluate(&PipelineRules::default());
            (seen.health, seen.causes.len())
        };
        assert_eq!(told(0), (Health::Good, 0));
        assert_eq!(told(1), (Health::Bad(Severity::Warning, vec![]), 1));
        assert_eq!(told(61), (Health::Bad(Severity::Critical, vec![]), 1));
    }

    #[test]
    fn what_happened_to_a_log_is_told_for_a_while() {
        let (from, to, counted_to) = (Offset(1_000), Offset(4_000), Offset(1_000));
        let told = |event, minutes: u32| {
            let log_event = Some((event, clock(100).minus(Span::from_minutes(minutes))));
            let seen = checked(&[PartitionRow { log_event, ..partition(0, 100, None, 4_000, 0) }], 100);
            (seen.health, seen.causes)
        };
        let (topic, partition) = ("topic".into(), Partition(0));
        let lost = Cause::Lost { topic, partition, from, to };
        assert_eq!(told(LogEvent::Deleted { from, to }, 5), (Health::Bad(Severity::Warning, vec![]), vec![lost]));
        let renewed = Cause::Renewed { topic: "topic".into(), partition, counted_to };
        assert_eq!(told(LogEvent::Renewed { counted_to }, 5).1, [renewed]);
        assert_eq!(told(LogEvent::Deleted { from, to }, 11), (Health::Good, vec![]));
    }

    #[test]
    fn a_share_of_rejects_needs_records() {
        let some = checked(&[partition(0, 100, None, 1_000, 60)], 100);
        assert_eq!(some.causes, [Cause::Rejected { share: 0.06, records: 60 }]);
        assert_eq!(checked(&[partition(0, 100, None, 99, 99)], 100).health, Health::Good);
        assert_eq!(checked(&[partition(0, 100, None, 1_000, 49)], 100).health, Health::Good);
        assert_eq!(
            checked(&[partition(0, 100, None, 1_000, 500)], 100).health,
            Health::Bad(Severity::Critical, vec![])
        );
    }

    #[test]
    fn an_outage_of_the_store_is_told_once_it_is_over() {
        let partitions = [partition(0, 100, None, 1_000, 0)];
        let at = |lasted: u32, now: Timestamp| {
            let outage = Some(Outage { ended: clock(100), lasted: Span::from_minutes(lasted) });
            HealthCheck { partitions: &partitions, before: None, outage, standstill: None, since: clock(99), now }
                .evaluate(&PipelineRules::default())
        };
        assert_eq!(at(7, clock(100)).causes, [Cause::StoreAway { lasted: Span::from_minutes(7) }]);
        assert_eq!(at(7, clock(100).plus(Span::from_minutes(11))).causes, []);
        assert_eq!(at(0, clock(100)).causes, []);
    }
}
