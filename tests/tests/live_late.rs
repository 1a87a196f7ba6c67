//! Where records land that come out of order, too late, from the future or from nowhere; and what quiet does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use driftd_tests::live::{Deadline, Stage, record_at, second, turn};
use driftd_window::EventTime;

const MINUTE: i64 = 60;

/// Records a minute and partition while traffic is regular.
const A_MINUTE: i64 = 10;

fn stage(monitors: &[(&str, &str)], test: &str) -> Option<Stage> {
    Stage::set("late", monitors, A_MINUTE, test)
}

#[test]
fn records_land_where_their_event_time_says() {
    let Some(mut stage) = stage(&[("patient", "1h")], "records_land_where_their_event_time_says") else { return };
    let _turn = turn();
    let worker = stage.group.worker("only");

    // The newest is of 9:54, so the mark is at 9:44 and waits for those that are 20 s late: minute 8 is the last sealed.
    stage.minutes(0, 10);
    stage.settle();
    stage.sealed_through("patient", 9 * MINUTE);

    // Out of order, and still in time; too late by a minute, and by eight.
    stage.send(0, 9 * MINUTE + 1);
    stage.send(1, 8 * MINUTE + 59);
    stage.send(0, MINUTE);
    // From the future, from no time, from a time that is none. They move nothing.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let tomorrow = (now + Duration::from_hours(24)).as_secs().to_string();
    for time in [tomorrow.as_str(), "null", "\"soon\""] {
        stage.producer.send(1, Some(&record_at(time, 1)));
    }
    stage.settle();
    // One partition alone does not move the mark either.
    for secs in 10 * MINUTE..12 * MINUTE {
        stage.send(0, secs);
    }
    stage.settle();
    assert_eq!(stage.ledger.rejected(), 3);

    // The other catches up, with a record that is older than what the first has long sent, and in time all the same.
    stage.send(1, 9 * MINUTE + 30);
    stage.send(1, 11 * MINUTE + 59);
    stage.settle();
    stage.sealed_through("patient", 11 * MINUTE);
    let expected: Vec<(i64, u64, u64)> = (0..11)
        .map(|minute| match minute {
            1 | 8 => (minute, 20, 1),
            9 => (minute, 22, 0),
            10 => (minute, 60, 0),
            _ => (minute, 20, 0),
        })
        .collect();
    // Late ones are counted every ten seconds or so.
    Deadline::secs(60).wait("two late records", || stage.panes("patient").iter().map(|pane| pane.2).sum::<u64>() == 2);
    assert_eq!(stage.panes("patient"), expected);
    assert_eq!(worker.metric("driftd_late_records_total", "patient"), 2.0);
    for (outcome, records) in [("undecodable", 0.0), ("no_event_time", 2.0), ("in_future", 1.0)] {
        let labels = format!("outcome=\"{outcome}\"");
        assert_eq!(worker.metric("driftd_records_total", &labels), records, "{outcome}");
    }
    worker.stop();

    // Judged is what was in time.
    let history = stage.group.history("patient");
    let judged: Vec<(String, u64)> = history
        .objects()
        .filter(|row| row["statistic"] == "psi")
        .map(|row| (row["window_end"].as_str().unwrap().to_owned(), row["m"].as_u64().unwrap()))
        .collect();
    assert_eq!(judged, [(second(5 * MINUTE).to_string(), 100), (second(10 * MINUTE).to_string(), 102)]);
    drop(stage.site);
}

#[test]
fn a_quiet_topic_is_sealed_by_the_clock_and_a_held_back_one_is_not() {
    let monitors = [("hasty", "2s"), ("patient", "1h")];
    let test = "a_quiet_topic_is_sealed_by_the_clock_and_a_held_back_one_is_not";
    let Some(mut stage) = stage(&monitors, test) else { return };
    let _turn = turn();
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
    let worker = stage.group.worker("only");
    stage.minutes(0, 3);
    stage.settle();

    // After two quiet seconds the clock says what is late, for the monitor that waits no longer.
    let today = EventTime::from_micros(started - started % 60_000_000);
    Deadline::secs(60).wait("the clock to seal", || stage.ledger.sealed_through("hasty") >= Some(today));
    stage.sealed_through("patient", 2 * MINUTE);
    stage.minutes(3, 4);
    stage.settle();
    stage.sealed_through("patient", 3 * MINUTE);
    Deadline::secs(60).wait("late records", || stage.panes("hasty").iter().any(|pane| pane.2 > 0));
    assert_eq!(stage.panes("hasty"), [(0, 20, 0), (1, 20, 0), (2, 20, 0), (3, 0, 20)]);
    assert_eq!(stage.panes("patient"), [(0, 20, 0), (1, 20, 0), (2, 20, 0)]);
    worker.stop();
}
