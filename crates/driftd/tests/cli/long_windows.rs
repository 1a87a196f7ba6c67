//! A window of thousands of panes takes the memory of a few.

use std::fmt::Write;
use std::process::Stdio;
use std::thread::park_timeout;
use std::time::Duration;

use crate::fixture::Fixture;

const FEATURES: usize = 20;
const SEGMENTS: usize = 8;
/// A quarter of an hour each: thirty-one days.
const PANES: usize = 31 * 96;

/// A multiple of thirty days.
const BEGIN: usize = 19_740 * 86_400;

/// Counts of all panes and segments at once would take a gibibyte: some 2 kB each.
const MOST_MIB: u64 = 400;

/// Rows of every segment in each of `panes` quarters of an hour.
fn rows(panes: usize) -> String {
    let mut text = "ts,city".to_owned();
    for feature in 0..FEATURES {
        write!(text, ",f{feature}").unwrap();
    }
    for (pane, segment) in (0..panes).flat_map(|pane| (0..SEGMENTS).map(move |segment| (pane, segment))) {
        write!(text, "\n{},c{segment}", BEGIN + pane * 900 + segment).unwrap();
        for feature in 0..FEATURES {
            let value = (pane * 7_919 + segment * 104_729 + feature * 1_299_709) % 10_007;
            write!(text, ",{}", value as f64 / 10.0).unwrap();
        }
    }
    text
}

/// What it took at most, in MiB, as long as it ran.
fn peak(process: &std::process::Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "asks /proc")]
fn panes_of_a_month_are_merged_one_by_one() {
    let fixture = Fixture::new();
    fixture.write("train.csv", rows(400));
    fixture.write("month.csv", rows(PANES));
    let config = r#"[store]
url = "sqlite://store.db"

[[monitor]]
name = "m"
topic = "m"
event_time = "/ts"
baseline = "m@v1"
pane = "15m"
windows = [{ name = "month", size = "30d" }, { name = "ten", size = "10d", slide = "5d" }]
references = ["previous"]
segments = { by = ["/city"] }
"#;
    fixture.write("driftd.toml", config);
    fixture.run("baseline build m train.csv").ends(0);
    let mut replay = fixture.command("replay --monitor m month.csv");
    let mut running = replay.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut most = 0;
    let ended = loop {
        most = peak(&running).unwrap_or(0).max(most);
        if let Some(ended) = running.try_wait().unwrap() {
            break ended;
        }
        park_timeout(Duration::from_millis(2));
    };
    assert!(ended.code().is_some_and(|code| code < 2), "{ended}");
    let windows = fixture.run("history m --feature f0 --statistic psi --segment all --format json").ends(0).json();
    let of = |name: &str| windows.as_array().unwrap().iter().filter(|row| row["window_name"] == name).count();
    assert!(of("month") >= 1 && of("ten") >= 4, "{windows}");
    assert!(most > 10 && most <= MOST_MIB, "{most} MiB");
}
