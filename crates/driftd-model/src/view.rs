//! Views: rows that analysts get, in the store's SQL and in every export.
//!
//! A column of a view is one field of one struct, declared in `view!`: what the field is called is what the column is
//! called, and its type says what the column holds. Tables, CSV, JSON and Parquet derive from [`View::COLUMNS`].

use driftd_stats::DriftStatistic;
use driftd_window::{EventTime, SegmentKey, Timestamp, WindowName};

use crate::{FeatureName, IncidentId, IncidentKind, IncidentState, MonitorId, Outcome, Severity};

/// Rows with columns.
pub trait View: Sized + 'static {
    /// The columns, in order.
    const COLUMNS: &'static [Column<Self>];
}

/// A column of the rows `R`.
#[derive(Debug)]
pub struct Column<R> {
    /// Its name.
    pub name: &'static str,
    /// What it says, in words.
    pub says: &'static str,
    /// What it holds.
    pub kind: CellKind,
    /// Its value in a row; nothing where there is none.
    pub cell: fn(&R) -> Option<Cell>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// Floating point numbers.
    Float,
    /// Counts.
    Count,
    /// Instants, of event time or of the clock.
    Time,
    /// Lists of texts.
    List,
}

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// See [`CellKind::Text`].
    Text(String),
    /// See [`CellKind::Float`].
    Float(f64),
    /// See [`CellKind::Count`].
    Count(u64),
    /// See [`CellKind::Time`].
    Time(Timestamp),
    /// See [`CellKind::List`].
    List(Vec<String>),
}

/// A type that a field of a view may have.
pub trait CellType {
    /// What a column of it holds.
    const KIND: CellKind;

    /// The value.
    fn cell(&self) -> Option<Cell>;
}

impl<T: CellType> CellType for Option<T> {
    const KIND: CellKind = T::KIND;

    fn cell(&self) -> Option<Cell> {
        self.as_ref().and_then(T::cell)
    }
}

macro_rules! cells {
    ($($type:ty => $kind:ident($value:ident: $cell:expr)),* $(,)?) => {
        $(impl CellType for $type {
            const KIND: CellKind = CellKind::$kind;

            fn cell(&self) -> Option<Cell> {
                let $value = self;
                Some(Cell::$kind($cell))
            }
        })*
    };
}

cells! {
    f64 => Float(value: *value),
    u64 => Count(count: *count),
    u32 => Count(count: u64::from(*count)),
    EventTime => Time(time: Timestamp::from_micros(time.as_micros())),
    Timestamp => Time(time: *time),
    String => Text(text: text.clone()),
    MonitorId => Text(monitor: monitor.as_str().to_owned()),
    // Empty for the whole population, which people are shown as "all".
    SegmentKey => Text(segment: segment.as_str().to_owned()),
    WindowName => Text(window: window.as_str().to_owned()),
    FeatureName => Text(feature: feature.as_str().to_owned()),
    Vec<FeatureName> => List(features: features.iter().map(|feature| feature.as_str().to_owned()).collect()),
    DriftStatistic => Text(statistic: statistic.as_str().to_owned()),
    Outcome => Text(outcome: outcome.as_str().to_owned()),
    IncidentId => Text(incident: incident.as_str().to_owned()),
    IncidentKind => Text(kind: kind.as_str().to_owned()),
    Severity => Text(severity: severity.as_str().to_owned()),
    IncidentState => Text(state: state.as_str().to_owned()),
}

/// Declares the rows of a view: every field is a column.
macro_rules! view {
    ($(#[$doc:meta])* pub struct $view:ident { $(#[doc = $says:literal] pub $column:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $view {
            $(#[doc = $says] pub $column: $type,)*
        }

        impl View for $view {
            const COLUMNS: &'static [Column<Self>] = &[$(Column {
                name: stringify!($column),
                says: $says.trim_ascii(),
                kind: <$type as CellType>::KIND,
                cell: |row| CellType::cell(&row.$column),
            }),*];
        }
    };
}

view! {
    /// A row of the `drift_history` view.
    pub struct HistoryRow {
        /// Monitor.
        pub monitor: MonitorId,
        /// Segment; empty for the whole population.
        pub segment: SegmentKey,
        /// Window shape.
        pub window_name: WindowName,
        /// First instant.
        pub window_start: EventTime,
        /// First instant after.
        pub window_end: EventTime,
        /// Feature.
        pub feature: FeatureName,
        /// Statistic.
        pub statistic: DriftStatistic,
        /// Value; nothing when it could not be computed.
        pub value: Option<f64>,
        /// Width of the certified interval.
        pub certified_error: Option<f64>,
        /// Usable baseline values.
        pub n: u64,
        /// Usable window values.
        pub m: u64,
        /// p-value.
        pub p_value: Option<f64>,
        /// Adjusted p-value.
        pub q_value: Option<f64>,
        /// Warn threshold.
        pub warn: Option<f64>,
        /// Critical threshold.
        pub critical: Option<f64>,
        /// Outcome of the statistic; `stable` to `critical` when judged, nothing when only shown.
        pub outcome: Option<Outcome>,
        /// Baseline judged against, `name@vN`.
        pub baseline: String,
        /// When it was sealed.
        pub sealed_at: Timestamp,
        /// What a healthy window of this size shows on average.
        pub expected: Option<f64>,
        /// The effect beyond that.
        pub net: Option<f64>,
        /// How many times as much as chance alone healthy windows differ.
        pub phi: Option<f64>,
        /// Windows of the baseline that this was learnt from.
        pub healthy_windows: Option<u32>,
        /// Largest adjusted p-value that counted as significant.
        pub level: Option<f64>,
        /// Effect against the window before.
        pub previous_value: Option<f64>,
        /// Its p-value.
        pub previous_p: Option<f64>,
        /// Effect against the window that ended a day earlier.
        pub day_value: Option<f64>,
        /// Its p-value.
        pub day_p: Option<f64>,
        /// Effect against the window that ended a week earlier.
        pub week_value: Option<f64>,
        /// Its p-value.
        pub week_p: Option<f64>,
    }
}

view! {
    /// A row of the `incident_history` view.
    pub struct IncidentRow {
        /// Incident.
        pub incident_id: IncidentId,
        /// Monitor.
        pub monitor: MonitorId,
        /// Segment; empty for the whole population.
        pub segment: SegmentKey,
        /// Kind.
        pub kind: IncidentKind,
        /// Worst severity.
        pub severity: Severity,
        /// State.
        pub state: IncidentState,
        /// When it opened.
        pub opened_at: Option<Timestamp>,
        /// When it was acknowledged.
        pub acknowledged_at: Option<Timestamp>,
        /// When it was resolved.
        pub resolved_at: Option<Timestamp>,
        /// Names of its features, worst first.
        pub features: Vec<FeatureName>,
        /// Bad windows.
        pub windows: u64,
    }
}

view! {
    /// A judged window of one segment: a row of the list of windows.
    pub struct WindowRow {
        /// Monitor.
        pub monitor: MonitorId,
        /// Segment; empty for the whole population.
        pub segment: SegmentKey,
        /// Window shape.
        pub window_name: WindowName,
        /// First instant.
        pub window_start: EventTime,
        /// First instant after.
        pub window_end: EventTime,
        /// Records.
        pub rows: u64,
        /// Share of its panes that hold records, in [0, 1].
        pub coverage: f64,
        /// Worst outcome of its features.
        pub outcome: Outcome,
        /// Baseline judged against, `name@vN`.
        pub baseline: String,
        /// When it was sealed.
        pub sealed_at: Timestamp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and kinds of the columns.
    fn columns<R: View>() -> Vec<String> {
        R::COLUMNS.iter().map(|column| format!("{} {:?}", column.name, column.kind)).collect()
    }

    #[test]
    fn columns_are_a_contract() {
        insta::assert_snapshot!(columns::<HistoryRow>().join(", "), @"monitor Text, segment Text, window_name Text, window_start Time, window_end Time, feature Text, statistic Text, value Float, certified_error Float, n Count, m Count, p_value Float, q_value Float, warn Float, critical Float, outcome Text, baseline Text, sealed_at Time, expected Float, net Float, phi Float, healthy_windows Count, level Float, previous_value Float, previous_p Float, day_value Float, day_p Float, week_value Float, week_p Float");
        insta::assert_snapshot!(columns::<IncidentRow>().join(", "), @"incident_id Text, monitor Text, segment Text, kind Text, severity Text, state Text, opened_at Time, acknowledged_at Time, resolved_at Time, features List, windows Count");
        insta::assert_snapshot!(columns::<WindowRow>().join(", "), @"monitor Text, segment Text, window_name Text, window_start Time, window_end Time, rows Count, coverage Float, outcome Text, baseline Text, sealed_at Time");
    }

    #[test]
    fn a_column_is_a_field() {
        let row = IncidentRow {
            incident_id: IncidentId::from_stored("i".to_owned()),
            monitor: "m".parse().unwrap(),
            segment: SegmentKey::all(),
            kind: IncidentKind::Drift,
            severity: Severity::Critical,
            state: IncidentState::Open,
            opened_at: Some(Timestamp::from_micros(7)),
            acknowledged_at: None,
            resolved_at: None,
            features: vec!["a".into(), "b".into()],
            windows: 3,
        };
        let cell = |name: &str| {
            let column = IncidentRow::COLUMNS.iter().find(|column| column.name == name).unwrap();
            (column.cell)(&row)
        };
        assert_eq!(cell("segment"), Some(Cell::Text(String::new())));
        assert_eq!(cell("opened_at"), Some(Cell::Time(Timestamp::from_micros(7))));
        assert_eq!(cell("resolved_at"), None);
        assert_eq!(cell("features"), Some(Cell::List(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(cell("windows"), Some(Cell::Count(3)));
    }
}
