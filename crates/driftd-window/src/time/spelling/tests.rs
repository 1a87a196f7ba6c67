use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::EventTime;

fn in_utc(text: &str) -> Option<String> {
    written_time(text).map(|written| EventTime::from_micros(written.instant(Zone::UTC)).to_string())
}

#[test]
fn one_instant_in_many_spellings() {
    for text in [
        "2024-03-04T10:15:00Z",
        "2024-03-04t10:15:00z",
        "2024-03-04T10:15:00.000000000000Z",
        "2024-03-04T10:15:00,0Z",
        "2024-03-04T12:15:00+02:00",
        "2024-03-04T12:15:00+0200",
        "2024-03-04T12:15:00+02",
        "2024-03-04T04:45:00\u{2212}05:30",
        "2024-03-04 12:15:00 +02:00",
        "2024-03-04 10:15:00+00",
        "2024-03-04 10:15:00-00:00",
        "2024-03-04 10:15:00 UTC",
        "2024-03-04 10:15:00.000 utc",
        "2024-03-04 10:15:00 GMT",
        "2024-03-04 12:15:00 UTC+2",
        "2024-03-04 12:15:00 GMT+0200 (Central Africa Time)",
        "2024-03-04T10:15Z",
        "2024-03-04 10:15",
        "2024-03-04 10:15 AM",
        "2024-3-4 10:15:00",
        "2024/03/04 10:15",
        "2024/3/4 10:15:00",
        "2024.03.04 10:15:00",
        "2024-Mar-04 10:15:00",
        "20240304T101500Z",
        "20240304T1015",
        "20240304101500Z",
        "202403041015+0000",
        "20240304101500.0Z",
        "2024-064T10:15:00Z",
        "2024064T101500Z",
        "2024-W10-1T10:15Z",
        "2024W101T1015Z",
        "2024-03-04T11:15:00[Europe/Berlin]",
        "2024-03-04T11:15:00+01:00[Europe/Berlin]",
        "2024-03-04T10:15:00Z[Europe/Berlin][u-ca=hebrew]",
        "2024-03-04 11:15:00.000 Europe/Berlin",
        "Mon, 04 Mar 2024 10:15:00 +0000",
        "Mon, 04 Mar 2024 10:15:00 GMT",
        "Mon Mar  4 10:15:00 2024",
        "Mon Mar  4 10:15:00 UTC 2024",
        "Mon Mar 04 2024 12:15:00 GMT+0200 (EET)",
        "04/Mar/2024:10:15:00 +0000",
        "4 March 2024 10:15",
        "Mar 4, 2024, 10:15:00 AM",
        "  2024-03-04T10:15:00Z\n",
    ] {
        assert_eq!(in_utc(text).as_deref(), Some("2024-03-04T10:15:00Z"), "{text:?}");
    }
}

#[test]
fn parts_that_may_be_left_out_or_are_finer_than_a_microsecond() {
    for (text, at) in [
        ("2024-03-04", "2024-03-04T00:00:00Z"),
        ("2024-03-04Z", "2024-03-04T00:00:00Z"),
        ("2024-03-04+01:00", "2024-03-03T23:00:00Z"),
        ("2024/03/04", "2024-03-04T00:00:00Z"),
        ("2024-03-04T10", "2024-03-04T10:00:00Z"),
        ("2024-03-04T10-05", "2024-03-04T15:00:00Z"),
        ("2024-03-04T24:00:00Z", "2024-03-05T00:00:00Z"),
        ("2024-03-04T23:59:60Z", "2024-03-05T00:00:00Z"),
        ("2024-03-04T10:15:00.1234567899Z", "2024-03-04T10:15:00.123456Z"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2024-03-04 12:00 AM", "2024-03-04T00:00:00Z"),
        ("2024-03-04 12:15 PM", "2024-03-04T12:15:00Z"),
        ("2024-03-04 11:15 pm", "2024-03-04T23:15:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("4 Mar 2024", "2024-03-04T00:00:00Z"),
        ("Mar 4 2024", "2024-03-04T00:00:00Z"),
    ] {
        assert_eq!(in_utc(text).as_deref(), Some(at), "{text:?}");
    }
}

#[test]
fn what_is_in_doubt_is_not_read() {
    for text in [
        "",
        "soon",
        "2024",
        "2024-03",
        "20240304",
        "20240304101500",
        "20240304101500.5",
        "1709510400",
        "04/03/2024",
        "04.03.2024 00:00:00",
        "3/14/2024",
        "04-MAR-24",
        "2023-02-29",
        "2024-13-01",
        "2024-03-04T25:00:00Z",
        "2024-03-04T24:00:01Z",
        "2024-03-04T24:00:00.1Z",
        "2024-03-04T10:60:00Z",
        "2024-03-04T10:15:61Z",
        "2024-03-04T10:15:00.Z",
        "2024-03-04T10:15:00+24:00",
        "2024-03-04T10:15:00 CET",
        "2024-03-04T10:15:00[Mars/Olympus]",
        "2024-03-04T10:15:00Z[",
        "2024-03-04T10:15:00Zulu",
        "2024-03-04T",
        "2024-03-04 13:00 PM",
        "2024-03-04 10.15",
        "2024-03-04 10:15.5",
        "2024-03-04-10",
        "2024-03-04 10-15",
        "2024-W54-1",
        "2023-W53-1",
        "2024-367",
        "2024-03/04",
        "Mar 4",
        "0000-01-01",
    ] {
        assert_eq!(in_utc(text), None, "{text:?}");
    }
}

#[test]
fn times_without_a_zone_are_those_of_the_reader() {
    let berlin: Zone = "Europe/Berlin".parse().unwrap();
    let at = |text: &str| EventTime::from_micros(written_time(text).unwrap().instant(berlin)).to_string();
    assert_eq!(at("2024-07-01 12:00"), "2024-07-01T10:00:00Z");
    assert_eq!(at("2024-07-01 12:00Z"), "2024-07-01T12:00:00Z");
    assert_eq!(at("2024-03-31 02:30"), "2024-03-31T01:30:00Z", "skipped: counted on from before");
    assert_eq!(at("2024-10-27 02:30"), "2024-10-27T00:30:00Z", "twice: the first");
}

/// What the calendar's library reads of RFC 3339, cut to microseconds.
fn by_the_library(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

proptest! {
    #[test]
    fn rfc_3339_is_what_the_calendar_says(
        seconds in -62_135_596_800_i64..253_402_300_800,
        fraction in prop::option::of("[0-9]{1,9}"),
        end in prop::sample::select(vec!["Z", "+00:00", "+02:00", "-11:45", "z"]),
    ) {
        let whole = EventTime::from_micros(seconds * 1_000_000).to_string();
        let fraction = fraction.map(|digits| format!(".{digits}")).unwrap_or_default();
        let text = whole.replace('Z', &format!("{fraction}{end}"));
        let read = written_time(&text);
        prop_assert_eq!(read, by_the_library(&text).map(WrittenTime::Instant), "{}", text);
    }

    #[test]
    fn what_looks_like_rfc_3339_is_read_alike(text in "(19|20|00)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,8})?(Z|z|[+-][01][0-9]:[0-5][0-9])") {
        let read = written_time(&text);
        // The end of the day and the year 0 are beyond the library and this reader.
        if !text.contains("24:00:00") && !text.starts_with("0000") {
            prop_assert_eq!(read, by_the_library(&text).map(WrittenTime::Instant), "{}", text);
        }
    }

    #[test]
    fn the_fast_path_is_no_other_path(text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,7})?Z") {
        // A space in front is passed over, by the general way only.
        prop_assert_eq!(written_time(&text), written_time(&format!(" {text}")), "{}", text);
    }

    #[test]
    fn an_instant_is_read_back_as_it_is_printed(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let text = EventTime::from_micros(micros).to_string();
        prop_assert_eq!(written_time(&text), Some(WrittenTime::Instant(micros)), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = written_time(&text);
    }

    #[test]
    fn nothing_like_a_time_is_too_odd(text in "[0-9TtZzWw:.,+ /\\[\\]()AMPMarGMTUTC-]{0,40}") {
        let _ = written_time(&text).map(|written| written.instant("Europe/Berlin".parse().unwrap()));
    }
}
