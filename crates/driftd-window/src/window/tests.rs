use proptest::prelude::*;

use super::*;

fn hour() -> PaneWidth {
    PaneWidth::new(Span::from_hours(1)).unwrap()
}

fn at(hours: i64) -> EventTime {
    EventTime::from_micros(hours * 3_600_000_000)
}

fn time(text: &str) -> EventTime {
    text.parse().unwrap()
}

fn shape(size: &str, slide: &str, offset: &str, zone: &str, pane: &str) -> Result<WindowSpec, BadWindow> {
    let pane = PaneWidth::new(pane.parse().unwrap()).unwrap();
    let (size, slide) = (size.parse().unwrap(), slide.parse().unwrap());
    WindowSpec::aligned("w", size, slide, pane, offset.parse().unwrap(), zone.parse().unwrap())
}

#[test]
fn a_sliding_window_ends_every_slide() {
    let spec = WindowSpec::new("day", Span::from_hours(24), Span::from_hours(6), hour()).unwrap();
    let ends: Vec<i64> = (0..=24).filter(|h| spec.ending_at(at(*h)).is_some()).collect();
    assert_eq!(ends, [0, 6, 12, 18, 24]);
    assert_eq!(spec.start_of(at(24)), at(0));
    assert_eq!(spec.start_before(at(24)), at(-6));
    assert_eq!((spec.next_end(at(5)), spec.next_end(at(6)), spec.next_end(at(-1))), (at(6), at(12), at(0)));
    assert_eq!((spec.last_end(at(5)), spec.last_end(at(6)), spec.last_end(at(-1))), (at(0), at(6), at(-6)));
}

#[test]
fn whole_weeks_end_before_monday_and_everything_else_at_multiples() {
    // 2024-02-05 is a Monday.
    for (size, slide, pane, end) in [
        ("7d", "7d", "1d", "2024-02-05T00:00:00Z"),
        ("14d", "7d", "1h", "2024-02-05T00:00:00Z"),
        ("7d", "7d", "7d", "2024-02-05T00:00:00Z"),
        ("7d", "1d", "1d", "2024-02-01T00:00:00Z"),
        ("1d", "1d", "15m", "2024-02-01T00:00:00Z"),
    ] {
        let spec = shape(size, slide, "0s", "UTC", pane).unwrap();
        assert_eq!(spec.next_end(time("2024-01-31T10:00:00Z")).to_string(), end, "{size} every {slide}");
    }
}

#[test]
fn an_offset_moves_every_end() {
    let sundays = shape("7d", "7d", "6d", "UTC", "1d").unwrap();
    assert_eq!(sundays.next_end(time("2024-02-05")).to_string(), "2024-02-11T00:00:00Z");
    let shifts = shape("1d", "1d", "6h", "UTC", "1h").unwrap();
    assert_eq!(shifts.next_end(time("2024-02-05")).to_string(), "2024-02-05T06:00:00Z");
    assert_eq!(shape("1d", "1d", "30h", "UTC", "1h").unwrap(), shifts, "later than a slide is the same again");
}

#[test]
fn days_of_a_zone_are_those_of_its_clocks() {
    let day = shape("1d", "1d", "0s", "Europe/Berlin", "1h").unwrap();
    for (within, start, end, hours) in [
        ("2024-03-04T12:00:00Z", "2024-03-03T23:00:00Z", "2024-03-04T23:00:00Z", 24),
        ("2024-03-31T12:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", 23),
        ("2024-10-27T12:00:00Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", 25),
        ("2024-07-04T22:00:00Z", "2024-07-04T22:00:00Z", "2024-07-05T22:00:00Z", 24),
    ] {
        let found = day.next_end(time(within));
        assert_eq!((day.start_of(found).to_string(), found.to_string()), (start.to_owned(), end.to_owned()));
        assert_eq!(found.since(day.start_of(found)), Span::from_hours(hours));
        assert!(day.longest() >= found.since(day.start_of(found)));
    }
    let week = shape("7d", "7d", "0s", "America/New_York", "1h").unwrap();
    let monday = week.next_end(time("2024-03-08T00:00:00Z"));
    assert_eq!(monday.to_string(), "2024-03-11T04:00:00Z");
    assert_eq!(week.start_of(monday).to_string(), "2024-03-04T05:00:00Z");
    // A day without a midnight begins when its clocks do, and one that is skipped is no window.
    let havana = shape("1d", "1d", "0s", "America/Havana", "1h").unwrap();
    assert_eq!(havana.next_end(time("2024-03-10T04:00:00Z")).to_string(), "2024-03-10T05:00:00Z");
    let apia = shape("1d", "1d", "0s", "Pacific/Apia", "1h").unwrap();
    let end = apia.next_end(time("2011-12-29T12:00:00Z"));
    assert_eq!(
        (end.to_string(), apia.next_end(end).to_string()),
        ("2011-12-30T10:00:00Z".into(), "2011-12-31T10:00:00Z".into())
    );
}

#[test]
fn window_ends_saturate_at_the_ends_of_time() {
    for zone in ["UTC", "Europe/Berlin"] {
        let spec = shape("1d", "6h", "0s", zone, "1h").unwrap();
        let (first, last) = (EventTime::from_micros(i64::MIN), EventTime::from_micros(i64::MAX));
        assert!(spec.next_end(last) >= spec.last_end(last), "{zone}");
        assert!(spec.start_of(last) <= last && spec.start_of(first) <= spec.last_end(at(0)), "{zone}");
        let _ = (spec.next_end(first), spec.last_end(first), spec.start_before(first), spec.ending_at(last));
    }
    let utc = shape("1d", "6h", "0s", "UTC", "1h").unwrap();
    assert_eq!(utc.next_end(EventTime::from_micros(i64::MAX)), EventTime::from_micros(i64::MAX));
    assert_eq!(utc.last_end(EventTime::from_micros(i64::MIN)), EventTime::from_micros(i64::MIN));
    assert_eq!(utc.start_of(EventTime::from_micros(i64::MIN)), EventTime::from_micros(i64::MIN));
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_the_reason() {
    let message = |spec: Result<WindowSpec, BadWindow>| spec.unwrap_err().to_string();
    assert_eq!(
        message(shape("90m", "1h", "0s", "UTC", "1h")),
        "window \"w\": size 1h 30m is not a positive multiple of the pane width 1h"
    );
    assert!(matches!(shape("1h", "2h", "0s", "UTC", "1h"), Err(BadWindow::Gaps { .. })));
    assert!(matches!(WindowSpec::new("", Span::ZERO, Span::ZERO, hour()), Err(BadWindow::Unnamed)));
    for (shape, remedy) in [
        (
            shape("1d", "1d", "0s", "Asia/Kolkata", "1h"),
            "window \"w\": it begins and ends within panes of 1h by the clocks of Asia/Kolkata: write pane = \"30m\", or a part of it",
        ),
        (
            shape("1d", "1d", "0s", "Asia/Kathmandu", "1h"),
            "window \"w\": it begins and ends within panes of 1h by the clocks of Asia/Kathmandu: write pane = \"15m\", or a part of it",
        ),
        (
            shape("1d", "1d", "0s", "Europe/Berlin", "1d"),
            "window \"w\": it begins and ends within panes of 1d by the clocks of Europe/Berlin: write pane = \"1h\", or a part of it",
        ),
        (
            shape("1d", "1d", "90m", "UTC", "1h"),
            "window \"w\": it begins and ends within panes of 1h: write pane = \"30m\", or a part of it",
        ),
        (
            shape("35d", "35d", "0s", "UTC", "5d"),
            "window \"w\": it begins and ends within panes of 5d: write pane = \"1d\", or a part of it",
        ),
    ] {
        assert_eq!(message(shape), remedy);
    }
    // With an offset they do.
    let moved = shape("35d", "35d", "1d", "UTC", "5d").unwrap();
    assert!(moved.ends_at(time("1970-01-06T00:00:00Z")) && !moved.ends_at(time("1970-01-05T00:00:00Z")));
}

/// Zones with whole hours, half hours, quarters, changes at midnight and a day that was skipped; sizes and slides that fit.
fn shapes() -> impl Strategy<Value = WindowSpec> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Havana",
        "Pacific/Apia",
    ];
    let lengths = [("1h", "1h"), ("6h", "2h"), ("1d", "1d"), ("1d", "6h"), ("7d", "7d"), ("14d", "7d"), ("5d", "5d")];
    (prop::sample::select(zones.to_vec()), prop::sample::select(lengths.to_vec()), 0_u32..10_000).prop_map(
        |(zone, (size, slide), quarters)| shape(size, slide, &format!("{}m", quarters * 15), zone, "15m").unwrap(),
    )
}

proptest! {
    #[test]
    fn every_instant_lies_between_two_ends(spec in shapes(), micros in 0_i64..4_102_444_800_000_000) {
        let instant = EventTime::from_micros(micros);
        let (last, next) = (spec.last_end(instant), spec.next_end(instant));
        prop_assert!(last <= instant && instant < next);
        prop_assert!(spec.ends_at(last) && spec.ends_at(next));
        prop_assert_eq!(spec.next_end(last), next);
        let just_before = EventTime::from_micros(next.as_micros() - 1);
        prop_assert_eq!(spec.last_end(just_before), last, "none between them");
        prop_assert_eq!(spec.ends_at(instant), instant == last);
        prop_assert_eq!(hour_quarter().pane_of(next).start(), next, "between two panes");
    }

    #[test]
    fn tumbling_windows_hold_every_instant_once(spec in shapes(), micros in 0_i64..4_102_444_800_000_000) {
        let instant = EventTime::from_micros(micros);
        let next = spec.next_end(instant);
        if spec.size() == spec.slide() {
            prop_assert_eq!(spec.start_of(next), spec.last_end(instant));
        }
        prop_assert!(spec.start_of(next) <= instant, "sliding ones hold it at least once");
        prop_assert!(next.since(spec.start_of(next)) <= spec.longest());
        prop_assert_eq!(spec.start_before(next), spec.start_of(spec.last_end(instant)));
    }

    #[test]
    fn no_instant_is_too_far(spec in shapes(), micros in any::<i64>()) {
        let instant = EventTime::from_micros(micros);
        let _ = (spec.last_end(instant), spec.next_end(instant), spec.start_of(instant), spec.start_before(instant));
    }
}

fn hour_quarter() -> PaneWidth {
    PaneWidth::new(Span::from_minutes(15)).unwrap()
}
