//! `[[monitor]]` as it is written.

use std::collections::BTreeMap;

use driftd_model::{BaselineRef, MonitorId, Pointer, Topic};
use driftd_stats::{Binning, DriftStatistic, Smoothing};
use driftd_window::Span;

use super::{RawFeature, RawLabels, RawThresholds};
use crate::HttpUrl;
use crate::choice::{Format, OneOrMore};
use crate::optional::OrNever;
use crate::read::{Field, Located, Required, record};

record! {
    /// A monitor.
    RawMonitor, "a monitor" {
        /// Name of the monitor.
        name: Required<MonitorId>,
        /// Topic to read. Either this or topics.
        topic: Field<Topic>,
        /// Topics to read. Either this or topic.
        topics: Field<Vec<Located<Topic>>>,
        /// Format of the records. Default "json", the only one for now.
        format: Field<Format>,
        /// JSON Pointer to the event time; in flat files the column of its last token. Default "/ts".
        event_time: Field<Pointer>,
        /// JSON Pointer to the record's id. None by default.
        id: Field<Pointer>,
        /// Where model name and version stand. Nowhere by default.
        model: Field<RawModel>,
        /// Which records are counted, by model name and version. By default all.
        filter: Field<RawFilter>,
        /// Labels of its incidents, for routes, silences and receivers, such as { team = "ml" }. None by default.
        labels: Field<RawLabels>,
        /// Address of what to do about its incidents. None by default.
        runbook: Field<HttpUrl>,
        /// Baseline to compare with, as NAME@vN.
        baseline: Required<BaselineRef>,
        /// Width of a pane, the smallest slice of event time. Default "1h".
        pane: Field<Span>,
        /// How far records may be out of order: subtracted when the watermark advances. Default "1m".
        out_of_orderness: Field<Span>,
        /// How long a pane stays open after the watermark has passed it. Default "5m".
        allowed_lateness: Field<Span>,
        /// Quiet time after which a partition that was read to its end no longer holds others back. Default "1m".
        idle_timeout: Field<Span>,
        /// How far beyond the clock an event time may lie before its record is rejected. Default "1h".
        max_future_skew: Field<Span>,
        /// Windows to judge. Default one, named "day", of size "1d".
        windows: Field<Vec<Located<RawWindow>>>,
        /// Labels that split the population. Not split by default.
        segments: Field<RawSegments>,
        /// Usable values below which nothing is judged. Default 50.
        min_samples: Field<u64>,
        /// Largest adjusted p-value that counts as significant. Default 0.01.
        q: Field<f64>,
        /// Smoothing of shares in PSI: { pseudo_count = 0.5 }, { epsilon = 1e-4 } or "none". Default the first.
        smoothing: Field<Smoothing>,
        /// Statistics that decide; the others are computed and shown.
        /// Default psi, ks, missing, unseen and non_finite.
        statistics: Field<Vec<Located<DriftStatistic>>>,
        /// Effect thresholds by statistic.
        thresholds: Field<RawThresholds>,
        /// When incidents open, end and are told again.
        incidents: Field<RawIncidents>,
        /// When driftd's own trouble with the records becomes an incident.
        pipeline: Field<RawPipeline>,
        /// How a baseline for this monitor is laid out when it is built.
        baseline_options: Field<RawBaselineOptions>,
        /// What single features have of their own, by name. By default every column of the baseline is watched.
        features: Field<BTreeMap<String, Located<RawFeature>>>,
    }
}

record! {
    /// Where model name and version stand.
    RawModel, "a table" {
        /// JSON Pointer to the model's name.
        name: Field<Pointer>,
        /// JSON Pointer to the model's version.
        version: Field<Pointer>,
    }
}

record! {
    /// Which records a monitor counts.
    RawFilter, "a table, such as { model = \"flight-delay\", version = [\"3\", \"4\"] }" {
        /// Model name, or a list of names, to count. Default any.
        model: Field<OneOrMore>,
        /// Model version, or a list of versions, to count. Default any.
        version: Field<OneOrMore>,
    }
}

record! {
    /// A window shape.
    RawWindow, "a window, such as { name = \"day\", size = \"1d\", slide = \"6h\" }" {
        /// Name of the window.
        name: Required<String>,
        /// Length; a multiple of the pane.
        size: Required<Span>,
        /// Distance between two windows; a multiple of the pane. Default the size.
        slide: Field<Span>,
    }
}

record! {
    /// How the population is split.
    RawSegments, "a table, such as { by = [\"/features/carrier\"], max = 32 }" {
        /// JSON Pointers to the labels.
        by: Required<Vec<Located<Pointer>>>,
        /// Segments kept apart, largest first; the rest overflow. Default 32.
        max: Field<u64>,
    }
}

record! {
    /// The life of incidents.
    RawIncidents, "a table" {
        /// Consecutive bad windows over disjoint data before one opens; critical ones open at once. Default 2.
        open_after: Field<u64>,
        /// Consecutive good windows over disjoint data before it resolves. Default 2.
        resolve_after: Field<u64>,
        /// Shortest time between two notifications about new features. Default "5m".
        group_interval: Field<Span>,
        /// Time after which an open, unacknowledged incident is told again. Default "4h".
        repeat_interval: Field<Span>,
        /// Share of the rows the baseline had in the same hours of the week below which a window has too few, or
        /// "never". Default 0.1.
        least_volume: Field<OrNever<f64>>,
    }
}

record! {
    /// Trouble of driftd's own.
    RawPipeline, "a table" {
        /// Time the watermark may be behind the clock while there is more to read, or "never". Default "1h".
        lag: Field<OrNever<Span>>,
        /// Event time one partition may be behind the newest, or "never". Default "30m".
        stall: Field<OrNever<Span>>,
        /// Share of rejected records from which on it is one, or "never". Default 0.05.
        rejected: Field<OrNever<f64>>,
    }
}

record! {
    /// The layout of a baseline.
    RawBaselineOptions, "a table" {
        /// Coarse bins: 20, { equal_width = 30 } or { edges = [0, 1, 2] }. Default 10 by quantiles.
        bins: Field<Binning>,
        /// Quantile cells of the fine grid, 16 to 4096. Default 256.
        cells: Field<u64>,
        /// Categories listed by name, 1 to 10000. Default 100.
        categories: Field<u64>,
    }
}
