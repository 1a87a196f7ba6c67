//! What workers work by changes while they run: another baseline is activated, the configuration is read again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

use std::collections::BTreeMap;

use driftd_tests::live::{Deadline, Stage, Worker, minute_of, second, turn, write_numbers};
use driftd_window::EventTime;

const MINUTE: i64 = 60;
/// Records a minute and partition.
const A_MINUTE: i64 = 60;

fn stage(monitors: &[(&str, &str)], test: &str) -> Option<Stage> {
    Stage::set("plans", monitors, A_MINUTE, test)
}

/// Stores another version of the baseline.
fn build_second_version(stage: &Stage) {
    let file = stage.site.folder().join("second.csv");
    write_numbers(&file, 50);
    stage.group.run(&["baseline", "build", "simple", &file.display().to_string()]);
}

/// Of every window of `monitor`: its end in minutes, and what it was judged against.
fn judged(stage: &Stage, monitor: &str) -> BTreeMap<i64, String> {
    let of = |row: serde_json::Value| {
        let end: EventTime = row["window_end"].as_str().unwrap().parse().unwrap();
        (minute_of(end), row["baseline"].as_str().unwrap().to_owned())
    };
    stage.group.history(monitor).objects().map(of).collect()
}

/// Where `baseline activate` said that the new one begins, in minutes.
fn begins(said: &str) -> i64 {
    minute_of(said.split(" from ").nth(1).unwrap().split(" on").next().unwrap().parse().unwrap())
}

fn restarts(workers: &[Worker]) -> usize {
    workers.iter().map(|worker| worker.log().matches("starting owner").count() - 1).sum()
}

#[test]
fn a_baseline_activated_under_load_takes_effect_at_one_pane_and_nothing_is_lost() {
    let test = "a_baseline_activated_under_load_takes_effect_at_one_pane_and_nothing_is_lost";
    let Some(mut stage) = stage(&[("m", "1h")], test) else { return };
    let _turn = turn();
    let workers = [stage.group.worker("a"), stage.group.worker("b")];
    stage.minutes(0, 8);
    stage.settle();
    build_second_version(&stage);
    let said = stage.group.run(&["baseline", "activate", "simple@v2", "--monitor", "m"]).stdout;
    let since = begins(&said);
    assert_eq!(since, 8, "the first minute that nobody has counted anything of: {said}");
    // At once, so that the workers count minutes of the new baseline on the old one before they have heard of it; and
    // some that come late, but in time, for a minute of the old one.
    stage.minutes(7, 16);
    stage.settle();
    assert!(restarts(&workers) >= 1, "a worker whose counts were refused begins again");
    stage.minutes(16, 21);
    stage.settle();
    stage.sealed_through("m", 20 * MINUTE);
    // Once everything of the old baseline is sealed, nobody decodes for it any more.
    Deadline::secs(60).wait("one plan to be left", || {
        workers.iter().all(|worker| worker.log().matches("other baselines hold").count() >= 1 && worker.is_ready())
    });
    stage.minutes(21, 26);
    stage.settle();
    stage.sealed_through("m", 25 * MINUTE);

    let rows = |minute: i64| 2 * A_MINUTE as u64 * if minute == 7 { 2 } else { 1 };
    let expected: Vec<(i64, u64, u64)> = (0..25).map(|minute| (minute, rows(minute), 0)).collect();
    assert_eq!(stage.panes("m"), expected, "each once, and none late");
    let judged = judged(&stage, "m");
    let expected = [(5, "simple@v1"), (10, "simple@v2"), (15, "simple@v2"), (20, "simple@v2"), (25, "simple@v2")];
    assert_eq!(judged, expected.map(|(end, baseline)| (end, baseline.to_owned())).into());
    for worker in workers {
        worker.stop();
    }
    drop(stage.site);
}

#[test]
fn a_configuration_is_read_again_and_a_broken_one_changes_nothing() {
    let test = "a_configuration_is_read_again_and_a_broken_one_changes_nothing";
    let Some(mut stage) = stage(&[("m", "1h"), ("later", "1h")], test) else { return };
    let _turn = turn();
    let file = stage.site.folder().join("group.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    let (one, _) = whole.split_at(whole.rfind("[[monitor]]").unwrap());
    std::fs::write(&file, one).unwrap();
    let worker = stage.group.worker("only");
    stage.minutes(0, 3);
    stage.settle();

    std::fs::write(&file, format!("{whole}\n[[monitor]]\nname = 7\n")).unwrap();
    worker.signal("HUP");
    Deadline::secs(30).wait("the broken file to be refused", || worker.log().contains("nothing has changed"));
    let refusal = worker.log().lines().find(|line| line.contains("nothing has changed")).map(str::to_owned).unwrap();
    assert!(
        refusal.contains("monitor[#3].name: expected text in quotes; found an integer"),
        "it says where, in one line: {refusal}"
    );
    stage.minutes(3, 6);
    stage.settle();
    assert_eq!(restarts(std::slice::from_ref(&worker)), 0);

    // Only the client itself knows that this is no value: it is asked before anything ends.
    let odd = whole.replace("\"session.timeout.ms\" = 3000", "\"session.timeout.ms\" = \"soon\"");
    assert_ne!(odd, whole);
    std::fs::write(&file, odd).unwrap();
    worker.signal("HUP");
    Deadline::secs(30).wait("the client to refuse it", || {
        worker.log().lines().any(|line| line.contains("nothing has changed") && line.contains("session.timeout.ms"))
    });
    assert!(worker.is_ready(), "the old configuration holds");
    let before = restarts(std::slice::from_ref(&worker));
    assert_eq!(before, 0, "nothing ended for it");

    std::fs::write(&file, &whole).unwrap();
    worker.signal("HUP");
    Deadline::secs(30).wait("the daemon to have begun again", || {
        restarts(std::slice::from_ref(&worker)) == before + 1 && worker.is_ready()
    });
    stage.minutes(6, 12);
    stage.settle();
    stage.sealed_through("m", 11 * MINUTE);
    stage.sealed_through("later", 11 * MINUTE);
    let rows = |monitor: &str| {
        let panes = stage.ledger.panes(monitor, second(0), second(10 * MINUTE));
        panes.iter().map(|(_, rows, _)| rows).sum::<u64>()
    };
    assert_eq!(rows("m"), 10 * 2 * A_MINUTE as u64, "nothing lost, nothing twice");
    assert_eq!(rows("later"), 4 * 2 * A_MINUTE as u64, "from when it was configured");
    worker.stop();
    drop(stage.site);
}
