//! *What people are told*: one plain sentence for an incident, a whole message around it, and what carries it.
//!
//! Floor 2 of driftd. Words are made when a message is delivered, from the [`Notification`](driftd_model::Notification)
//! that was decided in the seal transaction; nothing here decides anything. Three steps:
//!
//! * [`IncidentView`] computes everything a message says: [`sentence`], [`subject`], facts, features, links. The words for
//!   an incident itself stand in [`driftd_model::words::incident`], because pages say them too;
//! * renderers are functions of it: [`text`], [`email_html`], Slack's blocks, the envelope of a webhook and the `driftd`
//!   object in it, a template's context, the alerts and events of other programs;
//! * a [`Transport`](driftd_model::Transport) carries what was rendered and says of a failure whether trying again makes
//!   sense. A [`TransportFactory`] makes the one that a receiver is configured for: e-mail, a webhook, Slack, PagerDuty,
//!   Alertmanager, a local program, or the daemon's own log. Each is one file.
//!
//! Column, category and segment names come from strangers. Every one of them passes through
//! [`words::name`](driftd_model::words::name), so a line stays one line and no name can reorder text or drive a
//! terminal.
//!
//! ```
//! use driftd_model::{Cause, IncidentKey, IncidentKind, Health, IncidentRules, Observation, Severity, step};
//! use driftd_notify::event_sentence;
//! use driftd_window::{SegmentKey, Timestamp, WindowName};
//!
//! let key = IncidentKey { monitor: "flight-delay".parse()?, segment: SegmentKey::all(), kind: IncidentKind::NoData };
//! let observation = Observation {
//!     window: WindowName::from("day"),
//!     start: "2013-07-01".parse()?,
//!     end: "2013-07-02".parse()?,
//!     health: Health::Bad(Severity::Critical, Vec::new()),
//!     causes: vec![Cause::NoRows { expected: Some(12_400.0) }],
//! };
//! let opened = step(None, &key, &observation, &IncidentRules::default(), Timestamp::from_micros(0));
//! let (incident, reason) = (opened.incident.unwrap(), opened.transitions.last().unwrap());
//! assert_eq!(
//!     event_sentence(&incident, reason),
//!     "flight-delay: no records arrived, about 12,400 expected, in day 2013-07-01 – 2013-07-02 (UTC)."
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod alertmanager;
mod command;
mod data;
mod email;
mod envelope;
mod factory;
mod feature;
mod html;
mod http;
mod log;
mod pagerduty;
mod reach;
mod sample;
mod setup;
mod slack;
mod template;
mod text;
mod tone;
mod view;
mod webhook;

pub use driftd_model::words::incident::{
    basis, cause, event_sentence, evidence, incident_sentence, lasting, reason, roughly, sentence, subject, summary,
    suppressed, transition, why,
};
pub use email::{EmailOptions, EmailTransport};
pub use factory::TransportFactory;
pub use feature::{FeatureView, MovementView};
pub use html::email_html;
pub use http::{AddressPolicy, BadTarget, Forbidden, HttpClient, Roots, SystemResolver, Target};
pub use log::LogTransport;
pub use reach::Unreached;
pub use sample::test_notification;
pub use setup::{BuildError, SecretResolver};
pub use text::text;
pub use tone::Tone;
pub use view::{IncidentView, Link};
