//! Event times, zones and where windows end.

use driftd_window::{EventTime, WindowSpec};

use super::{LEAST, errors, loaded};

fn windows(keys: &str) -> Vec<WindowSpec> {
    loaded(&format!("{LEAST}{keys}")).monitors[0].windows.clone()
}

/// Errors of a monitor that has `keys` besides the least ones.
fn monitor_errors(keys: &str) -> String {
    errors(&format!("{LEAST}{keys}"))
}

fn next_end(window: &WindowSpec, after: &str) -> String {
    window.next_end(after.parse().unwrap()).to_string()
}

#[test]
fn a_monitor_says_how_its_event_times_are_read() {
    let keys = "time_format = '%d.%m.%Y %H:%M'\ntimezone = 'Europe/Berlin'\noldest = 2020-01-01\n";
    let config = loaded(&format!("{LEAST}{keys}"));
    let (monitor, shown) = (&config.monitors[0], config.effective_toml());
    let noon = monitor.shape.times.text("01.07.2024 14:00");
    assert_eq!(EventTime::from_micros(noon).to_string(), "2024-07-01T12:00:00Z");
    assert_eq!(monitor.oldest.to_string(), "2020-01-01T00:00:00Z");
    for line in ["time_format = \"%d.%m.%Y %H:%M\"", "timezone = \"Europe/Berlin\"", "oldest = \"2020-01-01\""] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(loaded(&shown).monitors, config.monitors);
}

#[test]
fn windows_are_those_of_their_clocks() {
    let monday = "2024-07-01T12:00:00Z";
    let days = windows("timezone = 'Europe/Berlin'\nwindows = [{ name = 'day', size = '1d' }]\n");
    assert_eq!(next_end(&days[0], monday), "2024-07-01T22:00:00Z", "the monitor's zone");
    let own = "timezone = 'Europe/Berlin'\nwindows = [{ name = 'day', size = '1d', timezone = 'America/New_York' }]\n";
    assert_eq!(next_end(&windows(own)[0], monday), "2024-07-02T04:00:00Z", "its own");
    let shifts = "windows = [{ name = 'shift', size = '8h', offset = '6h' }, { name = 'week', size = '7d' }]\n";
    let shifts = windows(shifts);
    assert_eq!(next_end(&shifts[0], monday), "2024-07-01T14:00:00Z");
    assert_eq!(next_end(&shifts[1], monday), "2024-07-08T00:00:00Z");
}

#[test]
fn what_cannot_be_is_said_where_it_stands() {
    insta::assert_snapshot!(monitor_errors(
        "time_format = '%H:%M'\ntimezone = 'Berlin'\noldest = 'long ago'\n"
    ), @r#"
    d.toml:5:15: monitor[flights].time_format: "%H:%M" is no format of times: it does not say the day, the month and the year, as "%d/%m/%Y %H:%M:%S" does
    d.toml:6:12: monitor[flights].timezone: "Berlin" is no time zone: write "Europe/Berlin"
    d.toml:7:10: monitor[flights].oldest: "long ago" is not a time: write RFC 3339 (2013-07-01T00:00:00Z) or a date (2013-07-01, taken as UTC midnight)
    "#);
    insta::assert_snapshot!(monitor_errors(
        "windows = [{ name = 'day', size = '1d', timezone = 'Asia/Kolkata' }, { name = 'late', size = '1d', offset = '90m' }]\n"
    ), @r#"
    d.toml:5:12: monitor[flights].windows[day]: window "day": it begins and ends within panes of 1h by the clocks of Asia/Kolkata: write pane = "30m", or a part of it
    d.toml:5:70: monitor[flights].windows[late]: window "late": it begins and ends within panes of 1h: write pane = "30m", or a part of it
    "#);
    insta::assert_snapshot!(monitor_errors("pane = '1d'\ntimezone = 'Europe/Berlin'\n"), @r#"d.toml:5:8: monitor[flights].pane: window "day": it begins and ends within panes of 1d by the clocks of Europe/Berlin: write pane = "1h", or a part of it; that window is the default, write windows that suit the pane"#);
}

#[test]
fn quiet_hours_are_those_of_the_clocks() {
    let route = |zone: &str| {
        format!(
            "[[receiver]]\nname = 'log'\nlog = {{}}\n[[route]]\nreceivers = ['log']\nmute_times = ['22:00-06:00']\n{zone}"
        )
    };
    let is_mute = |zone: &str, at: &str| loaded(&route(zone)).routes[0].is_mute(at.parse().unwrap());
    assert!(!is_mute("", "2024-07-01T20:30:00Z"));
    assert!(is_mute("timezone = 'Europe/Berlin'", "2024-07-01T20:30:00Z"), "22:30 in summer");
    assert!(!is_mute("timezone = 'Europe/Berlin'", "2024-01-01T20:30:00Z"), "21:30 in winter");
    insta::assert_snapshot!(errors(&route("timezone = 'CET/CEST'")), @r#"d.toml:7:12: route[#1].timezone: "CET/CEST" is no time zone: write a name of the IANA database, such as "Europe/Berlin", or "UTC""#);
}
