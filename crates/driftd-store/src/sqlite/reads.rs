//! Reads, on connections that never wait for a writer.

use async_trait::async_trait;
use driftd_model::{
    Activation, BaselineName, BaselineRef, BaselineSummary, ContentHash, CountedMark, FeatureName, HistoryQuery,
    HistoryRow, Incident, IncidentEvent, IncidentId, IncidentQuery, IncidentRow, IncidentState, ListedIncident,
    MonitorId, PartitionRow, ReadStore, SealedPane, Silence, StoreError, StoreSize, StoredBaseline, Topic, WindowQuery,
    WindowRow,
};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, Timestamp, WindowName};
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::sqlite::{SqliteExecutor, SqliteRow};
use sqlx::{AssertSqlSafe, Row, query, query_as, query_scalar};

use super::{Outcome, SqliteStore, measure};
use crate::call::Call;
use crate::page::{AfterWindow, Ends, IncidentBounds};
use crate::rows::{
    ActivationColumns, BaselineColumns, EventColumns, FrontierColumns, HistoryColumns, IncidentBody, IncidentColumns,
    MarkColumns, Marks, PaneColumns, PartitionColumns, SilenceColumns, SummaryColumns, WindowColumns, plain,
};
use crate::statement::statement;

/// The columns of `drift_history`, from its tables: instants are still numbers here.
const COLUMNS: &str = "SELECT w.monitor, w.segment, w.window_name, w.window_start, w.window_end, d.feature, d.statistic, \
                       d.value, d.certified_error, d.n, d.m, d.p_value, d.q_value, d.warn, d.critical, d.outcome, \
                       w.baseline, w.sealed_at, d.expected, d.net, d.phi, d.healthy_windows, d.level, \
                       d.previous_value, d.previous_p, d.day_value, d.day_p, d.week_value, d.week_p \
                       FROM windows AS w JOIN feature_drift AS d ON d.window_id = w.id";
const ORDER: &str = "ORDER BY w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor";
/// What comes after a row in that order.
const AFTER: &str = "(w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor) \
                     > (?7, ?8, ?9, ?10, ?11, ?12)";

#[async_trait]
impl ReadStore for SqliteStore {
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn sizes(&self) -> Result<Vec<StoreSize>, StoreError> {
        Call::Sizes.answer(measure::sizes(&self.readers)).await
    }

    async fn partitions(&self, topic: &Topic) -> Result<Vec<PartitionRow>, StoreError> {
        let read = async {
            let rows = query_as(statement!("partitions")).bind(topic.as_str());
            let rows: Vec<PartitionColumns> = rows.fetch_all(&self.readers).await?;
            rows.into_iter().map(PartitionColumns::into_row).collect()
        };
        Call::Partitions(topic).answer(read).await
    }

    async fn marks(
        &self,
        topic: &Topic,
        monitor: &MonitorId,
        plan: &ContentHash,
    ) -> Result<Vec<CountedMark>, StoreError> {
        let read = async {
            let rows = query_as(statement!("marks")).bind(topic.as_str()).bind(monitor.as_str());
            let rows: Vec<MarkColumns> = rows.fetch_all(&self.readers).await?;
            Ok(Marks::of(rows, plan).marks)
        };
        Call::Partitions(topic).answer(read).await
    }

    async fn sealed_through(&self, monitor: &MonitorId) -> Result<Option<EventTime>, StoreError> {
        let read = async {
            let found = query_scalar(statement!("frontier")).bind(monitor.as_str());
            let found: Option<i64> = found.fetch_optional(&self.readers).await?;
            Ok(found.map(EventTime::from_micros))
        };
        Call::Frontier(monitor).answer(read).await
    }

    async fn frontiers(&self) -> Result<Vec<(MonitorId, EventTime)>, StoreError> {
        let read = async {
            let rows = query_as(statement!("frontiers"));
            let rows: Vec<FrontierColumns> = rows.fetch_all(&self.readers).await?;
            FrontierColumns::sorted(rows)
        };
        Call::Frontiers.answer(read).await
    }

    async fn each_sealed_pane(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
        each: &mut (dyn FnMut(SealedPane) + Send),
    ) -> Result<(), StoreError> {
        let (from, to) = (from.as_micros(), to.as_micros());
        let read = async {
            let rows = query_as(statement!("sealed_panes")).bind(monitor.as_str()).bind(from).bind(to);
            let mut rows: BoxStream<'_, sqlx::Result<PaneColumns>> = rows.fetch(&self.readers);
            while let Some(row) = rows.try_next().await? {
                each(row.into_pane()?);
            }
            Ok(())
        };
        Call::SealedPanes(monitor).answer(read).await
    }

    async fn baseline(&self, reference: &BaselineRef) -> Result<Option<StoredBaseline>, StoreError> {
        Call::Baseline(reference).answer(baseline(&self.readers, reference)).await
    }

    async fn newest_baseline(&self, name: &BaselineName) -> Result<Option<StoredBaseline>, StoreError> {
        let read = async {
            let row = query_as(statement!("newest_baseline")).bind(name.as_str());
            let row: Option<BaselineColumns> = row.fetch_optional(&self.readers).await?;
            row.map(BaselineColumns::checked).transpose()
        };
        Call::NewestBaseline(name).answer(read).await
    }

    async fn baselines(&self) -> Result<Vec<BaselineSummary>, StoreError> {
        let read = async {
            let rows: Vec<SummaryColumns> = query_as(statement!("baselines")).fetch_all(&self.readers).await?;
            rows.into_iter().map(SummaryColumns::into_summary).collect()
        };
        Call::Baselines.answer(read).await
    }

    async fn activations(&self, monitor: &MonitorId) -> Result<Vec<Activation>, StoreError> {
        Call::Activations(monitor).answer(activations(&self.readers, monitor)).await
    }

    /// Only the filters that are asked for stand in the statement, so that the index over monitor and window end is
    /// used, which is in the order wanted: nothing is sorted when one monitor is asked for.
    async fn history(&self, wanted: &HistoryQuery) -> Result<Vec<HistoryRow>, StoreError> {
        let (from, to) = Ends::of_history(wanted);
        let after = wanted.after.as_ref();
        let filters = [
            (wanted.monitor.is_some(), "w.monitor = ?1"),
            (wanted.feature.is_some(), "d.feature = ?2"),
            (wanted.statistic.is_some(), "d.statistic = ?3"),
            (wanted.segment.is_some(), "w.segment = ?4"),
            (from.is_some(), "w.window_end > ?5"),
            (to.is_some(), "w.window_end <= ?6"),
            (after.is_some(), AFTER),
            (wanted.shape.is_some(), "w.window_name IN (?14, ?15)"),
        ];
        let filters: Vec<&str> = filters.into_iter().filter_map(|(asked, filter)| asked.then_some(filter)).collect();
        let filters = if filters.is_empty() { "true".to_owned() } else { filters.join(" AND ") };
        let read = async {
            let rows = query(AssertSqlSafe(format!("{COLUMNS} WHERE {filters} {ORDER} LIMIT ?13")))
                .bind(wanted.monitor.as_ref().map(MonitorId::as_str))
                .bind(wanted.feature.as_ref().map(FeatureName::as_str))
                .bind(wanted.statistic.map(DriftStatistic::as_str))
                .bind(wanted.segment.as_ref().map(SegmentKey::as_str))
                .bind(from)
                .bind(to)
                .bind(after.map(|after| after.window_end.as_micros()))
                .bind(after.map(|after| after.segment.as_str()))
                .bind(after.map(|after| after.window_name.as_str()))
                .bind(after.map(|after| after.feature.as_str()))
                .bind(after.map(|after| after.statistic.as_str()))
                .bind(after.map(|after| after.monitor.as_str()))
                // A negative limit is none.
                .bind(wanted.limit.map_or(-1, i64::from))
                .bind(wanted.shape.as_ref().map(WindowName::as_str))
                .bind(wanted.shape.as_ref().map(|shape| shape.lasting().as_str().to_owned()))
                .fetch_all(&self.readers)
                .await?;
            rows.iter().map(history_row).collect()
        };
        Call::History.answer(read).await
    }

    async fn windows(&self, wanted: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        Call::Windows(&wanted.monitor).answer(windows(&self.readers, statement!("windows"), wanted)).await
    }

    async fn newest_windows(&self, wanted: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        Call::Windows(&wanted.monitor).answer(windows(&self.readers, statement!("newest_windows"), wanted)).await
    }

    async fn incident_page(&self, wanted: &IncidentQuery) -> Result<Vec<ListedIncident>, StoreError> {
        let read = async {
            let bounds = IncidentBounds::of(wanted, plain);
            let rows: Vec<IncidentColumns> = query_as(statement!("incident_page"))
                .bind(wanted.monitor.as_ref().map(MonitorId::as_str))
                .bind(wanted.state.map(IncidentState::as_str))
                .bind(bounds.from)
                .bind(bounds.to)
                .bind(bounds.first_seen)
                .bind(&*bounds.id)
                .bind(i64::from(wanted.limit))
                .fetch_all(&self.readers)
                .await?;
            rows.into_iter().map(IncidentColumns::into_listed).collect()
        };
        Call::Incidents.answer(read).await
    }

    async fn incidents(&self, monitor: Option<&MonitorId>) -> Result<Vec<IncidentRow>, StoreError> {
        let read = async {
            let rows = query_as(statement!("incidents")).bind(monitor.map(MonitorId::as_str));
            let rows: Vec<IncidentColumns> = rows.fetch_all(&self.readers).await?;
            rows.into_iter().map(IncidentColumns::into_row).collect()
        };
        Call::Incidents.answer(read).await
    }

    async fn incident(&self, id: &IncidentId) -> Result<Option<(Incident, Vec<IncidentEvent>)>, StoreError> {
        let read = async {
            if id.as_str().is_empty() {
                return Ok(None);
            }
            let mut connection = self.readers.acquire().await?;
            let found: Vec<IncidentBody> = query_as(
                r#"SELECT id AS "id!", body AS "body!" FROM incidents
                   WHERE substr(id, 1, length($1)) = $1 ORDER BY id <> $1, id LIMIT 2"#,
            )
            .bind(id.as_str())
            .fetch_all(&mut *connection)
            .await?;
            let Some(found) = IncidentBody::named(id.as_str(), found) else {
                return Ok(None);
            };
            let rows = query_as(statement!("incident_events")).bind(found.id.as_str());
            let rows: Vec<EventColumns> = rows.fetch_all(&mut *connection).await?;
            let events: Outcome<Vec<_>> = rows.into_iter().map(|row| row.into_event(&found.id)).collect();
            Ok(Some((found.into_incident()?, events?)))
        };
        Call::Incident(id).answer(read).await
    }

    async fn silences(&self, ending_after: Option<Timestamp>) -> Result<Vec<Silence>, StoreError> {
        Call::Silences.answer(silences(&self.readers, ending_after)).await
    }
}

/// One version of a baseline.
pub(super) async fn baseline(
    executor: impl SqliteExecutor<'_>,
    wanted: &BaselineRef,
) -> Outcome<Option<StoredBaseline>> {
    let row = query_as(statement!("baseline")).bind(wanted.name.as_str()).bind(wanted.version);
    let row: Option<BaselineColumns> = row.fetch_optional(executor).await?;
    row.map(BaselineColumns::checked).transpose()
}

/// Activations of a monitor, oldest first.
pub(super) async fn activations(executor: impl SqliteExecutor<'_>, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
    let rows = query_as(statement!("activations")).bind(monitor.as_str());
    let rows: Vec<ActivationColumns> = rows.fetch_all(executor).await?;
    rows.into_iter().map(ActivationColumns::into_activation).collect()
}

/// Silences that end after that moment, or all.
pub(super) async fn silences(
    executor: impl SqliteExecutor<'_>,
    ending_after: Option<Timestamp>,
) -> Outcome<Vec<Silence>> {
    let rows = query_as(statement!("silences")).bind(ending_after.map(Timestamp::as_micros));
    let rows: Vec<SilenceColumns> = rows.fetch_all(executor).await?;
    rows.into_iter().map(SilenceColumns::into_silence).collect()
}

/// Windows as a statement lists them.
async fn windows(
    executor: impl SqliteExecutor<'_>,
    statement: &'static str,
    wanted: &WindowQuery,
) -> Outcome<Vec<WindowRow>> {
    let (ends, after) = (Ends::of_windows(wanted), AfterWindow::of(wanted, plain));
    let rows: Vec<WindowColumns> = query_as(statement)
        .bind(wanted.monitor.as_str())
        .bind(wanted.segment.as_ref().map(SegmentKey::as_str))
        .bind(wanted.window_name.as_ref().map(WindowName::as_str))
        .bind(ends.from)
        .bind(ends.to)
        .bind(after.end)
        .bind(&*after.segment)
        .bind(&*after.name)
        .bind(i64::from(wanted.limit))
        .fetch_all(executor)
        .await?;
    rows.into_iter().map(|row| row.into_row(&wanted.monitor)).collect()
}

/// Columns in the order of `COLUMNS`; by their numbers, because a history is long.
fn history_row(row: &SqliteRow) -> Outcome<HistoryRow> {
    let columns = HistoryColumns {
        monitor: row.try_get(0)?,
        segment: row.try_get(1)?,
        window_name: row.try_get(2)?,
        window_start: row.try_get(3)?,
        window_end: row.try_get(4)?,
        feature: row.try_get(5)?,
        statistic: row.try_get(6)?,
        value: row.try_get(7)?,
        certified_error: row.try_get(8)?,
        n: row.try_get(9)?,
        m: row.try_get(10)?,
        p_value: row.try_get(11)?,
        q_value: row.try_get(12)?,
        warn: row.try_get(13)?,
        critical: row.try_get(14)?,
        outcome: row.try_get(15)?,
        baseline: row.try_get(16)?,
        sealed_at: row.try_get(17)?,
        expected: row.try_get(18)?,
        net: row.try_get(19)?,
        phi: row.try_get(20)?,
        healthy_windows: row.try_get(21)?,
        level: row.try_get(22)?,
        previous_value: row.try_get(23)?,
        previous_p: row.try_get(24)?,
        day_value: row.try_get(25)?,
        day_p: row.try_get(26)?,
        week_value: row.try_get(27)?,
        week_p: row.try_get(28)?,
    };
    columns.into_row()
}
