//! Batches cut into parts that open few panes.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::{EventTime, NO_EVENT_TIME, PaneWidth, RecordBatch};

impl RecordBatch {
    /// The batch in consecutive parts, each of which falls into at most `most` (but at least one) different panes, the
    /// same pane of another segment being another one. What counts take in memory hangs on these, and not on rows: a
    /// file with a row a day opens as many panes as it has rows.
    ///
    /// It depends on the batch and the two numbers only, so the same batch is always cut at the same rows.
    #[must_use]
    pub fn cut(self, width: PaneWidth, most: usize) -> Vec<Self> {
        match self.parts(width, most).as_slice() {
            [] | [_] => vec![self],
            parts => parts.iter().map(|part| self.slice(part.clone())).collect(),
        }
    }

    /// The rows of its parts; nothing where so few rows need not be looked at.
    fn parts(&self, width: PaneWidth, most: usize) -> Vec<Range<usize>> {
        let times = self.event_times();
        if times.len() <= most {
            return Vec::new();
        }
        let segment = |row: usize| self.segments().and_then(|s| s.codes.get(row)).copied().unwrap_or_default();
        let mut parts = Vec::new();
        let (mut begins, mut opened) = (0, Opened::new(width));
        for (row, at) in times.iter().enumerate().filter(|(_, at)| **at != NO_EVENT_TIME) {
            if opened.enter(*at, segment(row)) && opened.panes.len() > most.max(1) {
                parts.push(begins..row);
                (begins, opened) = (row, Opened::new(width));
                opened.enter(*at, segment(row));
            }
        }
        parts.push(begins..times.len());
        parts
    }
}

/// The panes that a part falls into, by their start and segment.
struct Opened {
    width: PaneWidth,
    panes: BTreeSet<(i64, u32)>,
    /// The pane of the last row, and the segments that were looked up in it: neighbouring rows nearly always share it.
    last: Range<i64>,
    known: Vec<bool>,
}

impl Opened {
    const fn new(width: PaneWidth) -> Self {
        Self { width, panes: BTreeSet::new(), last: 0..0, known: Vec::new() }
    }

    /// Whether a row opens a pane.
    fn enter(&mut self, at: i64, segment: u32) -> bool {
        if !self.last.contains(&at) {
            let start = self.width.pane_of(EventTime::from_micros(at)).start();
            self.last = start.as_micros()..start.plus(self.width.span()).as_micros();
            self.known.clear();
        }
        let place = segment as usize;
        if self.known.get(place).copied().unwrap_or(false) {
            return false;
        }
        self.known.resize(self.known.len().max(place + 1), false);
        if let Some(known) = self.known.get_mut(place) {
            *known = true;
        }
        self.panes.insert((self.last.start, segment))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Column, SegmentColumn, SegmentKey, Span};

    const HOUR: i64 = 3_600_000_000;

    fn hourly() -> PaneWidth {
        PaneWidth::new(Span::from_hours(1)).unwrap()
    }

    fn batch(rows: &[(i64, u32)]) -> RecordBatch {
        let keys = ["a", "b", "c", "d"].map(|v| SegmentKey::from_labels([("s", Some(v))])).into();
        let segments = SegmentColumn { codes: rows.iter().map(|(_, segment)| *segment).collect(), keys };
        let values = (0..rows.len()).map(|row| row as f64).collect();
        RecordBatch::new(rows.iter().map(|(at, _)| *at).collect(), Some(segments), vec![Column::numbers(values)])
            .unwrap()
    }

    #[test]
    fn a_part_ends_before_the_row_that_opens_too_much() {
        let rows: Vec<(i64, u32)> =
            [(0, 0), (0, 1), (1, 0), (0, 0), (NO_EVENT_TIME, 3), (2, 0), (2, 0), (0, 0), (0, 3)]
                .map(|(hour, segment)| (if hour == NO_EVENT_TIME { hour } else { hour * HOUR + 5 }, segment))
                .into();
        let batch = batch(&rows);
        assert!(batch.parts(hourly(), 9).is_empty(), "few rows open few panes");
        assert_eq!(batch.parts(hourly(), 3), [0..5, 5..9]);
        assert_eq!(batch.parts(hourly(), 2), [0..2, 2..5, 5..8, 8..9]);
        assert_eq!(batch.parts(hourly(), 0), batch.parts(hourly(), 1));
        assert_eq!(batch.clone().cut(hourly(), 9).as_slice(), std::slice::from_ref(&batch));
        let parts = batch.clone().cut(hourly(), 3);
        assert_eq!(parts, [batch.slice(0..5), batch.slice(5..9)]);
        assert_eq!(parts[1].columns(), [Column::numbers(vec![5.0, 6.0, 7.0, 8.0])]);
    }

    proptest! {
        #[test]
        fn parts_are_the_rows_and_open_few_panes(
            rows in prop::collection::vec((-40_i64..40, 0_u32..4), 0..200),
            most in 1_usize..12,
        ) {
            let rows: Vec<(i64, u32)> = rows.into_iter().map(|(half, segment)| (half * HOUR / 2, segment)).collect();
            let batch = batch(&rows);
            let mut parts = batch.parts(hourly(), most);
            if parts.is_empty() {
                prop_assert!(rows.len() <= most);
                parts.push(0..rows.len());
            }
            prop_assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..rows.len()).collect::<Vec<_>>());
            for part in &parts {
                let rows = rows[part.clone()].iter();
                let opened: BTreeSet<_> =
                    rows.map(|(at, segment)| (hourly().pane_of(EventTime::from_micros(*at)), *segment)).collect();
                prop_assert!(opened.len() <= most);
            }
            // No part could be longer.
            for pair in parts.windows(2) {
                let longer = rows[pair[0].start..=pair[1].start].iter();
                let opened: BTreeSet<_> =
                    longer.map(|(at, segment)| (hourly().pane_of(EventTime::from_micros(*at)), *segment)).collect();
                prop_assert!(opened.len() > most);
            }
        }
    }
}
