//! Rows that call a notification log `told`, with names that are the words to be replaced.

use std::fmt::Write as _;

use driftd_model::{
    Incident, IncidentId, IncidentKind, NOTIFICATION_SCHEMA, NotifyReason, ReceiverName, SharedStore, SilenceId,
    Suppressed, Transition,
};
use driftd_testkit::fixtures::clock;
use driftd_window::{Timestamp, WindowName};

/// A feature, a window and a receiver that are called as the fields were, and a category that is like their text.
const NAMES: [&str; 3] = ["tellings", "told", "withheld"];

fn by_name(value: &str) -> String {
    NAMES.map(|name| format!("\"{name}\":{}", value.replace("NAME", name))).join(",")
}

/// An incident as it was stored.
fn incident(id: &str, kind: &str, window: &str, withheld: &str) -> String {
    let features = by_name(
        r#"{"feature":"NAME","outcome":"critical","statistic":"psi","value":1.7976931348623157e308,"effect":0.6,"threshold":null,"n":1000,"m":400,"q_value":null,"baseline_share":null,"moved":[{"label":"\u0000\"told\":{\"tellings\":1,\"withheld\":null","before":0.1,"after":0.30000000000000004}]}"#,
    );
    let streaks = by_name(r#"{"bad":1,"good":0,"counted_through":-3600000000}"#);
    let told = by_name(r#"{"at":7,"severity":"critical","features":["told"],"acknowledged":false,"resolved":false}"#);
    let (features, streaks) = match kind {
        "pipeline" => (String::new(), format!(r#""{window}":{{"bad":2,"good":0,"counted_through":null}}"#)),
        _ => (features, streaks),
    };
    format!(
        r#"{{"id":"{id}","key":{{"monitor":"m","segment":"","kind":"{kind}"}},"state":"open","severity":"critical","first_seen":0,"last_window":["{window}",0,3600000000],"opened_at":0,"acknowledged":null,"resolved_at":null,"features":{{{features}}},"causes":[],"windows":1,"opened_after":1,"resolved_by":null,"streaks":{{{streaks}}},"told":{{{told}}},"tellings":2,"withheld":{withheld}}}"#
    )
}

const SILENCED: &str = r#"{"withheld_by":"silence","silence":3}"#;
const MUTED: &str = r#"{"withheld_by":"mute_time"}"#;
const INHIBITED: &str = r#"{"withheld_by":"inhibited","kind":"pipeline","incident":"pppp"}"#;

/// Rows of every kind that changed, for either database.
pub(crate) fn rows() -> String {
    let incidents = [
        ("dddd", "drift", incident("dddd", "drift", "look", SILENCED)),
        ("pppp", "pipeline", incident("pppp", "pipeline", "look", "null")),
        ("qqqq", "data_quality", incident("qqqq", "data_quality", "hour", INHIBITED)),
        ("nnnn", "no_data", incident("nnnn", "no_data", "hour", MUTED)),
    ];
    let hash = "0".repeat(64);
    let mut sql = String::new();
    for (number, (id, kind, body)) in incidents.iter().enumerate() {
        let was = [INHIBITED, MUTED, SILENCED, MUTED][number];
        let message = format!(
            r#"{{"schema":2,"key":"{hash}","incident":{body},"reason":{{"reason":"unmuted","was":{was}}},"receivers":["told"],"at":0,"baseline":"base@v1","baseline_hash":"{hash}","labels":{{"kind":"{kind}","tellings":"1","told":"x","withheld_by":"silence"}},"links":{{"incident":null,"silence":null,"runbook":null}}}}"#
        );
        let written = write!(
            sql,
            r#"
            INSERT INTO incidents (id, monitor, segment, kind, severity, state, first_seen, opened_at, resolved_at,
                                   features, windows, body)
            VALUES ('{id}', 'm', '', '{kind}', 'critical', 'open', 0, 0, NULL, '[]', 1, '{body}');
            INSERT INTO incident_events (incident_id, at, transition, silenced, body)
            VALUES ('{id}', 0, 'opened', false, '{{"transition":"opened","windows":1,"severity":"critical"}}'),
                   ('{id}', 1, 'withheld', false, '{{"transition":"withheld","why":{was}}}'),
                   ('{id}', 2, 'told', false,
                    '{{"transition":"told","why":{{"reason":"unmuted","was":{was}}},"receivers":["told"]}}'),
                   ('{id}', 3, 'told', false,
                    '{{"transition":"told","why":{{"reason":"features_joined","features":["\"withheld_by\":\"silence\""]}},"receivers":["told"]}}');
            INSERT INTO notification_outbox (key, receiver, incident_id, body, state, attempts, created_at, due_at)
            VALUES ('k{number}', 'told', '{id}', '{message}', 'pending', 0, 0, 0);
            "#
        );
        written.unwrap();
    }
    sql
}

fn silenced() -> Suppressed {
    Suppressed::Silenced { silence: SilenceId(3) }
}

fn inhibited() -> Suppressed {
    Suppressed::Inhibited { kind: IncidentKind::Pipeline, incident: IncidentId::from_stored("pppp".to_owned()) }
}

fn names<'a>(found: impl Iterator<Item = &'a (impl ToString + 'a)>) -> Vec<String> {
    found.map(ToString::to_string).collect()
}

fn is_whole(incident: &Incident, window: &str, suppressed: Option<&Suppressed>) {
    assert_eq!(incident.suppressed.as_ref(), suppressed);
    assert_eq!((incident.notifications, incident.last_window.0.clone()), (2, WindowName::from(window)));
    assert_eq!(names(incident.notification_log.receivers()), NAMES.map(str::to_owned));
    let told: ReceiverName = "told".parse().unwrap();
    assert_eq!(incident.notification_log.get(&told).unwrap().at, Timestamp::from_micros(7));
    if incident.key.kind == IncidentKind::Pipeline {
        assert_eq!(names(incident.streaks.keys()), ["pipeline"]);
        return;
    }
    assert_eq!(names(incident.streaks.keys()), NAMES.map(str::to_owned));
    assert_eq!(names(incident.features.keys()), NAMES.map(str::to_owned));
    for evidence in incident.features.values() {
        assert_eq!((evidence.value, evidence.moved[0].after), (f64::MAX, 0.30000000000000004));
        assert_eq!(evidence.moved[0].label, "\0\"told\":{\"tellings\":1,\"withheld\":null");
    }
}

/// What the rows are read into.
pub(crate) async fn are_those_of_today(store: SharedStore) {
    let expected = [
        ("dddd", "look", Some(silenced()), inhibited()),
        ("pppp", "pipeline", None, Suppressed::Muted),
        ("qqqq", "hour", Some(inhibited()), silenced()),
        ("nnnn", "hour", Some(Suppressed::Muted), Suppressed::Muted),
    ];
    let told: ReceiverName = "told".parse().unwrap();
    let leased = store.lease("w", &told, 8, clock(9), clock(10)).await.unwrap();
    assert_eq!(leased.len(), expected.len());
    for ((id, window, suppressed, was), entry) in expected.iter().zip(&leased) {
        let (incident, events) = store.incident(&IncidentId::from_stored((*id).to_owned())).await.unwrap().unwrap();
        is_whole(&incident, window, suppressed.as_ref());
        let unmuted = NotifyReason::Unmuted { was: was.clone() };
        let joined = NotifyReason::FeaturesJoined { features: vec!["\"withheld_by\":\"silence\"".into()] };
        let transitions: Vec<&Transition> = events.iter().map(|event| &event.transition).skip(1).collect();
        let notified = |why| Transition::Notified { why, receivers: vec![told.clone()] };
        let after = [Transition::Suppressed { why: was.clone() }, notified(unmuted.clone()), notified(joined)];
        assert_eq!(transitions, after.iter().collect::<Vec<_>>());

        let message = &entry.notification;
        assert_eq!((message.schema, &message.reason, &message.incident), (NOTIFICATION_SCHEMA, &unmuted, &incident));
        let labels = message.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        assert_eq!(labels[1..], ["tellings=1", "told=x", "withheld_by=silence"]);
    }
}
