//! A message of a topic: however it is read, it becomes the same rows, and every row with a time that counts is counted.

#![no_main]

#[path = "../../crates/driftd-decode/tests/decode/plans.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod plans;
#[path = "../../crates/driftd-decode/tests/decode/shown.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod shown;
#[path = "../../crates/driftd-decode/tests/decode/twin.rs"]
mod twin;

use std::sync::{Arc, OnceLock};

use driftd_decode::Decoder;
use driftd_model::{MonitorPlan, Offset, RecordFilter, Role};
use driftd_window::{Reducer, Timestamp};
use libfuzzer_sys::fuzz_target;

use crate::plans::{Wanted, number, text};
use crate::shown::outcome;
use crate::twin::twin;

/// A moment after most event times that can be written in a few digits.
const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

static MONITORS: OnceLock<[(Wanted, Arc<MonitorPlan>); 5]> = OnceLock::new();

fn monitors() -> [(Wanted, Arc<MonitorPlan>); 5] {
    let native =
        vec![number("a"), text("b"), text("o/a"), number("p").role(Role::Prediction), text("l").role(Role::Label)];
    let pointed =
        vec![number("x").at("/features/a"), text("y").at("/o/0"), number("p").at("/p/0").role(Role::Prediction)];
    let filter = RecordFilter { models: vec!["a".to_owned(), "1".to_owned()], versions: Vec::new() };
    let rows = vec![
        number("x").at("/r/*/0"),
        text("y").at("/r/*/y"),
        number("c").at("/r/*/[names=c]"),
        text("p").at("/p/*").role(Role::Prediction),
    ];
    let within =
        vec![number("x").at("/t/x"), text("y").at("/t/l/1"), text("n").at("/n/[name=a]/v"), number("o").at("/o/0/1")];
    let lines = vec![number("x").at("/c/[csv]/*/0"), text("y").at("/c/[csv]/*/1"), text("t").at("/t/l/*")];
    let wanted = [
        Wanted { segments: vec!["/b", "/features/b"], ..Wanted::new("native", native) },
        Wanted { model: Some("/b"), filter, event_time: "/a", ..Wanted::new("pointed", pointed) },
        Wanted { segments: vec!["/r/*/s"], ..Wanted::new("rows", rows) },
        Wanted { event_time: "/t/ts", ..Wanted::new("within", within) },
        Wanted::new("lines", lines),
    ];
    wanted.map(|wanted| {
        let plan = wanted.plan();
        (wanted, plan)
    })
}

fuzz_target!(|message: &[u8]| {
    for (wanted, plan) in MONITORS.get_or_init(monitors) {
        // The second time it is read by the template of the first, if it has one.
        let twice = outcome(&mut Decoder::new(std::slice::from_ref(plan)), &[message, message]);
        let (first, second) = twice.rows[0].split_at(twice.rows[0].len() / 2);
        assert_eq!(first, second);
        // The twin reads all of a message, so it also refuses what is wrong where nobody looks; and a tree of values
        // treats names that begin like this as its own.
        let expected = twin(wanted, &[message, message]);
        let is_refused = expected.rejects.iter().any(|(_, reason)| reason == "malformed_json");
        if !is_refused && !String::from_utf8_lossy(message).contains("$serde_json") {
            assert_eq!(twice, expected);
        }
        count(plan, message);
    }
});

/// From the message to the counts of its panes.
fn count(plan: &Arc<MonitorPlan>, message: &[u8]) {
    let mut decoder = Decoder::new(std::slice::from_ref(plan));
    decoder.push(Offset(0), Some(message));
    let mut reducer = Reducer::new(Arc::clone(plan.reducer()));
    for batch in decoder.finish().batches {
        let absorbed = reducer.absorb(&batch, NOW);
        assert_eq!(absorbed.accepted + absorbed.rejected(), batch.rows() as u64);
        assert_eq!(reducer.drain().iter().map(|delta| delta.rows).sum::<u64>(), absorbed.accepted);
    }
}
