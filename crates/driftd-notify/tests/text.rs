//! The plain-text message, whole.
#![allow(clippy::unwrap_used, reason = "helpers of tests may assert by panicking")]

mod fixtures;

use driftd_model::{IncidentKind, IncidentState, Severity, Transition};
use driftd_notify::{reason, text};
use fixtures::{at, four, incident, notification, opened, psi, wall};

#[test]
fn a_firing_incident() {
    let mut found = incident(IncidentKind::Drift, four());
    found.windows = 2;
    found.first_seen = at("2013-06-24");
    let told = notification(found, Transition::Opened { windows: 2, severity: Severity::Critical });
    insta::assert_snapshot!(text(&told), @r"
    flight-delay: 4 features drifted since 2013-06-24, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.

    State         firing
    Severity      critical
    Why now       opened as critical after 2 bad windows in a row
    Monitor       flight-delay
    Segment       all
    Kind          drift
    First seen    2013-06-24 00:00 UTC
    Last window   week, from 2013-07-01 00:00 until before 2013-07-08 00:00 UTC
    Bad windows   2
    Opened        2013-07-08 00:05 UTC
    Baseline      flight-delay@v1 (7a6d85963363)
    Incident      428808045d0c
    Message       618c4d9ba1b7, decided 2013-07-08 00:05 UTC
    Schema        1

    Features, worst first

      1. temp: critical
         PSI 8.32 (warning from 0.1, critical from 0.25), q < 1e-16, n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      2. dewp: critical
         PSI 1.5 (warning from 0.1, critical from 0.25), q < 1e-16, n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      3. humid: critical
         PSI 0.4 (warning from 0.1, critical from 0.25), q < 1e-16, n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %

      4. wind_speed: critical
         PSI 0.26 (warning from 0.1, critical from 0.25), q < 1e-16, n = 26,398, m = 6,402
         (80.6, 95]                    0 % -> 31 %
         (-inf, 30]                   10 % -> 0.2 %
    ");
}

#[test]
fn a_resolved_incident_without_features() {
    let mut found = incident(IncidentKind::NoData, Vec::new());
    found.state = IncidentState::Resolved;
    found.acknowledged = Some((wall("2013-07-08T01:00:00Z"), "ana".to_owned()));
    found.resolved_at = Some(wall("2013-07-09T12:30:00.5Z"));
    let told = notification(found, Transition::Resolved { by: "2 good windows".to_owned() });
    insta::assert_snapshot!(text(&told), @r"
    flight-delay: resolved after 2 good windows: no records arrived in 1 window, 2013-07-01 – 2013-07-08 (UTC).

    State         resolved
    Severity      critical
    Why now       resolved after 2 good windows
    Monitor       flight-delay
    Segment       all
    Kind          no_data
    First seen    2013-07-01 00:00 UTC
    Last window   week, from 2013-07-01 00:00 until before 2013-07-08 00:00 UTC
    Bad windows   1
    Opened        2013-07-08 00:05 UTC
    Resolved      2013-07-09 12:30:00.500 UTC
    Acknowledged  2013-07-08 01:00 UTC by ana
    Baseline      flight-delay@v1 (7a6d85963363)
    Incident      9232f8861a61
    Message       ebea87e774cd, decided 2013-07-08 00:05 UTC
    Schema        1
    ");
}

#[test]
fn a_thousand_features_stay_a_message() {
    let features = (0..1000).map(|i| psi(&format!("feature_{i}"), 1.0 + f64::from(i))).collect();
    let said = text(&notification(incident(IncidentKind::Drift, features), opened()));
    assert!(said.ends_with("and 990 more features.\n"), "{said}");
    assert!(said.lines().count() < 80);
}

#[test]
fn every_reason_has_words() {
    let all = [
        Transition::Pended,
        Transition::Dropped,
        opened(),
        Transition::Opened { windows: 3, severity: Severity::Warning },
        Transition::Escalated,
        Transition::FeaturesJoined { features: vec!["temp".into()] },
        Transition::Repeated,
        Transition::Acknowledged { by: "ana".to_owned() },
        Transition::Resolved { by: "ana".to_owned() },
    ];
    insta::assert_snapshot!(all.iter().map(reason).collect::<Vec<_>>().join("\n"), @r"
    first bad window
    over before anybody was told
    opened at once, critical in its first window
    opened as warning after 3 bad windows in a row
    warning became critical
    1 feature joined: temp
    still open, and nobody has taken it
    ana has taken it
    resolved by ana
    ");
}

#[test]
fn no_name_forges_a_line() {
    let told = notification(incident(IncidentKind::Drift, vec![psi("x\nState         resolved", 1.0)]), opened());
    assert_eq!(text(&told).lines().filter(|line| line.starts_with("State")).count(), 1);
}
