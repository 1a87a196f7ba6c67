//! Incidents as mails, and what a reader sees of them.
#![allow(dead_code, reason = "every test binary uses some of it")]

use std::sync::Arc;

use driftd_config::{EmailChannel, NotifyConfig, Secret, SecretError, SecretRef, SmtpLogin, SmtpTls};
use driftd_model::{Cause, Incident, IncidentKind, IncidentState, Notification, NotifyReason, Severity};
use driftd_notify::{BuildError, EmailOptions, EmailTransport, SecretResolver, TransportFactory};
use driftd_stats::DriftStatistic;
use driftd_window::SegmentKey;

use crate::fixtures::{at, four, full, incident, movement, over, psi, quality, told, wall};

pub(crate) fn channel(url: &str, tls: SmtpTls, login: Option<&str>) -> EmailChannel {
    let password = SecretRef::Env("SMTP_PASSWORD".to_owned());
    EmailChannel {
        to: vec!["Ana <ana@example.com>".parse().unwrap(), "bo@example.com".parse().unwrap()],
        from: "driftd <driftd@alerts.example.com>".parse().unwrap(),
        smtp: url.parse().unwrap(),
        tls,
        login: login.map(|user| SmtpLogin { username: user.to_owned(), password }),
    }
}

/// A transport for `channel` of the receiver `ops`.
pub(crate) fn transport(channel: &EmailChannel, secrets: SecretResolver) -> Result<EmailTransport, BuildError> {
    transport_with(channel, secrets, EmailOptions::default())
}

/// The same, set up differently.
pub(crate) fn transport_with(
    channel: &EmailChannel,
    secrets: SecretResolver,
    options: EmailOptions,
) -> Result<EmailTransport, BuildError> {
    TransportFactory::new(&NotifyConfig::default(), secrets).with_email(options).email(&"ops".parse().unwrap(), channel)
}

/// Secrets that are all the same.
pub(crate) fn secrets(secret: &'static str) -> SecretResolver {
    Arc::new(move |place: &SecretRef| -> Result<Secret, SecretError> {
        place.resolve(|_| Some(secret.to_owned()), |_| Ok(secret.to_owned()))
    })
}

/// Several features of one segment.
pub(crate) fn drift() -> Notification {
    let mut found = incident(IncidentKind::Drift, four());
    found.windows = 2;
    found.first_seen = at("2013-06-24");
    found.key.segment = SegmentKey::from_labels([("carrier", Some("UA"))]);
    full(found, NotifyReason::Opened { windows: 2 })
}

pub(crate) fn bad_values() -> Notification {
    let missing = quality(DriftStatistic::Missing, 0.1134, Some(0.1), (0.05, 0.2));
    let missing = driftd_model::Evidence { outcome: driftd_model::Outcome::Warning, moved: Vec::new(), ..missing };
    let moved = vec![movement("UA", 0.3, 0.18), movement("(unseen: XQ, ZZ)", 0.0, 0.12)];
    let unseen = driftd_model::Evidence {
        feature: "carrier".into(),
        outcome: driftd_model::Outcome::Warning,
        moved,
        ..quality(DriftStatistic::Unseen, 0.12, Some(1e-4), (0.01, 0.2))
    };
    let mut found = incident(IncidentKind::DataQuality, vec![missing, unseen]);
    found.severity = Severity::Warning;
    full(found, NotifyReason::FeaturesJoined { features: vec!["carrier".into()] })
}

pub(crate) fn silent() -> Notification {
    let mut found = incident(IncidentKind::NoData, Vec::new());
    found.causes = vec![Cause::NoRows { expected: Some(12_400.0) }];
    full(found, told())
}

pub(crate) fn trouble() -> Notification {
    let mut found = incident(IncidentKind::Pipeline, Vec::new());
    let hour_and_more = "1h 10m".parse().unwrap();
    found.causes = vec![Cause::Lag { behind: hour_and_more }, Cause::Rejected { share: 0.12, records: 1204 }];
    found.last_window.0 = "pipeline".into();
    let mut told = full(found, NotifyReason::Repeated);
    told.at = wall("2013-07-08T04:05:00Z");
    told
}

pub(crate) fn taken(mut told: Notification) -> Notification {
    told.incident.state = IncidentState::Acknowledged;
    told.incident.acknowledged = Some((wall("2013-07-08T01:00:00Z"), "ana".to_owned()));
    told.reason = NotifyReason::Acknowledged { by: "ana".to_owned() };
    told
}

pub(crate) fn resolved(mut told: Notification) -> Notification {
    told.incident.state = IncidentState::Resolved;
    told.incident.resolved_at = Some(wall("2013-07-09T12:30:00Z"));
    told.reason = over();
    told
}

/// Everything that has a name is called `name`.
pub(crate) fn called(name: &str) -> Notification {
    let evidence = (0..12).map(|rank| driftd_model::Evidence {
        moved: vec![movement(name, 0.1, 0.2), movement(name, 0.3, 0.0)],
        ..psi(&format!("{rank}{name}"), 2.0 + f64::from(rank))
    });
    let mut found: Incident = incident(IncidentKind::Drift, evidence.collect());
    found.key.segment = SegmentKey::from_labels([("carrier", Some(name))]);
    found.last_window.0 = name.into();
    found.acknowledged = Some((wall("2013-07-08T01:00:00Z"), name.to_owned()));
    found.causes = vec![
        Cause::Stalled { topic: name.into(), partition: driftd_model::Partition(3), behind: "42m".parse().unwrap() },
        Cause::FewRows { rows: 310, expected: 12_400.0 },
    ];
    let mut told = full(found, NotifyReason::Acknowledged { by: name.to_owned() });
    for label in ["team", "environment", "model", "model_version"] {
        told.labels.set(label.parse().unwrap(), format!(".{name}"));
    }
    told
}

/// What a reader sees of a page, a line for every row, cells apart by `|`.
pub(crate) fn seen(html: &str) -> String {
    let body = &html[html.find("<body").unwrap()..];
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        match tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap() {
            "tr" | "table" | "p" | "h2" | "br" | "div" => text.push('\n'),
            "td" | "th" => text.push('|'),
            _ => {}
        }
        text.push_str(&after.replace('\n', " "));
    }
    let entities = [
        ("&nbsp;", " "),
        ("\u{a0}", " "),
        ("&zwnj;", ""),
        ("&#847;", ""),
        ("&bull;", "-"),
        ("&rarr;", "→"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    for (entity, character) in entities {
        text = text.replace(entity, character);
    }
    let lines = text.lines().map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
        cells.join(" | ")
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The markup of a page without its text.
pub(crate) fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|piece| piece.split_once('>').map_or(piece, |(tag, _)| tag)).collect()
}
