//! The plain-text message. What it says of which incident is tested with the view; here is its form.
#![allow(clippy::unwrap_used, reason = "helpers of tests may assert by panicking")]

mod fixtures;

use driftd_model::{
    Cause, Evidence, IncidentId, IncidentKind, NotifyReason, Severity, SilenceId, Suppressed, Transition,
};
use driftd_notify::{reason, transition};
use driftd_stats::DriftStatistic;
use driftd_window::{SegmentKey, Span};
use fixtures::{at, four, full, incident, notification, opened, over, psi, quality, text, told};

#[test]
fn a_firing_incident() {
    let mut found = incident(IncidentKind::Drift, four());
    found.windows = 2;
    found.first_seen = at("2013-06-24");
    found.key.segment = SegmentKey::from_labels([("carrier", Some("UA"))]);
    insta::assert_snapshot!(text(&full(found, NotifyReason::Opened { windows: 2 })), @"
    flight-delay (carrier=UA): 4 features drifted since 2013-06-24, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.

    State         firing
    Severity      critical
    Monitor       flight-delay
    Model         delay-gbm, version 3.2
    Environment   production
    Segment       carrier=UA
    Kind          drift
    First seen    2013-06-24 00:00 UTC
    Last window   week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    Bad windows   2
    Opened        2013-07-08 00:05 UTC

    Incident      https://driftd.example.com/incidents/428808045d0c
    Runbook       https://wiki.example.com/flight-delay
    Silence       https://driftd.example.com/incidents/428808045d0c#silence

    Features, worst first

      1. temp: critical
         PSI 8.32 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      2. dewp: critical
         PSI 1.5 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      3. humid: critical
         PSI 0.4 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      4. wind_speed: critical
         PSI 0.26 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

    Why you get this: opened after 2 bad windows in a row.
    To hear no more of it: driftd silences add monitor=flight-delay kind=drift segment=carrier=UA --comment WHY

    What to do    docs/runbooks.md#drift
    Baseline      flight-delay@v1 (7a6d85963363)
    Labels        team=ml
    Dedup key     428808045d0c
    Message       13d535a137af, decided 2013-07-08 00:05 UTC
    Schema        3
    ");
}

#[test]
fn what_is_not_there_has_no_line() {
    let said = text(&notification(incident(IncidentKind::Drift, vec![psi("temp", 0.3)]), told()));
    insta::assert_snapshot!(said, @"
    flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.

    State         firing
    Severity      critical
    Monitor       flight-delay
    Segment       all
    Kind          drift
    First seen    2013-07-01 00:00 UTC
    Last window   week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    Bad windows   1
    Opened        2013-07-08 00:05 UTC

    Features, worst first

      1. temp: critical
         PSI 0.3 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

    Why you get this: opened after its first bad window.
    To hear no more of it: driftd silences add monitor=flight-delay kind=drift --comment WHY

    What to do    docs/runbooks.md#drift
    Baseline      flight-delay@v1 (7a6d85963363)
    Dedup key     428808045d0c
    Message       13d535a137af, decided 2013-07-08 00:05 UTC
    Schema        3
    ");
}

#[test]
fn a_number_that_says_little_is_explained() {
    let missing = quality(DriftStatistic::Missing, 0.2134, Some(0.1), (0.05, 0.2));
    let far = Evidence { statistic: DriftStatistic::Wasserstein, effect: 0.4, ..psi("distance", 31.0) };
    let said = text(&full(incident(IncidentKind::DataQuality, vec![missing, far]), NotifyReason::Escalated));
    let (from, to) = (said.find("  1. ").unwrap(), said.find("\nWhy you get this").unwrap());
    insta::assert_snapshot!(&said[from..to], @"
    1. distance: critical
       Wasserstein distance 0.4 standard deviations (critical at 0.25)
       Wasserstein distance 31, effect 0.4 (warning from 0.1, critical from 0.25), n = 26,398, m = 6,402
       (80.6, 95]                    0 % -> 31 %
       (-inf, 30]                   10 % -> 0.2 %

    2. dep_delay: critical
       missing share rose from 10 % to 31 % (critical at +20 points)
       missing share 0.213 (warning from 0.05, critical from 0.2), n = 26,398, m = 6,402
       (80.6, 95]                    0 % -> 31 %
       (-inf, 30]                   10 % -> 0.2 %
    ");
}

#[test]
fn several_troubles_are_listed() {
    let mut found = incident(IncidentKind::Pipeline, Vec::new());
    found.causes = vec![Cause::Lag { behind: Span::from_minutes(70) }, Cause::Rejected { share: 0.12, records: 1204 }];
    found.last_window.0 = "pipeline".into();
    let reason = NotifyReason::Unmuted { was: Suppressed::Silenced { silence: SilenceId(3) } };
    insta::assert_snapshot!(text(&full(found, reason)), @"
    flight-delay: open, and silence 3 is over: driftd is 1 h 10 min behind the clock and 12 % of the records cannot be read (1,204 lately), first seen 2013-07-01 00:00 UTC.

    State         firing
    Severity      critical
    Monitor       flight-delay
    Model         delay-gbm, version 3.2
    Environment   production
    Segment       all
    Kind          pipeline
    First seen    2013-07-01 00:00 UTC
    Last seen     2013-07-08 00:00 UTC
    Opened        2013-07-08 00:05 UTC

    Incident      https://driftd.example.com/incidents/a522b5524dbb
    Runbook       https://wiki.example.com/flight-delay
    Silence       https://driftd.example.com/incidents/a522b5524dbb#silence

    What is wrong

      - driftd is 1 h 10 min behind the clock
      - 12 % of the records cannot be read (1,204 lately)

    Why you get this: opened earlier; silence 3 is over.
    To hear no more of it: driftd silences add monitor=flight-delay kind=pipeline --comment WHY

    What to do    docs/runbooks.md#lag, #rejected
    Baseline      flight-delay@v1 (7a6d85963363)
    Labels        team=ml
    Dedup key     a522b5524dbb
    Message       5c0c0cec26bf, decided 2013-07-08 00:05 UTC
    Schema        3
    ");
}

#[test]
fn a_thousand_features_stay_a_message() {
    let features = (0..1000).map(|i| psi(&format!("feature_{i}"), 1.0 + f64::from(i))).collect();
    let said = text(&notification(incident(IncidentKind::Drift, features), told()));
    assert!(said.contains("\nand 990 more features.\n"), "{said}");
    assert!(said.lines().count() < 90);
}

#[test]
fn every_reason_has_words() {
    let silence = Suppressed::Silenced { silence: SilenceId(3) };
    let incident = IncidentId::from_stored("90aa3d9e1b6f".to_owned());
    let explained = Suppressed::Inhibited { kind: IncidentKind::NoData, incident };
    let all = [
        told(),
        NotifyReason::Opened { windows: 3 },
        NotifyReason::Unmuted { was: silence },
        NotifyReason::Unmuted { was: explained },
        NotifyReason::Unmuted { was: Suppressed::Muted },
        NotifyReason::Escalated,
        NotifyReason::FeaturesJoined { features: vec!["temp".into()] },
        NotifyReason::Repeated,
        NotifyReason::Acknowledged { by: "ana".to_owned() },
        over(),
        NotifyReason::Resolved { by: "ana".to_owned() },
        NotifyReason::Test { by: "ana".to_owned() },
    ];
    insta::assert_snapshot!(all.iter().map(reason).collect::<Vec<_>>().join("\n"), @r"
    opened after its first bad window
    opened after 3 bad windows in a row
    opened earlier; silence 3 is over
    opened earlier; no_data incident 90aa3d9e1b6f, which explained it, is over
    opened earlier; the mute time of a route is over
    warning became critical
    1 feature joined: temp
    still open, and nobody has taken it
    ana has taken it
    resolved after 2 good windows
    resolved by ana
    ana tries this receiver; nothing is wrong
    ");
}

#[test]
fn every_change_has_a_reason() {
    let receivers = vec!["oncall".parse().unwrap(), "chat".parse().unwrap()];
    let all = [
        Transition::Pended,
        Transition::Dropped,
        opened(),
        Transition::Opened { windows: 3, severity: Severity::Warning },
        Transition::Escalated,
        Transition::FeaturesJoined { features: vec!["temp".into()] },
        Transition::Acknowledged { by: "ana".to_owned() },
        Transition::Resolved { by: "2 good windows".to_owned() },
        Transition::Notified { why: told(), receivers },
        Transition::Suppressed { why: Suppressed::Silenced { silence: SilenceId(3) } },
        Transition::Suppressed { why: Suppressed::Muted },
        Transition::Undelivered { receiver: "oncall".parse().unwrap(), error: "mail server refused it".to_owned() },
    ];
    let said: Vec<String> = all.iter().map(|t| format!("{:<16}{}", t.as_str(), transition(t))).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    pended          first bad window
    dropped         over before anybody was told
    opened          critical in its first window
    opened          3 bad windows in a row, warning
    escalated       warning became critical
    features_joined 1 feature joined: temp
    acknowledged    by ana
    resolved        after 2 good windows
    notified        oncall, chat: opened after its first bad window
    suppressed      by silence 3
    suppressed      by the mute time of a route
    undelivered     oncall: mail server refused it
    ");
}

#[test]
fn no_name_forges_a_line() {
    let told = notification(incident(IncidentKind::Drift, vec![psi("x\nState         resolved", 1.0)]), told());
    assert_eq!(text(&told).lines().filter(|line| line.starts_with("State")).count(), 1);
}

#[test]
fn no_address_leads_off_the_web() {
    let mut told = full(incident(IncidentKind::Drift, four()), told());
    told.links.runbook = Some("javascript:alert(1)".to_owned());
    told.links.silence = Some("https://driftd.example.com/\nState         resolved".to_owned());
    let said = text(&told);
    assert!(!said.contains("Runbook") && !said.contains("Silence "), "{said}");
}
