//! Which column of a file has the event times.

use std::collections::BTreeSet;

use driftd_dataset::{ColumnKind, Table};
use driftd_model::{Baseline, Pointer, Reason};

/// What columns of event times are called, the surest first.
const USUAL: [&str; 16] = [
    "ts",
    "timestamp",
    "event_time",
    "event_timestamp",
    "event_ts",
    "eventtime",
    "time",
    "datetime",
    "date_time",
    "occurred_at",
    "created_at",
    "requested_at",
    "request_time",
    "logged_at",
    "date",
    "day",
];

/// A column of event times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventTime {
    /// Its name, as features are named.
    pub(super) column: String,
    /// Where it stands in a record.
    pub(super) pointer: Pointer,
}

/// The column that a person named.
pub(super) fn named(table: &Table, column: &str) -> anyhow::Result<EventTime> {
    let found = table.schema().find(column, table.path())?.and_then(|index| of(table, index));
    found.ok_or_else(|| {
        let (file, known) = (table.path().display(), table.schema().names());
        anyhow::anyhow!("{file} has no column {column} for event times; it has {known}")
    })
}

/// The column that will be it in all likelihood, as far as that shows before the values are looked at.
pub(super) fn expected(table: &Table) -> Option<EventTime> {
    let is_usual = |index: usize| rank(table.schema().short_name(index)) < USUAL.len();
    let kind = |index: usize| table.schema().columns().get(index).map(|c| &c.kind);
    let indices = || 0..table.schema().columns().len();
    let times: Vec<usize> = indices().filter(|index| kind(*index) == Some(&ColumnKind::Time)).collect();
    let named = indices()
        .filter(|index| matches!(kind(*index), Some(ColumnKind::Number | ColumnKind::Text)) && is_usual(*index));
    let columns =
        if times.iter().any(|index| is_usual(*index)) { times } else { times.into_iter().chain(named).collect() };
    let best = columns.into_iter().min_by_key(|index| (rank(table.schema().short_name(*index)), *index));
    of(table, best?)
}

/// The column that looks most like it, of those that hold points in time: by its name, else the first.
pub(super) fn guess(table: &Table, found: &Baseline) -> Option<EventTime> {
    let skipped = found.skipped.iter().filter(|skipped| skipped.reason == Reason::PointInTime);
    let skipped: BTreeSet<&str> = skipped.map(|skipped| skipped.name.as_str()).collect();
    let is_time = |index: usize| {
        let kind = table.schema().columns().get(index).map(|c| &c.kind);
        kind == Some(&ColumnKind::Time) || skipped.contains(table.schema().short_name(index))
    };
    let columns = (0..table.schema().columns().len()).filter(|index| is_time(*index));
    of(table, columns.min_by_key(|index| (rank(table.schema().short_name(*index)), *index))?)
}

/// How much a name looks like that of an event time; less is more.
fn rank(name: &str) -> usize {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    USUAL.iter().position(|usual| *usual == name).unwrap_or_else(|| {
        let is_like = name.split('_').any(|word| matches!(word, "ts" | "time" | "timestamp" | "at" | "date"));
        USUAL.len() + usize::from(!is_like)
    })
}

fn of(table: &Table, index: usize) -> Option<EventTime> {
    Some(EventTime { column: table.schema().short_name(index).to_owned(), pointer: pointer(table, index)? })
}

/// Where a column stands in a record: a nested one where its name leads, any other at the top.
pub(super) fn pointer(table: &Table, index: usize) -> Option<Pointer> {
    let full = table.schema().columns().get(index)?.name.as_str();
    let text = if table.schema().short_name(index) == full {
        format!("/{}", Pointer::token_of(full))
    } else {
        format!("/{full}")
    };
    Pointer::new(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_name_wins() {
        let mut names = ["birthday", "signup_date", "date", "Created-At", "ts"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names, ["ts", "Created-At", "date", "signup_date", "birthday"]);
    }
}
