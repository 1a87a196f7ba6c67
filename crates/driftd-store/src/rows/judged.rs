//! Baselines, and what was judged against them.

use std::sync::Arc;

use driftd_model::{
    Activation, AlarmCount, Baseline, BaselineSummary, ContentHash, FeatureName, HistoryRow, MonitorId,
    Outcome as Judged, StoredBaseline, WindowRow,
};
use driftd_window::{EventTime, SegmentKey, Timestamp, WindowName};
use sqlx::FromRow;

use crate::error::{Failure, Outcome};
use crate::read::{activation, count, document, event_time, parsed, reference, word};

/// A statistic of a window.
pub(crate) struct HistoryColumns {
    pub(crate) monitor: String,
    pub(crate) segment: String,
    pub(crate) window_name: String,
    pub(crate) window_start: i64,
    pub(crate) window_end: i64,
    pub(crate) feature: String,
    pub(crate) statistic: String,
    pub(crate) value: Option<f64>,
    pub(crate) certified_error: Option<f64>,
    pub(crate) n: i64,
    pub(crate) m: i64,
    pub(crate) p_value: Option<f64>,
    pub(crate) q_value: Option<f64>,
    pub(crate) warn: Option<f64>,
    pub(crate) critical: Option<f64>,
    pub(crate) outcome: Option<String>,
    pub(crate) baseline: String,
    pub(crate) sealed_at: i64,
    pub(crate) expected: Option<f64>,
    pub(crate) net: Option<f64>,
    pub(crate) phi: Option<f64>,
    pub(crate) healthy_windows: Option<i64>,
    pub(crate) level: Option<f64>,
    pub(crate) previous_value: Option<f64>,
    pub(crate) previous_p: Option<f64>,
    pub(crate) day_value: Option<f64>,
    pub(crate) day_p: Option<f64>,
    pub(crate) week_value: Option<f64>,
    pub(crate) week_p: Option<f64>,
}

impl HistoryColumns {
    pub(crate) fn into_row(self) -> Outcome<HistoryRow> {
        Ok(HistoryRow {
            monitor: parsed(&self.monitor, "monitor name")?,
            segment: SegmentKey::from_stored(self.segment),
            window_name: WindowName::from(self.window_name.as_str()),
            window_start: EventTime::from_micros(self.window_start),
            window_end: EventTime::from_micros(self.window_end),
            feature: FeatureName::from(self.feature.as_str()),
            statistic: parsed(&self.statistic, "statistic")?,
            value: self.value,
            certified_error: self.certified_error,
            n: count(self.n, "number of baseline values")?,
            m: count(self.m, "number of window values")?,
            p_value: self.p_value,
            q_value: self.q_value,
            warn: self.warn,
            critical: self.critical,
            outcome: self.outcome.map(|text| word(&text, Judged::from_stored, "outcome")).transpose()?,
            baseline: self.baseline,
            sealed_at: Timestamp::from_micros(self.sealed_at),
            expected: self.expected,
            net: self.net,
            phi: self.phi,
            healthy_windows: self.healthy_windows.map(|found| u32::try_from(found).unwrap_or(u32::MAX)),
            level: self.level,
            previous_value: self.previous_value,
            previous_p: self.previous_p,
            day_value: self.day_value,
            day_p: self.day_p,
            week_value: self.week_value,
            week_p: self.week_p,
        })
    }
}

/// A judged window of a monitor.
#[derive(FromRow)]
pub(crate) struct WindowColumns {
    pub(crate) segment: String,
    pub(crate) window_name: String,
    pub(crate) window_start: i64,
    pub(crate) window_end: i64,
    pub(crate) rows: i64,
    pub(crate) coverage: f64,
    pub(crate) outcome: String,
    pub(crate) baseline: String,
    pub(crate) sealed_at: i64,
}

impl WindowColumns {
    pub(crate) fn into_row(self, monitor: &MonitorId) -> Outcome<WindowRow> {
        Ok(WindowRow {
            monitor: monitor.clone(),
            segment: SegmentKey::from_stored(self.segment),
            window_name: WindowName::from(self.window_name.as_str()),
            window_start: EventTime::from_micros(self.window_start),
            window_end: EventTime::from_micros(self.window_end),
            rows: count(self.rows, "number of records of a window")?,
            coverage: self.coverage,
            outcome: word(&self.outcome, Judged::from_stored, "outcome of a window")?,
            baseline: self.baseline,
            sealed_at: Timestamp::from_micros(self.sealed_at),
        })
    }
}

/// How often a monitor has alarmed.
#[derive(FromRow)]
pub(crate) struct AlarmColumns {
    #[sqlx(rename = "since?")]
    pub(crate) since: Option<i64>,
    #[sqlx(rename = "opened!")]
    pub(crate) opened: i64,
}

impl AlarmColumns {
    pub(crate) fn into_count(self) -> Outcome<AlarmCount> {
        Ok(AlarmCount { since: event_time(self.since), opened: count(self.opened, "number of incidents")? })
    }
}

/// A version of a baseline.
#[derive(FromRow)]
pub(crate) struct BaselineColumns {
    pub(crate) name: String,
    #[sqlx(rename = "version!")]
    pub(crate) version: i64,
    pub(crate) content_hash: String,
    pub(crate) created_at: i64,
    #[sqlx(rename = "profile!")]
    pub(crate) profile: String,
}

impl BaselineColumns {
    /// A baseline is the measure of everything: it is used only if its shapes and its hash are what they were.
    pub(crate) fn checked(self) -> Outcome<StoredBaseline> {
        let reference = reference(&self.name, self.version)?;
        let baseline: Baseline = document(&self.profile, format_args!("baseline {reference}"))?;
        if !baseline.is_consistent() || baseline.content_hash().as_str() != self.content_hash {
            return Err(Failure::damaged(format!("baseline {reference}")));
        }
        Ok(StoredBaseline {
            reference,
            hash: ContentHash::from_stored(self.content_hash),
            created_at: Timestamp::from_micros(self.created_at),
            baseline: Arc::new(baseline),
        })
    }
}

/// From when on a version of a baseline is judged against.
#[derive(FromRow)]
pub(crate) struct ActivationColumns {
    pub(crate) since_pane: i64,
    pub(crate) name: String,
    #[sqlx(rename = "version!")]
    pub(crate) version: i64,
}

impl ActivationColumns {
    pub(crate) fn into_activation(self) -> Outcome<Activation> {
        activation(self.since_pane, &self.name, self.version)
    }
}

/// A version of a baseline without its content.
#[derive(FromRow)]
pub(crate) struct SummaryColumns {
    pub(crate) name: String,
    #[sqlx(rename = "version!")]
    pub(crate) version: i64,
    pub(crate) content_hash: String,
    pub(crate) created_at: i64,
    pub(crate) source: String,
    pub(crate) rows: i64,
    pub(crate) features: i64,
}

impl SummaryColumns {
    pub(crate) fn into_summary(self) -> Outcome<BaselineSummary> {
        Ok(BaselineSummary {
            reference: reference(&self.name, self.version)?,
            hash: ContentHash::from_stored(self.content_hash),
            created_at: Timestamp::from_micros(self.created_at),
            source: self.source,
            rows: count(self.rows, "rows of a baseline")?,
            features: count(self.features, "features of a baseline")?,
        })
    }
}
