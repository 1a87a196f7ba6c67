//! *What people are told*: one plain sentence for an incident, a whole message around it, and what carries it.
//!
//! Floor 2 of driftd. Words are made when a message is delivered, from the [`Notification`](driftd_model::Notification)
//! that was decided in the seal transaction; nothing here decides anything. Three layers, each usable alone:
//!
//! * [`sentence`] says what happened in one line a person understands at three in the morning, and [`subject`] in the
//!   few words of a subject line;
//! * [`text`] puts everything a message carries under that sentence, as plain text;
//! * a [`Transport`](driftd_model::Transport) carries the message and says of a failure whether trying again makes
//!   sense. a [`TransportFactory`] makes the one that a receiver is configured for: e-mail, a webhook, Slack, PagerDuty,
//!   Alertmanager, a local program, or the daemon's own log.
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
mod cause;
mod command;
mod email;
mod evidence;
mod factory;
mod facts;
mod http;
mod lasting;
mod log;
mod pagerduty;
mod reason;
mod sentence;
mod slack;
mod subject;
mod text;
mod webhook;

pub use alertmanager::AlertmanagerTransport;
pub use cause::cause;
pub use command::CommandTransport;
pub use email::{EmailError, EmailOptions, EmailTransport, email_html};
pub use evidence::evidence;
pub use factory::{BuildError, SecretResolver, TransportFactory};
pub use http::{AddressPolicy, BadTarget, Forbidden, HttpClient, Roots, SystemResolver, Target};
pub use lasting::lasting;
pub use log::LogTransport;
pub use pagerduty::PagerDutyTransport;
pub use reason::{reason, suppressed, transition, why};
pub use sentence::{event_sentence, incident_sentence, sentence};
pub use slack::SlackTransport;
pub use subject::{subject, summary};
pub use text::text;
pub use webhook::{WebhookTransport, test_notification};
