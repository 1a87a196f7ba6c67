//! The monitors that most tests watch [`Traffic`](super::Traffic) with.

use std::path::Path;

use super::{Settings, Traffic};

/// Names of the monitors of [`three_monitors`], and the versions of the model that each counts.
pub const MONITORS: [(&str, &[u64]); 3] = [("credit", &[1, 2]), ("credit-v2", &[2]), ("credit-regions", &[1, 2])];

/// Rows of the baseline: enough for the ten bins of every feature.
const BASELINE_ROWS: u64 = 20_000;

/// Everything; one version; everything, split by region. Nothing is idle before `idle_timeout`, which is to be longer
/// than every outage of the test.
#[must_use]
pub fn three_monitors(traffic: &Traffic, folder: &Path, idle_timeout: &str) -> Settings {
    let common = format!(
        "topic = \"{{topic}}\"\npane = \"5m\"\nout_of_orderness = \"30s\"\nallowed_lateness = \"1m\"\n\
         idle_timeout = \"{idle_timeout}\"\nmodel = {{ name = \"/model\", version = \"/version\" }}"
    );
    let features = "[monitor.features]\nscore = { role = \"prediction\", path = \"/prediction\" }\n\
                    store = { kind = \"categorical\" }";
    let own = [
        "windows = [{ name = \"hour\", size = \"1h\" }, { name = \"shift\", size = \"2h\", slide = \"30m\" }]",
        "windows = [{ name = \"hour\", size = \"1h\" }]\nfilter = { version = \"2\" }",
        "windows = [{ name = \"half\", size = \"30m\" }]\nsegments = { by = [\"/features/region\"], max = 4 }",
    ];
    let monitor = |((name, _), own): (&(&str, _), &str)| {
        format!("[[monitor]]\nname = \"{name}\"\nbaseline = \"{name}@v1\"\n{common}\n{own}\n{features}\n\n")
    };
    let file = folder.join("baseline.csv");
    traffic.write_baseline(&file, BASELINE_ROWS);
    let settings = Settings::new(MONITORS.iter().zip(own).map(monitor).collect::<String>());
    MONITORS.iter().fold(settings, |settings, (name, _)| settings.baseline(name, &file))
}
