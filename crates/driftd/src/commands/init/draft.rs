//! The configuration that is written for a file.

use std::fmt::Write;
use std::path::Path;

use driftd_dataset::Table;
use driftd_model::{Baseline, BaselineRef, FeatureBaseline, FeatureKind, MonitorId, SkippedColumn, words};

use super::event_time::{EventTime, pointer};

/// Columns that are written down one by one.
const COLUMNS: usize = 1_000;
/// Rows that a window should have, so that small changes show.
const ENOUGH: f64 = 500.0;
/// Categories of a column that may split the population.
const SEGMENTS: std::ops::RangeInclusive<usize> = 2..=32;
/// What stands before the columns.
const FEATURES: &str = "
# What single columns have of their own. Every column of the baseline is watched, as the kind that was found. Take a \"#\"
# away to say otherwise, then build the baseline again: kind = \"categorical\" for numbers that are codes, ignore = true for
# what is not worth watching, role = \"prediction\" or \"label\" for what the model answers and what came of it.
[monitor.features]
";
/// What stands at the end.
const RECEIVERS: &str = "
# Who hears of it; `driftd receivers test on-call` tries it out.
# [[receiver]]
# name = \"on-call\"
# slack = { webhook = { env = \"SLACK_URL\" } }
# [[route]]
# receivers = [\"on-call\"]
";

/// What is known of a file and its monitor.
pub(super) struct Draft<'a> {
    pub(super) name: MonitorId,
    pub(super) baseline: BaselineRef,
    pub(super) file: String,
    /// How files are read, as far as that was said: keys and their values.
    pub(super) files: Vec<(&'static str, String)>,
    pub(super) table: &'a Table,
    /// What its columns were found to be.
    pub(super) found: &'a Baseline,
    pub(super) event_time: Option<EventTime>,
    /// Its rows a day, where they are known.
    pub(super) a_day: Option<f64>,
}

/// Windows over panes.
struct Windows {
    pane: &'static str,
    name: &'static str,
    size: &'static str,
    days: f64,
}

impl Draft<'_> {
    /// The file's text.
    pub(super) fn toml(&self) -> String {
        let (file, rows) = (words::name(&self.file, 200), words::counted(self.found.rows, "row", "rows"));
        let mut text = format!(
            "# Written by `driftd init` for {file}, {rows}.\n\
             # `driftd config check` says what is wrong with this file, `driftd config show` every key with its value.\n\n\
             [store]\nurl = \"sqlite://driftd.db\"  # or postgres://user@host/database\n\n\
             # For the daemon, `driftd run`.\n[kafka]\nbrokers = [\"localhost:9092\"]\n\n"
        );
        if !self.files.is_empty() {
            text.push_str("# How files are read, as it was said for this one.\n[files]\n");
            for (key, value) in &self.files {
                let _ = writeln!(text, "{key} = {value}");
            }
            text.push('\n');
        }
        self.monitor(&mut text);
        self.features(&mut text);
        text.push_str(RECEIVERS);
        text
    }

    // Writing to a text does not fail.
    fn monitor(&self, text: &mut String) {
        let (name, baseline, windows) = (&self.name, &self.baseline, self.windows());
        let _ = writeln!(text, "[[monitor]]\nname = \"{name}\"\ntopic = \"{name}\"");
        let _ = match &self.event_time {
            Some(at) => writeln!(
                text,
                "# Where the event time stands in a record; in flat files the column of its last part.\nevent_time = {}",
                quoted(at.pointer.as_str())
            ),
            None => writeln!(
                text,
                "# No column of the file holds points in time. `driftd check` needs none, `driftd replay` and the daemon do.\n\
                 event_time = \"/ts\""
            ),
        };
        let _ = writeln!(
            text,
            "# \"{}\" alone would be its newest version whenever driftd starts.\nbaseline = \"{baseline}\"\npane = \"{}\"",
            baseline.name, windows.pane
        );
        if let Some(a_day) = self.a_day {
            let rows = words::count((a_day * windows.days).round() as u64);
            let _ = writeln!(text, "# The file has about {rows} rows in a window.");
        }
        let _ = writeln!(text, "windows = [{{ name = \"{}\", size = \"{}\" }}]", windows.name, windows.size);
        if let Some(label) = self.label() {
            let _ = writeln!(
                text,
                "# Judge the parts of the population by themselves as well; takes building the baseline again.\n\
                 # segments = {{ by = [{}], max = 32 }}",
                quoted(&label)
            );
        }
    }

    fn features(&self, text: &mut String) {
        text.push_str(FEATURES);
        let features: Vec<(String, String)> = self.found.features.iter().map(|feature| self.feature(feature)).collect();
        block(text, &features);
        let ignored: Vec<(String, String)> = self.left_out().map(ignored).collect();
        if !ignored.is_empty() {
            text.push_str("# Not watched, each for the reason beside it.\n");
            block(text, &ignored);
        }
    }

    /// The line of a feature, and what there is to say about it.
    fn feature(&self, feature: &FeatureBaseline) -> (String, String) {
        let (key, aggregate) = (quoted_key(feature.name.as_str()), &feature.aggregate);
        let categories = feature.layout.as_categorical().map(|d| d.categories().len() as u64);
        let mut remarks: Vec<String> =
            categories.map(|n| words::counted(n, "category", "categories")).into_iter().collect();
        if feature.kind() == FeatureKind::Presence {
            remarks.push("no values: only whether there is one is watched".to_owned());
        } else if aggregate.missing() > 0 {
            let share = aggregate.missing() as f64 / aggregate.rows().max(1) as f64;
            remarks.push(format!("{} missing", words::percent(share)));
        }
        let line = match (self.elsewhere(feature.name.as_str()), feature.kind()) {
            (Some(path), _) => format!("{key} = {{ path = {} }}", quoted(&path)),
            (None, FeatureKind::Presence) => format!("# {key} = {{ ignore = true }}"),
            (None, kind) => format!("# {key} = {{ kind = \"{kind}\" }}"),
        };
        (line, remarks.join(", "))
    }

    /// Where a feature stands in nested records, if it would not be found there by its name.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let index = self.column(name)?;
        let full = self.table.schema().columns().get(index)?.name.as_str();
        let is_usual = full == name || full.strip_prefix("features/") == Some(name);
        if is_usual { None } else { pointer(self.table, index).map(String::from) }
    }

    fn column(&self, name: &str) -> Option<usize> {
        // Names that the baseline took from the table are in it, and mean one column each.
        self.table.schema().find(name, self.table.path()).ok().flatten()
    }

    /// Columns that the baseline has not, but for the event time.
    fn left_out(&self) -> impl Iterator<Item = &SkippedColumn> {
        let event_time = self.event_time.as_ref().map(|at| at.column.as_str());
        self.found.skipped.iter().filter(move |skipped| Some(skipped.name.as_str()) != event_time)
    }

    /// A column that could split the population.
    fn label(&self) -> Option<String> {
        let fits = |feature: &&FeatureBaseline| {
            feature.layout.as_categorical().is_some_and(|d| SEGMENTS.contains(&d.categories().len()))
        };
        let label = self.found.features.iter().find(fits)?;
        pointer(self.table, self.column(label.name.as_str())?).map(String::from)
    }

    /// The shortest windows that have enough rows.
    fn windows(&self) -> Windows {
        match self.a_day {
            Some(a_day) if a_day * 7.0 < ENOUGH => Windows { pane: "1d", name: "four-weeks", size: "28d", days: 28.0 },
            Some(a_day) if a_day < ENOUGH => Windows { pane: "1d", name: "week", size: "7d", days: 7.0 },
            _ => Windows { pane: "1h", name: "day", size: "1d", days: 1.0 },
        }
    }

    /// What a person should know beyond the text.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![match &self.event_time {
            Some(at) => format!("event times are those of column {:?}; --event-time names another", at.column),
            None => "no column holds points in time; --event-time names one".to_owned(),
        }];
        let left_out: Vec<SkippedColumn> = self.left_out().cloned().collect();
        let sentences = crate::commands::baseline::not_monitored(&left_out);
        remarks.extend(sentences.into_iter().map(|sentence| format!("not watched: {sentence}")));
        remarks
    }

    /// The commands that come next.
    pub(super) fn next_steps(&self, output: &Path) -> String {
        let is_usual = output == Path::new("driftd.toml");
        let config = if is_usual { String::new() } else { format!(" --config {}", output.display()) };
        let Self { name, baseline, .. } = self;
        format!(
            "\nnext, on data of later days:\n  \
             driftd check --monitor {name} --baseline {baseline} --current FILE{config}\n  \
             driftd replay --monitor {name} --dry-run FILE{config}\n  \
             driftd run{config}"
        )
    }
}

/// A column that is not watched, and why.
fn ignored(skipped: &SkippedColumn) -> (String, String) {
    (format!("{} = {{ ignore = true }}", quoted_key(&skipped.name)), skipped.reason.to_string())
}

/// Lines with their remarks in a column of their own; the first thousand, and how many more there are.
fn block(text: &mut String, lines: &[(String, String)]) {
    let shown = lines.get(..COLUMNS).unwrap_or(lines);
    let widths = shown.iter().map(|(line, _)| line.chars().count());
    let width = widths.filter(|width| *width <= 60).max().unwrap_or(0);
    for (line, remark) in shown {
        let _ = if remark.is_empty() {
            writeln!(text, "{line}")
        } else {
            writeln!(text, "{line:width$}  # {}", words::name(remark, 120))
        };
    }
    if lines.len() > shown.len() {
        let _ = writeln!(text, "# and {} more", words::count((lines.len() - shown.len()) as u64));
    }
}

/// A key, in quotes unless TOML lets it stand without.
fn quoted_key(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// A text in quotes, as TOML reads it: JSON's escapes are TOML's, but for one control character that JSON lets stand.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
