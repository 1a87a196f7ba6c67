//! What is not in the counts of a range, in sentences.

use driftd_model::{PastCounts, ReadStore, StoreError, WindowQuery, words};
use driftd_window::{EventTime, SegmentKey};

/// Windows that are looked at for one with records.
const LOOKED_AT: u32 = 50;
/// Segments that are named, and characters of each.
const NAMED: usize = 5;
const SHORT: usize = 80;

/// What people have to know of the counts of both sides.
pub(super) async fn of(
    store: &dyn ReadStore,
    segment: &SegmentKey,
    past: &PastCounts,
    before: Option<&PastCounts>,
) -> Result<Vec<String>, StoreError> {
    let monitor = &past.plan().monitor().id;
    let frontier = store.sealed_through(monitor).await?;
    let mut notes = Vec::new();
    for counts in before.into_iter().chain([past]) {
        let ends = counts.stretches().ends();
        let span = words::span(ends.0, ends.1);
        let mut of_side = Vec::new();
        let tally = counts.tally();
        if tally.panes.is_none() {
            of_side.push("no pane with records is kept".to_owned());
        } else if !segment.is_all() && counts.rows(segment) == 0 {
            of_side.push(format!(
                "there are no records of segment {} in its counts",
                words::name(&segment.to_string(), SHORT)
            ));
        }
        let first = tally.panes.map_or(ends.1, |(first, _)| first.start());
        if was_judged(store, counts, first).await? {
            of_side.push(format!("records before {first} were judged, and their counts are not kept any more"));
        }
        if frontier.is_none_or(|frontier| frontier < ends.1) {
            of_side.push(match frontier {
                Some(frontier) => format!("panes are sealed up to {frontier}, and what came later is not counted yet"),
                None => "nothing was sealed of the monitor yet".to_owned(),
            });
        }
        if tally.foreign_rows > 0 {
            of_side.push(format!(
                "{} counted for a baseline or in a configuration that is not known here, and are left out",
                words::counted(tally.foreign_rows, "record was", "records were")
            ));
        }
        if tally.late_rows > 0 {
            of_side.push(format!(
                "{} late or not counted for the monitor, and are left out",
                words::counted(tally.late_rows, "record was", "records were")
            ));
        }
        if let Some(named) = named(counts.left_out_segments()) {
            of_side.push(format!("not all of it was counted with {named} apart"));
        }
        notes.extend(of_side.into_iter().map(|note| words::sentence(&format!("{span}: {note}"))));
    }
    Ok(notes)
}

/// Whether a window with records that lies in the range ended before the first pane that is kept of it.
async fn was_judged(store: &dyn ReadStore, counts: &PastCounts, first: EventTime) -> Result<bool, StoreError> {
    let (from, _) = counts.stretches().ends();
    if first <= from {
        return Ok(false);
    }
    let monitor = counts.plan().monitor().id.clone();
    let query = WindowQuery { from: Some(from), to: Some(first), ..WindowQuery::of(monitor, LOOKED_AT) };
    let windows = store.windows(&query).await?;
    Ok(windows.iter().any(|window| window.rows > 0 && window.window_start >= from && !window.window_name.is_lasting()))
}

fn named(segments: &[SegmentKey]) -> Option<String> {
    let names: Vec<String> = segments.iter().take(NAMED).map(|key| words::name(&key.to_string(), SHORT)).collect();
    let rest = segments.len().saturating_sub(NAMED) as u64;
    let more = (rest > 0).then(|| format!("{} more", words::count(rest)));
    let names: Vec<String> = names.into_iter().chain(more).collect();
    (!names.is_empty()).then(|| words::list(&names))
}
