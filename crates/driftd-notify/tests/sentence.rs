//! Every wording of a sentence and a subject line.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may assert by panicking")]

mod fixtures;

use driftd_model::{
    Cause, Evidence, FeatureKind, IncidentId, IncidentKind, IncidentState, MistypedValues, NotifyReason, Outcome,
    Partition, Severity, SilenceId, Suppressed, Topic, Transition,
};
use driftd_notify::{event_sentence, incident_sentence, sentence, subject, transition, why};
use driftd_stats::{DriftStatistic, MistypedTypes};
use driftd_window::{SegmentKey, Span};
use fixtures::{at, four, incident, movement, notification, opened, over, psi, quality, told, wall};
use proptest::prelude::*;

#[test]
fn an_opened_drift() {
    let told = notification(incident(IncidentKind::Drift, four()), told());
    insta::assert_snapshot!(sentence(&told), @"flight-delay: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(subject(&told), @"[CRITICAL] flight-delay: 4 features drifted");
}

#[test]
fn one_feature_is_singular_and_a_segment_is_named() {
    let mut found = incident(IncidentKind::Drift, vec![psi("temp", 0.3)]);
    found.key.segment = SegmentKey::from_labels([("carrier", Some("UA")), ("origin", Some("JFK"))]);
    let told = notification(found, told());
    insta::assert_snapshot!(sentence(&told), @"flight-delay (carrier=UA,origin=JFK): 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(subject(&told), @"[CRITICAL] flight-delay (carrier=UA,origin=JFK): 1 feature drifted");
}

#[test]
fn a_warning_names_the_threshold_it_crossed() {
    let evidence = Evidence { outcome: Outcome::Warning, ..psi("temp", 0.12) };
    let mut found = incident(IncidentKind::Drift, vec![evidence]);
    found.severity = Severity::Warning;
    found.windows = 2;
    found.first_seen = at("2013-06-24");
    let told = notification(found, NotifyReason::Opened { windows: 2 });
    insta::assert_snapshot!(sentence(&told), @"flight-delay: 1 feature drifted since 2013-06-24, last in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.12 (warning at 0.1), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(subject(&told), @"[WARNING] flight-delay: 1 feature drifted");
}

#[test]
fn what_happens_to_an_open_drift() {
    let mut found = incident(IncidentKind::Drift, four());
    found.windows = 5;
    found.first_seen = at("2013-06-03");
    let joined = Transition::FeaturesJoined { features: vec!["humid".into(), "wind_speed".into()] };
    insta::assert_snapshot!(event_sentence(&found, &joined), @"flight-delay: 2 more features joined (humid, wind_speed): 4 features drifted since 2013-06-03, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(event_sentence(&found, &Transition::Escalated), @"flight-delay: now critical: 4 features drifted since 2013-06-03, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(event_sentence(&found, &Transition::Pended), @"flight-delay: first bad window, nobody was told yet: 4 features drifted since 2013-06-03, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(event_sentence(&found, &Transition::Dropped), @"flight-delay: over before anybody was told: 4 features drifted in 5 windows, 2013-06-03 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25).");
    insta::assert_snapshot!(incident_sentence(&found), @"flight-delay: 4 features drifted since 2013-06-03, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
}

#[test]
fn a_drift_somebody_has_taken() {
    let mut found = incident(IncidentKind::Drift, four());
    found.state = IncidentState::Acknowledged;
    found.acknowledged = Some((wall("2013-07-08T01:00:00Z"), "ana".to_owned()));
    let told = notification(found, NotifyReason::Acknowledged { by: "ana".to_owned() });
    insta::assert_snapshot!(sentence(&told), @"flight-delay: ana has taken it, repeats stop: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(subject(&told), @"[ACKNOWLEDGED] flight-delay: 4 features drifted");
    assert_eq!(incident_sentence(&told.incident), sentence(&told));
}

#[test]
fn a_drift_that_is_over() {
    let mut found = incident(IncidentKind::Drift, four());
    found.state = IncidentState::Resolved;
    found.windows = 5;
    found.first_seen = at("2013-06-03");
    let by = |by: &str| Transition::Resolved { by: by.to_owned() };
    insta::assert_snapshot!(event_sentence(&found, &by("2 good windows")), @"flight-delay: resolved after 2 good windows: 4 features drifted in 5 windows, 2013-06-03 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25).");
    insta::assert_snapshot!(event_sentence(&found, &by("1 good windows")), @"flight-delay: resolved after 1 good window: 4 features drifted in 5 windows, 2013-06-03 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25).");
    insta::assert_snapshot!(event_sentence(&found, &by("ana")), @"flight-delay: resolved by ana: 4 features drifted in 5 windows, 2013-06-03 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25).");
    insta::assert_snapshot!(incident_sentence(&found), @"flight-delay: 4 features drifted in 5 windows, 2013-06-03 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25).");
    insta::assert_snapshot!(subject(&notification(found, over())), @"[RESOLVED] flight-delay: 4 features drifted");
}

#[test]
fn many_joined_features_are_counted() {
    let found = incident(IncidentKind::Drift, four());
    let joined =
        |n: usize| Transition::FeaturesJoined { features: (0..n).map(|i| format!("f{i}").as_str().into()).collect() };
    insta::assert_snapshot!(event_sentence(&found, &joined(1)), @"flight-delay: 1 more feature joined (f0): 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(event_sentence(&found, &joined(9)), @"flight-delay: 9 more features joined (f0, f1, f2, and 6 more): 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
}

#[test]
fn no_records() {
    let mut found = incident(IncidentKind::NoData, Vec::new());
    insta::assert_snapshot!(event_sentence(&found, &opened()), @"flight-delay: no records arrived in week 2013-07-01 – 2013-07-08 (UTC).");
    insta::assert_snapshot!(subject(&notification(found.clone(), told())), @"[CRITICAL] flight-delay: no records arrived");
    found.windows = 3;
    found.first_seen = at("2013-06-17T06:00:00Z");
    let over = Transition::Resolved { by: "2 good windows".to_owned() };
    insta::assert_snapshot!(event_sentence(&found, &over), @"flight-delay: resolved after 2 good windows: no records arrived in 3 windows, 2013-06-17 06:00 – 2013-07-08 00:00 (UTC).");
}

#[test]
fn data_quality_speaks_in_shares() {
    let tell = |evidence: Evidence| event_sentence(&incident(IncidentKind::DataQuality, vec![evidence]), &opened());
    let missing = quality(DriftStatistic::Missing, 0.2134, Some(0.1), (0.05, 0.2));
    insta::assert_snapshot!(tell(missing.clone()), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: missing share rose from 10 % to 31 % (critical at +20 points).");
    insta::assert_snapshot!(tell(Evidence { baseline_share: None, ..missing }), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: missing share rose by 21.34 points (critical at +20 points).");
    insta::assert_snapshot!(tell(quality(DriftStatistic::NonFinite, 0.1, Some(0.0), (0.01, 0.05))), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: share of NaN and infinite values rose from 0 % to 10 % (critical at +5 points).");
    let both = Evidence { effect: 0.07, ..quality(DriftStatistic::Missing, 0.04, Some(0.0), (0.01, 0.05)) };
    insta::assert_snapshot!(tell(both), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: missing share rose from 0 % to 4 %, +7 points with missing values and NaN taken together (critical at +5 points).");
    let types = quality(DriftStatistic::Mistyped, 1.0, Some(0.0), (0.05, 0.2));
    insta::assert_snapshot!(tell(types.clone()), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: share of values of another type rose from 0 % to 100 % (critical at +20 points).");
    let mistyped = |kind, count, of| Some(MistypedValues { kind, count, of, types: MistypedTypes::default() });
    let words = Evidence { mistyped: mistyped(FeatureKind::Numeric, 72, 72), ..types.clone() };
    insta::assert_snapshot!(tell(words), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 72 of 72 values are of another type, no numbers (critical at +20 points).");
    let found = MistypedTypes { texts: 70, lists: 2, ..MistypedTypes::default() };
    let text = MistypedValues { kind: FeatureKind::Numeric, count: 72, of: 72, types: found };
    insta::assert_snapshot!(tell(Evidence { mistyped: Some(text), ..types.clone() }), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 72 of 72 values are text and lists, no numbers (critical at +20 points).");
    let lists = Evidence { mistyped: mistyped(FeatureKind::Categorical, 1_200, 4_800), ..types };
    insta::assert_snapshot!(tell(lists), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 1,200 of 4,800 values are of another type, no single values (critical at +20 points).");
    let unseen = quality(DriftStatistic::Unseen, 0.12, Some(1e-4), (0.01, 0.1));
    insta::assert_snapshot!(tell(unseen.clone()), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 12 % of values were never in the baseline (critical at 10 %).");
    let named = vec![movement("UA", 0.3, 0.2), movement("(unseen: XQ, ZZ)", 0.0, 0.12)];
    insta::assert_snapshot!(tell(Evidence { moved: named, ..unseen }), @"flight-delay: 1 feature has bad values in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 12 % of values were never in the baseline (critical at 10 %), such as XQ, ZZ.");
    let found = incident(IncidentKind::DataQuality, four());
    insta::assert_snapshot!(subject(&notification(found, told())), @"[CRITICAL] flight-delay: 4 features have bad values");
}

#[test]
fn statistics_without_bins_in_their_words() {
    let tell = |evidence: Evidence| event_sentence(&incident(IncidentKind::Drift, vec![evidence]), &opened());
    let outside = quality(DriftStatistic::OutOfRange, 0.07, Some(1e-4), (0.01, 0.05));
    insta::assert_snapshot!(tell(outside), @"flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: 7 % of values are outside the baseline's range (critical at 5 %).");
    let far =
        Evidence { effect: 0.4, moved: Vec::new(), ..quality(DriftStatistic::Wasserstein, 31.0, None, (0.1, 0.25)) };
    insta::assert_snapshot!(tell(far), @"flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); dep_delay: Wasserstein distance 0.4 standard deviations (critical at 0.25).");
    insta::assert_snapshot!(tell(psi("temp", f64::MAX)), @"flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI infinite (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
}

#[test]
fn the_other_kinds() {
    let tell = |kind| event_sentence(&incident(kind, Vec::new()), &opened());
    insta::assert_snapshot!(tell(IncidentKind::Performance), @"flight-delay: the model's performance fell in week 2013-07-01 – 2013-07-08 (UTC).");
    insta::assert_snapshot!(tell(IncidentKind::Pipeline), @"flight-delay: driftd cannot see all of the traffic, first seen 2013-07-01 00:00 UTC.");
}

#[test]
fn a_message_that_comes_late_or_again_says_why() {
    let found = incident(IncidentKind::Drift, vec![psi("temp", 0.3)]);
    let mut again = notification(found.clone(), NotifyReason::Repeated);
    again.at = wall("2013-07-08T04:06:00Z");
    insta::assert_snapshot!(sentence(&again), @"flight-delay: still open after 4 h 1 min, and nobody has taken it: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    let late = |was| sentence(&notification(found.clone(), NotifyReason::Unmuted { was }));
    insta::assert_snapshot!(late(Suppressed::Silenced { silence: SilenceId(3) }), @"flight-delay: open, and silence 3 is over: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(late(Suppressed::Muted), @"flight-delay: open, and the mute time of a route is over: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    let explained = Suppressed::Inhibited {
        kind: IncidentKind::Pipeline,
        incident: IncidentId::from_stored("90aa3d9e1b6f".to_owned()),
    };
    insta::assert_snapshot!(late(explained), @"flight-delay: open, and pipeline incident 90aa3d9e1b6f, which explained it, is over: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
}

#[test]
fn a_test_says_so_first() {
    let test = notification(incident(IncidentKind::Drift, four()), NotifyReason::Test { by: "ana".to_owned() });
    insta::assert_snapshot!(sentence(&test), @"A test by ana, nothing is wrong: flight-delay: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    insta::assert_snapshot!(subject(&test), @"[TEST] flight-delay: 4 features drifted");
}

#[test]
fn who_was_told_and_who_was_not() {
    let found = incident(IncidentKind::Drift, vec![psi("temp", 0.3)]);
    let receivers = vec!["oncall".parse().unwrap(), "chat".parse().unwrap()];
    let heard = Transition::Notified { why: told(), receivers };
    insta::assert_snapshot!(event_sentence(&found, &heard), @"flight-delay: oncall, chat heard of it, opened after its first bad window: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    let suppressed = Transition::Suppressed { why: Suppressed::Silenced { silence: SilenceId(3) } };
    insta::assert_snapshot!(event_sentence(&found, &suppressed), @"flight-delay: nobody is told, because of silence 3: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
    let lost = Transition::Undelivered { receiver: "oncall".parse().unwrap(), error: "410 Gone\r\n".to_owned() };
    insta::assert_snapshot!(event_sentence(&found, &lost), @"flight-delay: oncall was not reached (410 Gone): 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.");
}

fn caused(kind: IncidentKind, causes: Vec<Cause>) -> driftd_model::Incident {
    driftd_model::Incident { causes, ..incident(kind, Vec::new()) }
}

fn troubles() -> Vec<Cause> {
    vec![
        Cause::Stalled { topic: Topic::from("flights"), partition: Partition(3), behind: Span::from_minutes(42) },
        Cause::Lag { behind: Span::from_minutes(70) },
        Cause::Rejected { share: 0.12, records: 1204 },
        Cause::StoreAway { lasted: Span::from_minutes(7) },
    ]
}

#[test]
fn too_few_records() {
    let silent = caused(IncidentKind::NoData, vec![Cause::NoRows { expected: Some(12_400.4) }]);
    insta::assert_snapshot!(event_sentence(&silent, &opened()), @"flight-delay: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).");
    insta::assert_snapshot!(subject(&notification(silent, told())), @"[CRITICAL] flight-delay: no records arrived, about 12,400 expected");
    let few = caused(IncidentKind::NoData, vec![Cause::FewRows { rows: 310, expected: 12_400.0 }]);
    insta::assert_snapshot!(event_sentence(&few, &opened()), @"flight-delay: only 310 records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).");
    for nonsense in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        let silent = caused(IncidentKind::NoData, vec![Cause::NoRows { expected: Some(nonsense) }]);
        assert_eq!(subject(&notification(silent, told())), "[CRITICAL] flight-delay: no records arrived");
    }
}

#[test]
fn the_trouble_of_driftd_itself() {
    for (trouble, said) in troubles().into_iter().zip([
        "[CRITICAL] flight-delay: partition flights/3 is 42 min behind the others",
        "[CRITICAL] flight-delay: driftd is 1 h 10 min behind the clock",
        "[CRITICAL] flight-delay: 12 % of the records cannot be read (1,204 lately)",
        "[CRITICAL] flight-delay: the store was unreachable for 7 min",
    ]) {
        assert_eq!(subject(&notification(caused(IncidentKind::Pipeline, vec![trouble]), told())), said);
    }
    let mut all = caused(IncidentKind::Pipeline, troubles());
    insta::assert_snapshot!(event_sentence(&all, &opened()), @"flight-delay: partition flights/3 is 42 min behind the others, driftd is 1 h 10 min behind the clock, 12 % of the records cannot be read (1,204 lately) and 1 more, first seen 2013-07-01 00:00 UTC.");
    all.state = IncidentState::Resolved;
    insta::assert_snapshot!(sentence(&notification(all, over())), @"flight-delay: resolved after 2 good windows: partition flights/3 was 42 min behind the others, driftd was 1 h 10 min behind the clock, 12 % of the records could not be read (1,204 lately) and 1 more, 2013-07-01 – 2013-07-08 (UTC).");
}

fn reasons(text: &str) -> Vec<NotifyReason> {
    let by = text.to_owned();
    let incident = IncidentId::from_stored(by.clone());
    vec![
        told(),
        NotifyReason::Unmuted { was: Suppressed::Inhibited { kind: IncidentKind::NoData, incident } },
        NotifyReason::Escalated,
        NotifyReason::FeaturesJoined { features: vec![text.into(); 5] },
        NotifyReason::Repeated,
        NotifyReason::Acknowledged { by: by.clone() },
        NotifyReason::Resolved { by: by.clone() },
        NotifyReason::Test { by },
    ]
}

fn transitions(text: &str) -> Vec<Transition> {
    let receivers = vec!["oncall".parse().unwrap(); 9];
    let mut all: Vec<Transition> =
        reasons(text).into_iter().map(|why| Transition::Notified { why, receivers: receivers.clone() }).collect();
    all.extend([
        Transition::Pended,
        Transition::Dropped,
        opened(),
        Transition::Escalated,
        Transition::FeaturesJoined { features: vec![text.into(); 5] },
        Transition::Acknowledged { by: text.to_owned() },
        Transition::Resolved { by: text.to_owned() },
        Transition::Suppressed { why: Suppressed::Muted },
        Transition::Undelivered { receiver: "oncall".parse().unwrap(), error: text.repeat(20) },
    ]);
    all
}

proptest! {
    #[test]
    fn a_sentence_is_one_line_whatever_things_are_called(
        text in any::<String>(), value in any::<f64>(), before in any::<f64>(), statistic in 0..12_usize, kind in 0..5_usize,
    ) {
        let kinds = [
            IncidentKind::Drift, IncidentKind::DataQuality, IncidentKind::NoData, IncidentKind::Performance,
            IncidentKind::Pipeline,
        ];
        let evidence = Evidence {
            statistic: DriftStatistic::ALL[statistic],
            baseline_share: Some(before),
            moved: vec![movement(&text, before, value), movement(&format!("(unseen: {text})"), before, value)],
            ..psi(&text, value)
        };
        let mut found = incident(kinds[kind], vec![evidence]);
        found.key.segment = SegmentKey::from_stored(text.clone());
        found.last_window.0 = text.as_str().into();
        found.causes = vec![
            Cause::Stalled { topic: text.as_str().into(), partition: Partition(3), behind: Span::from_minutes(42) },
            Cause::FewRows { rows: 3, expected: value },
            Cause::Rejected { share: value.fract().abs(), records: 3 },
        ];
        let mut said: Vec<String> = transitions(&text).iter().map(|t| event_sentence(&found, t)).collect();
        said.extend(transitions(&text).iter().map(transition));
        for reason in reasons(&text) {
            let told = notification(found.clone(), reason);
            said.extend([sentence(&told), subject(&told), why(&told)]);
        }
        found.state = IncidentState::Resolved;
        said.push(incident_sentence(&found));
        for said in said {
            prop_assert!(!said.chars().any(|c| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}')), "{:?}", said);
            prop_assert!(said.chars().count() < 1200, "{} characters", said.chars().count());
        }
    }
}

#[test]
fn a_window_that_keeps_to_the_clocks_of_a_zone() {
    let mut found = incident(IncidentKind::NoData, Vec::new());
    found.zone = "Europe/Berlin".parse().unwrap();
    let day = |from: &str, to: &str| ("day".into(), from.parse().unwrap(), to.parse().unwrap());
    found.last_window = day("2024-03-03T23:00:00Z", "2024-03-04T23:00:00Z");
    found.first_seen = found.last_window.1;
    insta::assert_snapshot!(incident_sentence(&found));
    // The day on which clocks go forward.
    found.last_window = day("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z");
    insta::assert_snapshot!(incident_sentence(&found));
    found.last_window = day("2024-03-31T10:00:00Z", "2024-03-31T16:00:00Z");
    found.first_seen = found.last_window.1;
    insta::assert_snapshot!(incident_sentence(&found));
    let told = notification(found.clone(), told());
    let view = driftd_notify::IncidentView::of(&told);
    insta::assert_snapshot!(format!("{}\n{}\n{}", view.window, view.window_span, view.first_seen));
    found.zone = "America/New_York".parse().unwrap();
    insta::assert_snapshot!(incident_sentence(&found));
}
