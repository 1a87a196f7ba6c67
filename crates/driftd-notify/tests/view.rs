//! Everything a message says, once in full; renderers are functions of it and have tests of their own form only.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may assert by panicking")]

mod email_fixtures;
mod fixtures;

use driftd_model::{IncidentKind, Links, Notification, NotifyReason, Suppressed};
use driftd_notify::IncidentView;
use driftd_window::WindowName;
use email_fixtures::{bad_values, drift, resolved, silent, taken, trouble};
use fixtures::{at, full, incident, notification, psi, told};
use serde_json::Value as Json;

/// The view of a notification, a line for each field that says something, and one for each item of a list.
fn lines(notification: &Notification) -> Vec<String> {
    let Json::Object(fields) = serde_json::to_value(IncidentView::of(notification)).unwrap() else {
        panic!("a view is an object");
    };
    let mut lines = Vec::new();
    for (name, value) in fields {
        match value {
            Json::Null => {}
            Json::String(text) => lines.push(format!("{name}: {text}")),
            Json::Array(items) => lines.extend(items.iter().map(|item| format!("{name}: {item}"))),
            other => lines.push(format!("{name}: {other}")),
        }
    }
    lines
}

fn view(notification: &Notification) -> String {
    lines(notification).join("\n")
}

/// What the view of `after` says that the one of `before` does not, and the other way round.
fn changes(before: &Notification, after: &Notification) -> String {
    let (before, after) = (lines(before), lines(after));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}

#[test]
fn several_features_of_a_segment_drifted() {
    insta::assert_snapshot!(view(&drift()), @r#"
    bad_windows: 2
    baseline: flight-delay@v1 (7a6d85963363)
    dedup_key: 428808045d0c
    environment: production
    features: {"is_explained":false,"m":"6,402","moved":[{"after":"31 %","bars":[0,100],"before":"0 %","label":"(80.6, 95]"},{"after":"0.2 %","bars":[32,1],"before":"10 %","label":"(-inf, 30]"}],"n":"26,398","name":"temp","net":null,"outcome":"critical","summary":"PSI 8.32 (critical at 0.25)","thresholds":"warning from 0.1, critical from 0.25","tone":"critical","value":"PSI 8.32"}
    features: {"is_explained":false,"m":"6,402","moved":[{"after":"31 %","bars":[0,100],"before":"0 %","label":"(80.6, 95]"},{"after":"0.2 %","bars":[32,1],"before":"10 %","label":"(-inf, 30]"}],"n":"26,398","name":"dewp","net":null,"outcome":"critical","summary":"PSI 1.5 (critical at 0.25)","thresholds":"warning from 0.1, critical from 0.25","tone":"critical","value":"PSI 1.5"}
    features: {"is_explained":false,"m":"6,402","moved":[{"after":"31 %","bars":[0,100],"before":"0 %","label":"(80.6, 95]"},{"after":"0.2 %","bars":[32,1],"before":"10 %","label":"(-inf, 30]"}],"n":"26,398","name":"humid","net":null,"outcome":"critical","summary":"PSI 0.4 (critical at 0.25)","thresholds":"warning from 0.1, critical from 0.25","tone":"critical","value":"PSI 0.4"}
    features: {"is_explained":false,"m":"6,402","moved":[{"after":"31 %","bars":[0,100],"before":"0 %","label":"(80.6, 95]"},{"after":"0.2 %","bars":[32,1],"before":"10 %","label":"(-inf, 30]"}],"n":"26,398","name":"wind_speed","net":null,"outcome":"critical","summary":"PSI 0.26 (critical at 0.25)","thresholds":"warning from 0.1, critical from 0.25","tone":"critical","value":"PSI 0.26"}
    first_seen: 2013-06-24 00:00 UTC
    kind: drift
    labels: team=ml
    last_seen: 2013-07-08 00:00 UTC
    links: {"title":"Incident","url":"https://driftd.example.com/incidents/428808045d0c"}
    links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    links: {"title":"Silence","url":"https://driftd.example.com/incidents/428808045d0c#silence"}
    message: 13d535a137af, decided 2013-07-08 00:05 UTC
    model: delay-gbm, version 3.2
    monitor: flight-delay
    opened: 2013-07-08 00:05 UTC
    runbook: docs/runbooks.md#drift
    schema: 3
    segment: carrier=UA
    sentence: flight-delay (carrier=UA): 4 features drifted since 2013-06-24, last in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.
    severity: critical
    silence_command: driftd silences add monitor=flight-delay kind=drift segment=carrier=UA --comment WHY
    state: firing
    subject: [CRITICAL] flight-delay (carrier=UA): 4 features drifted
    tag: CRITICAL
    tone: critical
    why: opened after 2 bad windows in a row
    window: week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    window_span: week, 2013-07-01 – 2013-07-08 (UTC)
    worst: temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %
    "#);
}

#[test]
fn values_are_bad() {
    insta::assert_snapshot!(view(&bad_values()), @r#"
    bad_windows: 1
    baseline: flight-delay@v1 (7a6d85963363)
    dedup_key: 834d3bd587b4
    environment: production
    features: {"is_explained":true,"m":"6,402","moved":[{"after":"18 %","bars":[100,60],"before":"30 %","label":"UA"},{"after":"12 %","bars":[0,40],"before":"0 %","label":"(unseen: XQ, ZZ)"}],"n":"26,398","name":"carrier","net":null,"outcome":"warning","summary":"12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ","thresholds":"warning from 0.01, critical from 0.2","tone":"warning","value":"unseen share 0.12"}
    features: {"is_explained":true,"m":"6,402","moved":[],"n":"26,398","name":"dep_delay","net":null,"outcome":"warning","summary":"missing share rose from 10 % to 21 % (warning at +5 points)","thresholds":"warning from 0.05, critical from 0.2","tone":"warning","value":"missing share 0.113"}
    first_seen: 2013-07-01 00:00 UTC
    kind: data_quality
    labels: team=ml
    last_seen: 2013-07-08 00:00 UTC
    links: {"title":"Incident","url":"https://driftd.example.com/incidents/834d3bd587b4"}
    links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    links: {"title":"Silence","url":"https://driftd.example.com/incidents/834d3bd587b4#silence"}
    message: 094c58918193, decided 2013-07-08 00:05 UTC
    model: delay-gbm, version 3.2
    monitor: flight-delay
    opened: 2013-07-08 00:05 UTC
    runbook: docs/runbooks.md#data-quality
    schema: 3
    segment: all
    sentence: flight-delay: 1 more feature joined (carrier): 2 features have bad values in week 2013-07-01 – 2013-07-08 (UTC); worst carrier: 12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ.
    severity: warning
    silence_command: driftd silences add monitor=flight-delay kind=data_quality --comment WHY
    state: firing
    subject: [WARNING] flight-delay: 2 features have bad values
    tag: WARNING
    tone: warning
    why: 1 feature joined: carrier
    window: week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    window_span: week, 2013-07-01 – 2013-07-08 (UTC)
    worst: carrier: 12 % of values were never in the baseline (warning at 1 %), such as XQ, ZZ
    "#);
}

#[test]
fn no_records_arrived() {
    insta::assert_snapshot!(view(&silent()), @r#"
    bad_windows: 1
    baseline: flight-delay@v1 (7a6d85963363)
    dedup_key: 9232f8861a61
    environment: production
    first_seen: 2013-07-01 00:00 UTC
    kind: no_data
    labels: team=ml
    last_seen: 2013-07-08 00:00 UTC
    links: {"title":"Incident","url":"https://driftd.example.com/incidents/9232f8861a61"}
    links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    links: {"title":"Silence","url":"https://driftd.example.com/incidents/9232f8861a61#silence"}
    message: 1a6e50381ef2, decided 2013-07-08 00:05 UTC
    model: delay-gbm, version 3.2
    monitor: flight-delay
    opened: 2013-07-08 00:05 UTC
    runbook: docs/runbooks.md#no-rows
    schema: 3
    segment: all
    sentence: flight-delay: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    severity: critical
    silence_command: driftd silences add monitor=flight-delay kind=no_data --comment WHY
    state: firing
    subject: [CRITICAL] flight-delay: no records arrived, about 12,400 expected
    tag: CRITICAL
    tone: critical
    why: opened after its first bad window
    window: week [2013-07-01 00:00, 2013-07-08 00:00) UTC
    window_span: week, 2013-07-01 – 2013-07-08 (UTC)
    "#);
}

#[test]
fn driftd_itself_is_in_trouble() {
    insta::assert_snapshot!(view(&trouble()), @r#"
    baseline: flight-delay@v1 (7a6d85963363)
    causes: "driftd is 1 h 10 min behind the clock"
    causes: "12 % of the records cannot be read (1,204 lately)"
    dedup_key: a522b5524dbb
    environment: production
    first_seen: 2013-07-01 00:00 UTC
    kind: pipeline
    labels: team=ml
    last_seen: 2013-07-08 00:00 UTC
    links: {"title":"Incident","url":"https://driftd.example.com/incidents/a522b5524dbb"}
    links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    links: {"title":"Silence","url":"https://driftd.example.com/incidents/a522b5524dbb#silence"}
    message: 4246e7e5d08f, decided 2013-07-08 04:05 UTC
    model: delay-gbm, version 3.2
    monitor: flight-delay
    opened: 2013-07-08 00:05 UTC
    runbook: docs/runbooks.md#lag, #rejected
    schema: 3
    segment: all
    sentence: flight-delay: still open after 4 h, and nobody has taken it: driftd is 1 h 10 min behind the clock and 12 % of the records cannot be read (1,204 lately), first seen 2013-07-01 00:00 UTC.
    severity: critical
    silence_command: driftd silences add monitor=flight-delay kind=pipeline --comment WHY
    state: firing
    subject: [CRITICAL] flight-delay: driftd is 1 h 10 min behind the clock and 12 % of the records cannot be read (1,204 lately)
    tag: CRITICAL
    tone: critical
    why: still open after 4 h, and nobody has taken it
    window: pipeline [2013-07-01 00:00, 2013-07-08 00:00) UTC
    window_span: pipeline, 2013-07-01 – 2013-07-08 (UTC)
    "#);
}

#[test]
fn somebody_has_taken_it() {
    insta::assert_snapshot!(changes(&silent(), &taken(silent())), @r"
    - sentence: flight-delay: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    - state: firing
    - subject: [CRITICAL] flight-delay: no records arrived, about 12,400 expected
    - tag: CRITICAL
    - tone: critical
    - why: opened after its first bad window
    + sentence: flight-delay: ana has taken it, repeats stop: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    + state: firing, taken
    + subject: [ACKNOWLEDGED] flight-delay: no records arrived, about 12,400 expected
    + tag: ACKNOWLEDGED
    + taken: 2013-07-08 01:00 UTC by ana
    + tone: calm
    + why: ana has taken it
    ");
}

#[test]
fn it_is_over() {
    insta::assert_snapshot!(changes(&silent(), &resolved(silent())), @r#"
    - links: {"title":"Silence","url":"https://driftd.example.com/incidents/9232f8861a61#silence"}
    - runbook: docs/runbooks.md#no-rows
    - sentence: flight-delay: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    - silence_command: driftd silences add monitor=flight-delay kind=no_data --comment WHY
    - state: firing
    - subject: [CRITICAL] flight-delay: no records arrived, about 12,400 expected
    - tag: CRITICAL
    - tone: critical
    - why: opened after its first bad window
    + resolved: 2013-07-09 12:30 UTC
    + sentence: flight-delay: resolved after 2 good windows: no records arrived, about 12,400 expected, in 1 window, 2013-07-01 – 2013-07-08 (UTC).
    + state: resolved
    + subject: [RESOLVED] flight-delay: no records arrived, about 12,400 expected
    + tag: RESOLVED
    + tone: good
    + why: resolved after 2 good windows
    "#);
    let once_taken = view(&resolved(taken(silent())));
    assert!(once_taken.contains("\ntaken: 2013-07-08 01:00 UTC by ana\n"), "{once_taken}");
}

#[test]
fn it_is_told_late_and_there_is_nowhere_to_read_on() {
    let mut late = silent();
    late.reason = NotifyReason::Unmuted { was: Suppressed::Muted };
    late.links = Links::default();
    insta::assert_snapshot!(changes(&silent(), &late), @r#"
    - links: {"title":"Incident","url":"https://driftd.example.com/incidents/9232f8861a61"}
    - links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    - links: {"title":"Silence","url":"https://driftd.example.com/incidents/9232f8861a61#silence"}
    - sentence: flight-delay: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    - why: opened after its first bad window
    + sentence: flight-delay: open, and the mute time of a route is over: no records arrived, about 12,400 expected, in week 2013-07-01 – 2013-07-08 (UTC).
    + why: opened earlier; the mute time of a route is over
    "#);
}

#[test]
fn it_is_a_test_and_has_no_labels() {
    let opened = full(incident(IncidentKind::Drift, vec![psi("temp", 0.3)]), told());
    let test = full(opened.incident.clone(), NotifyReason::Test { by: "ana".to_owned() });
    insta::assert_snapshot!(changes(&opened, &test), @r#"
    - links: {"title":"Incident","url":"https://driftd.example.com/incidents/428808045d0c"}
    - links: {"title":"Silence","url":"https://driftd.example.com/incidents/428808045d0c#silence"}
    - message: 13d535a137af, decided 2013-07-08 00:05 UTC
    - runbook: docs/runbooks.md#drift
    - sentence: flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.
    - silence_command: driftd silences add monitor=flight-delay kind=drift --comment WHY
    - state: firing
    - subject: [CRITICAL] flight-delay: 1 feature drifted
    - tag: CRITICAL
    - tone: critical
    - why: opened after its first bad window
    + message: 1241cf2989e5, decided 2013-07-08 00:05 UTC
    + sentence: A test by ana, nothing is wrong: flight-delay: 1 feature drifted in week 2013-07-01 – 2013-07-08 (UTC); temp: PSI 0.3 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %.
    + state: test
    + subject: [TEST] flight-delay: 1 feature drifted
    + tag: TEST
    + tone: calm
    + why: ana tries this receiver; nothing is wrong
    "#);
    insta::assert_snapshot!(changes(&opened, &notification(opened.incident.clone(), told())), @r#"
    - environment: production
    - labels: team=ml
    - links: {"title":"Incident","url":"https://driftd.example.com/incidents/428808045d0c"}
    - links: {"title":"Runbook","url":"https://wiki.example.com/flight-delay"}
    - links: {"title":"Silence","url":"https://driftd.example.com/incidents/428808045d0c#silence"}
    - model: delay-gbm, version 3.2
    "#);
}

#[test]
fn a_number_that_says_little_is_explained() {
    let distance = driftd_model::Evidence {
        statistic: driftd_stats::DriftStatistic::Wasserstein,
        effect: 0.4,
        ..psi("distance", 31.0)
    };
    let escalated = full(incident(IncidentKind::DataQuality, vec![distance]), NotifyReason::Escalated);
    let features = lines(&escalated).into_iter().filter(|line| line.starts_with("feature"));
    insta::assert_snapshot!(features.collect::<Vec<_>>().join("\n"), @r#"features: {"is_explained":true,"m":"6,402","moved":[{"after":"31 %","bars":[0,100],"before":"0 %","label":"(80.6, 95]"},{"after":"0.2 %","bars":[32,1],"before":"10 %","label":"(-inf, 30]"}],"n":"26,398","name":"distance","net":null,"outcome":"critical","summary":"Wasserstein distance 0.4 standard deviations (critical at 0.25)","thresholds":"warning from 0.1, critical from 0.25","tone":"critical","value":"Wasserstein distance 31, effect 0.4"}"#);
}

#[test]
fn what_a_verdict_rests_on_is_told_after_what_happened() {
    use driftd_model::{HealthyWindows, Rarity, Reference, ReferenceScore};
    use driftd_stats::{DriftStatistic, Rung};
    let known = driftd_model::Evidence {
        m: 213,
        expected: Some(0.05),
        net: Some(0.26),
        rarity: Some(Rarity { once_in: "3285d".parse().unwrap(), budget: "90d".parse().unwrap() }),
        healthy: Some(HealthyWindows { phi: 1.8, windows: 60, length: Rung::Day, size: 190.0 }),
        rests_on: Some("learnt from 60 days of the baseline".to_owned()),
        window: Some((at("2013-07-02"), at("2013-07-03"))),
        references: vec![ReferenceScore { reference: Reference::Week, value: 0.04, p_value: Some(0.3) }],
        ..psi("temp", 0.31)
    };
    let said = |evidence: driftd_model::Evidence, window: (&str, &str, &str)| {
        let mut incident = incident(IncidentKind::Drift, vec![evidence]);
        incident.first_seen = at(window.1);
        incident.last_window = (WindowName::from(window.0), at(window.1), at(window.2));
        let notification = notification(incident, NotifyReason::Opened { windows: 1 });
        let view = IncidentView::of(&notification);
        format!("{}\n{}", view.sentence, view.basis.unwrap_or_default())
    };
    let day = ("day", "2013-07-02", "2013-07-03");
    insta::assert_snapshot!(said(known.clone(), day));
    let exchangeable = "the baseline has no event times: its rows are taken for exchangeable with the traffic";
    let alone = driftd_model::Evidence {
        healthy: None,
        rests_on: Some(exchangeable.to_owned()),
        references: Vec::new(),
        ..known.clone()
    };
    insta::assert_snapshot!(said(alone, day));
    let wild = HealthyWindows { phi: 40.0, windows: 26, length: Rung::Week, size: 20.0 };
    insta::assert_snapshot!(said(
        driftd_model::Evidence { healthy: Some(wild), ..known.clone() },
        ("week", "2013-07-01", "2013-07-08")
    ));
    // The worst window was another one: nobody says of which Tuesday it is told.
    insta::assert_snapshot!(said(known.clone(), ("day", "2013-07-05", "2013-07-06")));
    let missing = driftd_model::Evidence { statistic: DriftStatistic::Missing, m: 0, ..known.clone() };
    insta::assert_snapshot!(said(missing, day));
    let unseen = driftd_model::Evidence {
        statistic: DriftStatistic::Unseen,
        baseline_share: Some(0.002),
        expected: Some(0.01),
        ..known.clone()
    };
    insta::assert_snapshot!(said(unseen, day));
    let lasting = driftd_model::Evidence {
        statistic: DriftStatistic::Lasting,
        outcome: driftd_model::Outcome::Warning,
        value: 0.03,
        effect: 0.03,
        threshold: Some(driftd_model::Threshold { warn: 0.02, critical: f64::INFINITY }),
        m: 2_100,
        expected: Some(0.003),
        net: Some(0.027),
        references: Vec::new(),
        ..known
    };
    insta::assert_snapshot!(said(lasting, ("day (lasting)", "2013-07-02", "2013-07-03")));
}
