//! What people read: numbers, names and movements in words.

use driftd_model::words::{
    choices, count, counted, list, minutes, moved, moved_sentence, name, number, percent, percents, probability, span,
};
use driftd_stats::Movement;
use driftd_window::EventTime;
use proptest::prelude::*;

fn movement(label: &str, before: f64, after: f64) -> Movement {
    Movement { label: label.to_owned(), before, after }
}

#[test]
fn long_lists_end_in_how_many_more_there_are() {
    let names = |n: usize| (1..=n).map(|i| format!("c{i}")).collect::<Vec<_>>();
    for (n, in_a_sentence, behind_a_colon) in
        [(0, "", ""), (1, "c1", "c1"), (2, "c1 and c2", "c1, c2"), (3, "c1, c2 and c3", "c1, c2, c3")]
    {
        assert_eq!((list(&names(n)).as_str(), choices(&names(n)).as_str()), (in_a_sentence, behind_a_colon));
    }
    assert!(list(&names(13)).ends_with("c12 and c13"), "one more name is no longer than to say so");
    assert!(list(&names(14)).ends_with(", c12 and 2 more"));
    assert!(choices(&names(10_000)).ends_with(", c20 and 9,980 more"));
}

#[test]
fn numbers_have_three_significant_digits() {
    let said: Vec<String> = [
        0.0,
        8.3214,
        0.25,
        0.1,
        12.0,
        99.96,
        1234.6,
        999_999.4,
        1e6,
        3.41e8,
        0.00123,
        0.000_12,
        -0.5,
        1e-300,
        1e300,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ]
    .into_iter()
    .map(number)
    .collect();
    insta::assert_snapshot!(said.join("  "), @"0  8.32  0.25  0.1  12  100  1235  999999  1e6  3.41e8  0.00123  1.2e-4  -0.5  1e-300  1e300  infinite  infinite  unknown");
}

#[test]
fn counts_have_their_thousands_apart() {
    let said: Vec<String> = [0, 7, 999, 1000, 336_776, u64::MAX].into_iter().map(count).collect();
    insta::assert_snapshot!(said.join("  "), @"0  7  999  1,000  336,776  18,446,744,073,709,551,615");
    assert_eq!(counted(1, "row", "rows"), "1 row");
    assert_eq!(counted(0, "row", "rows"), "0 rows");
}

#[test]
fn percentages_never_call_something_nothing_or_all() {
    let said: Vec<String> =
        [0.0, 0.000_01, 0.0004, 0.0101, 0.031, 0.1, 0.314, 0.9949, 0.9960, 0.999_99, 1.0, -0.05, -0.000_01]
            .into_iter()
            .map(percent)
            .collect();
    insta::assert_snapshot!(said.join("  "), @"0 %  < 0.01 %  0.04 %  1 %  3.1 %  10 %  31 %  99 %  99.6 %  > 99.99 %  100 %  -5 %  > -0.01 %");
}

#[test]
fn shares_that_differ_read_differently() {
    assert_eq!(percents(0.102, 0.104), ("10.2 %".to_owned(), "10.4 %".to_owned()));
    assert_eq!(percents(0.0, 0.31), ("0 %".to_owned(), "31 %".to_owned()));
    assert_eq!(percents(0.5, 0.5), ("50 %".to_owned(), "50 %".to_owned()));
}

#[test]
fn movements_read_as_one_clause() {
    let all = [movement("(80.6, 95]", 0.0, 0.312), movement("(-inf, 30]", 0.1, 0.002), movement("UA", 0.2, 0.21)];
    insta::assert_snapshot!(moved_sentence(&all, 1), @"share of (80.6, 95] rose from 0 % to 31 %");
    insta::assert_snapshot!(moved_sentence(&all, 3), @"share of (80.6, 95] rose from 0 % to 31 %, of (-inf, 30] fell from 10 % to 0.2 % and of UA rose from 20 % to 21 %");
    assert_eq!(moved_sentence(&[], 3), "");
}

#[test]
fn probabilities_stop_at_what_means_something() {
    let said: Vec<String> = [0.0, 1e-17, 1.234e-8, 0.003, 1.0].into_iter().map(|p| probability("q", p)).collect();
    insta::assert_snapshot!(said.join("  "), @"q < 1e-16  q < 1e-16  q = 1.23e-8  q = 0.003  q = 1");
}

#[test]
fn spans_show_hours_only_where_they_matter() {
    let at = |text: &str| text.parse::<EventTime>().unwrap();
    insta::assert_snapshot!(span(at("2013-07-01"), at("2013-07-08")), @"2013-07-01 – 2013-07-08 (UTC)");
    insta::assert_snapshot!(span(at("2013-07-01T06:00:00Z"), at("2013-07-01T12:15:00Z")), @"2013-07-01 06:00 – 12:15 (UTC)");
    insta::assert_snapshot!(span(at("2013-07-01T18:00:00Z"), at("2013-07-02T00:00:00Z")), @"2013-07-01 18:00 – 2013-07-02 00:00 (UTC)");
    insta::assert_snapshot!(span(EventTime::from_micros(i64::MIN), EventTime::from_micros(1)), @"-9223372036854775808 µs – 1970-01-01 00:00 (UTC)");
}

#[test]
fn foreign_names_fit_one_line() {
    assert_eq!(name("a\nb\u{1b}[31m\u{202e}c", 40), "a b [31mc");
    assert_eq!(name("\u{7}\n", 40), "(blank)");
    assert_eq!(name(&"abcdefghij".repeat(50), 16), "abcdefghij…fghij");
    assert_eq!(name("עמודה", 40), "עמודה");
}

proptest! {
    #[test]
    fn nothing_breaks_a_line(text in any::<String>(), x in any::<f64>(), before in -0.1..1.1_f64, after in any::<f64>()) {
        let said = [
            name(&text, 30), number(x), percent(x), percent(before), probability("p", x), minutes(&text.replace(char::is_control, "")),
            moved(&movement(&text, before, after)),
        ];
        for part in said {
            prop_assert!(!part.chars().any(char::is_control), "{:?}", part);
        }
        prop_assert!(name(&text, 30).chars().count() <= 30);
    }

    #[test]
    fn different_shares_say_so(before in 0.0..=1.0_f64, change in 1e-4..1.0_f64) {
        let after = (before + change).min(1.0);
        prop_assume!(after - before > 1e-4);
        let (b, a) = percents(before, after);
        prop_assert_ne!(b, a);
    }
}
