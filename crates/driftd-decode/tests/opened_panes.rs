//! How many panes a message may open, whatever its size.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

#[path = "decode/plans.rs"]
#[expect(dead_code, reason = "the rules of values use the rest")]
mod plans;

use std::sync::Arc;

use driftd_decode::{Decoder, Load};
use driftd_model::{Monitor, MonitorPlan, Offset};
use driftd_window::{PaneWidth, RecordBatch, Span};
use insta::assert_snapshot;

use crate::plans::{Wanted, number};

/// Lines with event times so many hours apart.
fn hours(count: i64, apart: i64) -> Vec<u8> {
    let line = |hour: i64| format!("{{\"ts\":{}}}\n", 1_700_000_000 + 3600 * hour * apart);
    (0..count).map(line).collect::<Vec<_>>().concat().into_bytes()
}

#[test]
fn a_message_opens_so_many_panes_and_no_more() {
    let hourly = Wanted::new("m", vec![number("x")]).plan();
    let daily = Monitor { pane: PaneWidth::new(Span::from_hours(24)).unwrap(), ..hourly.monitor().clone() };
    let daily = Monitor { id: "daily".parse().unwrap(), ..daily };
    let daily = Arc::new(MonitorPlan::new(daily, hourly.baseline().clone()).unwrap());
    let mut decoder = Decoder::new(&[hourly, daily]);
    decoder.push(Offset(1), Some(&hours(128, 1)));
    assert_eq!(decoder.load(), Load { rows: 256, panes: 128 });
    let decoded = decoder.finish();
    assert_eq!(decoded.batches.iter().map(RecordBatch::rows).collect::<Vec<_>>(), [128, 128]);
    assert_eq!((decoder.load(), decoded.rejects), (Load::default(), Vec::new()));

    // The hourly monitor refuses the second and the third, the daily one the third; nothing of them is left behind.
    let bombs = [hours(129, 1), hours(1000, 24)];
    for (offset, message) in (2..).zip([&bombs[0], &bombs[0], &bombs[1]]) {
        decoder.push(Offset(offset), Some(message));
    }
    assert_eq!(decoder.load(), Load { rows: 258, panes: 7 });
    decoder.push(Offset(5), Some(b"{\"ts\":1700000000}"));
    // Many rows are not many panes.
    decoder.push(Offset(6), Some("{\"ts\":1700000000}\n{\"ts\":1700003600}\n".repeat(1000).as_bytes()));
    let decoded = decoder.finish();
    assert_eq!(decoded.batches.iter().map(RecordBatch::rows).collect::<Vec<_>>(), [2001, 258 + 2001]);
    let rejects = decoded.rejects.iter().map(|r| format!("{}: {}: {}", r.offset, r.reason, r.detail));
    assert_snapshot!(rejects.collect::<Vec<_>>().join("\n"), @"
    2: too_many_panes: rows in more than 128 panes: monitor m
    3: too_many_panes: rows in more than 128 panes: monitor m
    4: too_many_panes: rows in more than 128 panes: monitors m, daily
    ");
}
