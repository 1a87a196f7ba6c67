//! Reads: each in a transaction of its own, and nothing is written.

use async_trait::async_trait;
use driftd_model::{
    Activation, BaselineName, BaselineRef, BaselineSummary, ContentHash, CountedMark, HistoryQuery, HistoryRow,
    Incident, IncidentEvent, IncidentId, IncidentQuery, IncidentRow, IncidentState, ListedIncident, MonitorId,
    PartitionRow, ReadStore, SealedPane, Silence, StoreError, StoreSize, StoredBaseline, Topic, WindowQuery, WindowRow,
};
use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, Timestamp};
use futures_util::TryStreamExt as _;
use sqlx::{query_as, query_file_as, query_file_scalar};

use super::text::{original, stored};
use super::transaction::Transaction;
use super::{Outcome, PostgresStore, answer, measure};
use crate::call::Call;
use crate::page::{AfterWindow, Ends, IncidentBounds};
use crate::rows::{
    ActivationColumns, BaselineColumns, EventColumns, FrontierColumns, HistoryColumns, IncidentBody, IncidentColumns,
    MarkColumns, Marks, PaneColumns, PartitionColumns, SilenceColumns, SummaryColumns, WindowColumns,
};

/// A partition whose names are as they were before they were stored.
pub(super) fn unescaped(row: PartitionColumns) -> PartitionColumns {
    PartitionColumns { topic: original(row.topic), owner: original(row.owner), ..row }
}

#[async_trait]
impl ReadStore for PostgresStore {
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        answer(Call::Clock, async {
            let mut tx = self.begin().await?;
            let now = measure::clock(&mut tx).await?;
            tx.commit().await?;
            Ok(Some(now))
        })
        .await
    }

    async fn sizes(&self) -> Result<Vec<StoreSize>, StoreError> {
        answer(Call::Sizes, async {
            let mut tx = self.begin().await?;
            let sizes = measure::sizes(&mut tx).await?;
            tx.commit().await?;
            Ok(sizes)
        })
        .await
    }

    async fn partitions(&self, topic: &Topic) -> Result<Vec<PartitionRow>, StoreError> {
        answer(Call::Partitions(topic), async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(PartitionColumns, "statements/partitions.sql", &stored(topic.as_str()));
            let rows = rows.fetch_all(&mut tx).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| unescaped(row).into_row()).collect()
        })
        .await
    }

    async fn marks(
        &self,
        topic: &Topic,
        monitor: &MonitorId,
        plan: &ContentHash,
    ) -> Result<Vec<CountedMark>, StoreError> {
        answer(Call::Partitions(topic), async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(MarkColumns, "statements/marks.sql", &stored(topic.as_str()), monitor.as_str());
            let rows = rows.fetch_all(&mut tx).await?;
            tx.commit().await?;
            Ok(Marks::of(rows, plan).marks)
        })
        .await
    }

    async fn sealed_through(&self, monitor: &MonitorId) -> Result<Option<EventTime>, StoreError> {
        answer(Call::Frontier(monitor), async {
            let mut tx = self.begin().await?;
            let found = query_file_scalar!("statements/frontier.sql", monitor.as_str());
            let found = found.fetch_optional(&mut tx).await?;
            tx.commit().await?;
            Ok(found.flatten().map(EventTime::from_micros))
        })
        .await
    }

    async fn frontiers(&self) -> Result<Vec<(MonitorId, EventTime)>, StoreError> {
        answer(Call::Frontiers, async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(FrontierColumns, "statements/frontiers.sql").fetch_all(&mut tx).await?;
            tx.commit().await?;
            FrontierColumns::sorted(rows)
        })
        .await
    }

    async fn each_sealed_pane(
        &self,
        monitor: &MonitorId,
        from: EventTime,
        to: EventTime,
        each: &mut (dyn FnMut(SealedPane) + Send),
    ) -> Result<(), StoreError> {
        answer(Call::SealedPanes(monitor), async {
            let mut tx = self.begin().await?;
            each_sealed_pane(&mut tx, monitor, (from, to), each).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn baseline(&self, reference: &BaselineRef) -> Result<Option<StoredBaseline>, StoreError> {
        answer(Call::Baseline(reference), async {
            let mut tx = self.begin().await?;
            let found = baseline(&mut tx, reference).await?;
            tx.commit().await?;
            Ok(found)
        })
        .await
    }

    async fn newest_baseline(&self, name: &BaselineName) -> Result<Option<StoredBaseline>, StoreError> {
        answer(Call::NewestBaseline(name), async {
            let mut tx = self.begin().await?;
            let row = query_file_as!(BaselineColumns, "statements/newest_baseline.sql", name.as_str());
            let row = row.fetch_optional(&mut tx).await?;
            tx.commit().await?;
            row.map(BaselineColumns::checked).transpose()
        })
        .await
    }

    async fn baselines(&self) -> Result<Vec<BaselineSummary>, StoreError> {
        answer(Call::Baselines, async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(SummaryColumns, "statements/baselines.sql").fetch_all(&mut tx).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| SummaryColumns { source: original(row.source), ..row }.into_summary()).collect()
        })
        .await
    }

    async fn activations(&self, monitor: &MonitorId) -> Result<Vec<Activation>, StoreError> {
        answer(Call::Activations(monitor), async {
            let mut tx = self.begin().await?;
            let found = activations(&mut tx, monitor).await?;
            tx.commit().await?;
            Ok(found)
        })
        .await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<Vec<HistoryRow>, StoreError> {
        answer(Call::History, async {
            let mut tx = self.begin().await?;
            let rows = history(&mut tx, query).await?;
            tx.commit().await?;
            rows.into_iter().map(plain).collect()
        })
        .await
    }

    async fn windows(&self, wanted: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        answer(Call::Windows(&wanted.monitor), async {
            let mut tx = self.begin().await?;
            let rows = windows(&mut tx, wanted).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| plain_window(row, wanted)).collect()
        })
        .await
    }

    async fn newest_windows(&self, wanted: &WindowQuery) -> Result<Vec<WindowRow>, StoreError> {
        answer(Call::Windows(&wanted.monitor), async {
            let mut tx = self.begin().await?;
            let rows = newest_windows(&mut tx, wanted).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| plain_window(row, wanted)).collect()
        })
        .await
    }

    async fn incident_page(&self, wanted: &IncidentQuery) -> Result<Vec<ListedIncident>, StoreError> {
        answer(Call::Incidents, async {
            let mut tx = self.begin().await?;
            let rows = incident_page(&mut tx, wanted).await?;
            tx.commit().await?;
            let plain = |row: IncidentColumns| IncidentColumns { segment: original(row.segment), ..row };
            rows.into_iter().map(|row| plain(row).into_listed()).collect()
        })
        .await
    }

    async fn incidents(&self, monitor: Option<&MonitorId>) -> Result<Vec<IncidentRow>, StoreError> {
        answer(Call::Incidents, async {
            let mut tx = self.begin().await?;
            let rows = query_file_as!(IncidentColumns, "statements/incidents.sql", monitor.map(MonitorId::as_str));
            let rows = rows.fetch_all(&mut tx).await?;
            tx.commit().await?;
            rows.into_iter().map(|row| IncidentColumns { segment: original(row.segment), ..row }.into_row()).collect()
        })
        .await
    }

    async fn incident(&self, id: &IncidentId) -> Result<Option<(Incident, Vec<IncidentEvent>)>, StoreError> {
        answer(Call::Incident(id), async {
            if id.as_str().is_empty() {
                return Ok(None);
            }
            let mut tx = self.begin().await?;
            let found = query_as!(
                IncidentBody,
                r#"SELECT id, body::text AS "body!" FROM incidents
                   WHERE starts_with(id, $1) ORDER BY id <> $1, id LIMIT 2"#,
                &stored(id.as_str())
            );
            let Some(found) = IncidentBody::named(id.as_str(), found.fetch_all(&mut tx).await?) else {
                return Ok(None);
            };
            let rows = query_file_as!(EventColumns, "statements/incident_events.sql", &found.id);
            let rows = rows.fetch_all(&mut tx).await?;
            tx.commit().await?;
            let events: Outcome<Vec<_>> = rows.into_iter().map(|row| row.into_event(&found.id)).collect();
            Ok(Some((found.into_incident()?, events?)))
        })
        .await
    }

    async fn silences(&self, ending_after: Option<Timestamp>) -> Result<Vec<Silence>, StoreError> {
        answer(Call::Silences, async {
            let mut tx = self.begin().await?;
            let found = silences(&mut tx, ending_after).await?;
            tx.commit().await?;
            Ok(found)
        })
        .await
    }
}

/// Shows `each` sealed pane that starts in [`from`, `to`), one at a time.
async fn each_sealed_pane(
    tx: &mut Transaction,
    monitor: &MonitorId,
    (from, to): (EventTime, EventTime),
    each: &mut (dyn FnMut(SealedPane) + Send),
) -> Outcome<()> {
    let (from, to) = (from.as_micros(), to.as_micros());
    let rows = query_file_as!(PaneColumns, "statements/sealed_panes.sql", monitor.as_str(), from, to);
    let mut rows = rows.fetch(tx);
    while let Some(row) = rows.try_next().await? {
        each(PaneColumns { segment: original(row.segment), ..row }.into_pane()?);
    }
    Ok(())
}

/// One version of a baseline.
pub(super) async fn baseline(tx: &mut Transaction, wanted: &BaselineRef) -> Outcome<Option<StoredBaseline>> {
    let version = i64::from(wanted.version);
    let row = query_file_as!(BaselineColumns, "statements/baseline.sql", wanted.name.as_str(), version);
    row.fetch_optional(tx).await?.map(BaselineColumns::checked).transpose()
}

/// Activations of a monitor, oldest first.
pub(super) async fn activations(tx: &mut Transaction, monitor: &MonitorId) -> Outcome<Vec<Activation>> {
    let rows = query_file_as!(ActivationColumns, "statements/activations.sql", monitor.as_str());
    rows.fetch_all(tx).await?.into_iter().map(ActivationColumns::into_activation).collect()
}

/// Silences that end after that moment, or all.
pub(super) async fn silences(tx: &mut Transaction, ending_after: Option<Timestamp>) -> Outcome<Vec<Silence>> {
    let after = ending_after.map(Timestamp::as_micros);
    let rows = query_file_as!(SilenceColumns, "statements/silences.sql", after).fetch_all(tx).await?;
    rows.into_iter()
        .map(|row| {
            SilenceColumns { author: original(row.author), comment: original(row.comment), ..row }.into_silence()
        })
        .collect()
}

async fn windows(tx: &mut Transaction, wanted: &WindowQuery) -> Outcome<Vec<WindowColumns>> {
    let (ends, after) = (Ends::of_windows(wanted), AfterWindow::of(wanted, stored));
    let segment = wanted.segment.as_ref().map(|segment| stored(segment.as_str()));
    let name = wanted.window_name.as_ref().map(|name| stored(name.as_str()));
    let rows = query_file_as!(
        WindowColumns,
        "statements/windows.sql",
        wanted.monitor.as_str(),
        segment.as_deref(),
        name.as_deref(),
        ends.from,
        ends.to,
        after.end,
        &*after.segment,
        &*after.name,
        i64::from(wanted.limit)
    );
    Ok(rows.fetch_all(tx).await?)
}

async fn newest_windows(tx: &mut Transaction, wanted: &WindowQuery) -> Outcome<Vec<WindowColumns>> {
    let (ends, after) = (Ends::of_windows(wanted), AfterWindow::of(wanted, stored));
    let segment = wanted.segment.as_ref().map(|segment| stored(segment.as_str()));
    let name = wanted.window_name.as_ref().map(|name| stored(name.as_str()));
    let rows = query_file_as!(
        WindowColumns,
        "statements/newest_windows.sql",
        wanted.monitor.as_str(),
        segment.as_deref(),
        name.as_deref(),
        ends.from,
        ends.to,
        after.end,
        &*after.segment,
        &*after.name,
        i64::from(wanted.limit)
    );
    Ok(rows.fetch_all(tx).await?)
}

async fn incident_page(tx: &mut Transaction, wanted: &IncidentQuery) -> Outcome<Vec<IncidentColumns>> {
    let bounds = IncidentBounds::of(wanted, stored);
    let rows = query_file_as!(
        IncidentColumns,
        "statements/incident_page.sql",
        wanted.monitor.as_ref().map(MonitorId::as_str),
        wanted.state.map(IncidentState::as_str),
        bounds.from,
        bounds.to,
        bounds.first_seen,
        &*bounds.id,
        i64::from(wanted.limit)
    );
    Ok(rows.fetch_all(tx).await?)
}

async fn history(tx: &mut Transaction, wanted: &HistoryQuery) -> Outcome<Vec<HistoryColumns>> {
    let (from, to) = Ends::of_history(wanted);
    let after = wanted.after.as_ref();
    let after_segment = after.map(|after| stored(after.segment.as_str()));
    let after_window = after.map(|after| stored(after.window_name.as_str()));
    let shape = wanted.shape.as_ref().map(|shape| stored(shape.as_str()));
    let lasting = wanted.shape.as_ref().map(|shape| stored(shape.lasting().as_str()).into_owned());
    let after_feature = after.map(|after| stored(after.feature.as_str()));
    let feature = wanted.feature.as_ref().map(|feature| stored(feature.as_str()));
    let segment = wanted.segment.as_ref().map(|segment| stored(segment.as_str()));
    // Filters that are not asked for are constants to the planner, which drops them.
    let rows = query_as!(
        HistoryColumns,
        "SELECT w.monitor, w.segment, w.window_name, w.window_start, w.window_end, d.feature, d.statistic, d.value,
                d.certified_error, d.n, d.m, d.p_value, d.q_value, d.warn, d.critical, d.outcome, w.baseline,
                w.sealed_at, d.expected, d.net, d.phi, d.healthy_windows, d.level, d.previous_value, d.previous_p,
                d.day_value, d.day_p, d.week_value, d.week_p
         FROM windows AS w JOIN feature_drift AS d ON d.window_id = w.id
         WHERE ($1::text IS NULL OR w.monitor = $1) AND ($2::text IS NULL OR d.feature = $2)
           AND ($3::text IS NULL OR d.statistic = $3) AND ($4::text IS NULL OR w.segment = $4)
           AND ($14::text IS NULL OR w.window_name IN ($14, $15::text))
           AND ($5::bigint IS NULL OR w.window_end > $5) AND ($6::bigint IS NULL OR w.window_end <= $6)
           AND ($7::bigint IS NULL OR (w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor)
                                      > ($7, $8, $9, $10, $11, $12))
         ORDER BY w.window_end, w.segment, w.window_name, d.feature, d.statistic, w.monitor LIMIT $13",
        wanted.monitor.as_ref().map(MonitorId::as_str),
        feature.as_deref(),
        wanted.statistic.map(DriftStatistic::as_str),
        segment.as_deref(),
        from,
        to,
        after.map(|after| after.window_end.as_micros()),
        after_segment.as_deref(),
        after_window.as_deref(),
        after_feature.as_deref(),
        after.map(|after| after.statistic.as_str()),
        after.map(|after| after.monitor.as_str()),
        wanted.limit.map(i64::from),
        shape.as_deref(),
        lasting
    );
    Ok(rows.fetch_all(tx).await?)
}

fn plain(row: HistoryColumns) -> Outcome<HistoryRow> {
    let (segment, feature) = (original(row.segment), original(row.feature));
    let window_name = original(row.window_name);
    HistoryColumns { segment, window_name, feature, ..row }.into_row()
}

fn plain_window(row: WindowColumns, wanted: &WindowQuery) -> Outcome<WindowRow> {
    let (segment, window_name) = (original(row.segment), original(row.window_name));
    WindowColumns { segment, window_name, ..row }.into_row(&wanted.monitor)
}
