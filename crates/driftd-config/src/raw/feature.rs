//! Features and thresholds as they are written.

use driftd_model::{FeatureKind, Pointer, Role};
use driftd_stats::{Binning, Definition, DriftStatistic};
use serde_json::Value as Json;

use crate::problem::Problems;
use crate::read::{Field, Keys, Located, Read, Required, TableReader, Take, record};
use crate::tree::Node;

record! {
    /// What a feature has of its own.
    RawFeature, "a table, such as { ignore = true }" {
        /// JSON Pointer to the value; in flat files the column of its last token. Default /features/NAME.
        path: Field<Pointer>,
        /// What the column is to the model: "feature", "prediction" or "label". Default as in the baseline.
        role: Field<Role>,
        /// How it is compared: "numeric" or "categorical". Default as inferred when the baseline was built.
        kind: Field<FeatureKind>,
        /// Not watched at all. Default false.
        ignore: Field<bool>,
        /// Statistics that decide. Default the monitor's.
        statistics: Field<Vec<Located<DriftStatistic>>>,
        /// Coarse bins when a baseline is built. Default the monitor's.
        bins: Field<Binning>,
        /// Thresholds that differ from the monitor's, each under its statistic's name.
        thresholds: RawThresholds,
    }
}

record! {
    /// Effect sizes.
    RawThreshold, "thresholds, such as { warn = 0.1, critical = 0.25 }" {
        /// Effect from which the outcome is a warning.
        warn: Required<f64>,
        /// Effect from which it is critical; never below warn.
        critical: Required<f64>,
    }
}

/// Thresholds by statistic: one key for each row of the table of statistics.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawThresholds(Vec<(DriftStatistic, Located<RawThreshold>)>);

impl RawThresholds {
    /// The thresholds that were written.
    pub(crate) fn given(self) -> Vec<(DriftStatistic, Located<RawThreshold>)> {
        self.0
    }
}

/// Within a feature the thresholds have no key of their own: their keys are the feature's.
impl Take for RawThresholds {
    fn take(table: &mut TableReader<'_>, _: &'static str, problems: &mut Problems) -> Self {
        let mut given = |statistic: DriftStatistic| {
            let field: Field<RawThreshold> = table.optional(statistic.as_str(), problems);
            Some((statistic, field.given()?))
        };
        Self(DriftStatistic::ALL.into_iter().filter_map(&mut given).collect())
    }

    fn describe(keys: &mut Keys, _: &'static str, _: &str) {
        for statistic in DriftStatistic::ALL {
            let Definition { title, thresholds, .. } = statistic.definition();
            let default = thresholds.map_or_else(
                || "No default".to_owned(),
                |(warn, critical)| format!("Default {{ warn = {warn}, critical = {critical} }}"),
            );
            keys.add(statistic.as_str(), &format!("{title}. {default}."), RawThreshold::schema(), false);
        }
    }
}

impl Read for RawThresholds {
    const EXPECTED: &'static str = "a table, such as { psi = { warn = 0.1, critical = 0.25 } }";

    fn read(node: &Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let mut table = TableReader::open(node, path, problems)?;
        let read = Self::take(&mut table, "", problems);
        table.finish(problems);
        Some(read)
    }

    fn schema() -> Json {
        let mut keys = Keys::default();
        Self::describe(&mut keys, "", "");
        keys.into_schema()
    }
}
