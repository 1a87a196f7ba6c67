//! The log as a receiver, and how delivery errors are classed.
#![allow(clippy::unwrap_used, reason = "helpers of tests may assert by panicking")]

mod fixtures;
#[path = "fixtures/log_lines.rs"]
mod log_lines;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use driftd_model::{DeliveryError, ErrorClass, IncidentKind, IncidentState, Notification, NotifyReason, Transport};
use driftd_notify::LogTransport;
use driftd_window::Span;
use fixtures::{four, incident, notification, told, wall};
use log_lines::logged_by;

/// What the log says after one delivery.
fn logged(notification: &Notification) -> String {
    logged_by(|| {
        let mut delivery = pin!(LogTransport.deliver(notification, wall("2013-07-08T00:05:01Z")));
        let polled = delivery.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(()))));
    })
}

#[test]
fn firing_warns_and_the_end_informs() {
    let firing = incident(IncidentKind::Drift, four());
    let mut over = firing.clone();
    over.state = IncidentState::Resolved;
    insta::assert_snapshot!(logged(&notification(firing.clone(), told())), @r#" WARN driftd_notify::log: flight-delay: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %. incident.id=428808045d0c reason="opened" subject=[CRITICAL] flight-delay: 4 features drifted"#);
    insta::assert_snapshot!(logged(&notification(over, NotifyReason::Resolved { by: "ana".to_owned() })), @r#" INFO driftd_notify::log: flight-delay: resolved by ana: 4 features drifted in 1 window, 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25). incident.id=428808045d0c reason="resolved" subject=[RESOLVED] flight-delay: 4 features drifted"#);
    let test = NotifyReason::Test { by: "ana".to_owned() };
    insta::assert_snapshot!(logged(&notification(firing, test)), @r#" INFO driftd_notify::log: A test by ana, nothing is wrong: flight-delay: 4 features drifted in week 2013-07-01 – 2013-07-08 (UTC); worst temp: PSI 8.32 (critical at 0.25), share of (80.6, 95] rose from 0 % to 31 %. incident.id=428808045d0c reason="test" subject=[TEST] flight-delay: 4 features drifted"#);
}

#[test]
fn errors_say_whether_to_try_again() {
    let busy = DeliveryError::transient("429 from hooks.example.com", Some(Span::from_secs(30)));
    assert_eq!((busy.class(), busy.retry_after()), (ErrorClass::Transient, Some(Span::from_secs(30))));
    insta::assert_snapshot!(busy, @"receiver not reached: 429 from hooks.example.com");
    let gone = DeliveryError::permanent("410 from hooks.example.com; remove the receiver");
    assert_eq!((gone.class(), gone.retry_after()), (ErrorClass::Permanent, None));
    insta::assert_snapshot!(gone, @"receiver refused the message: 410 from hooks.example.com; remove the receiver");
}
