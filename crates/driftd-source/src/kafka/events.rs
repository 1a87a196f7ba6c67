//! The source's events: among them whether brokers can be reached and topics are there, reported once each way.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use driftd_model::{SourceError, SourceEvent, Topic, words};
use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::sync::mpsc::UnboundedSender;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No broker answers.
    Brokers,
    /// These topics are not there, or not for us.
    Topics(BTreeSet<Topic>),
}

/// Event channel to whoever runs the source, and what was reported of the brokers' health.
///
/// librdkafka says when brokers are lost and never when they are back, and repeats itself. So its word only raises a
/// suspicion; what is reported is what the brokers answer when asked.
#[derive(Debug)]
pub(super) struct EventChannel {
    /// Nothing once the last event was sent.
    events: Mutex<Option<UnboundedSender<SourceEvent>>>,
    brokers: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    suspicious: bool,
    reported: Option<Trouble>,
    /// It was reported with what librdkafka said of it.
    explained: bool,
    /// What librdkafka said last of a connection.
    detail: Option<String>,
    failed: bool,
}

impl EventChannel {
    /// Suspicious from the beginning: nobody has answered yet.
    pub(super) fn new(events: UnboundedSender<SourceEvent>, brokers: &str) -> Self {
        let state = State { suspicious: true, reported: None, explained: false, detail: None, failed: false };
        Self { events: Mutex::new(Some(events)), brokers: brokers.to_owned(), state: Mutex::new(state) }
    }

    /// Sends an event; false when nobody listens any more.
    pub(super) fn send(&self, event: SourceEvent) -> bool {
        self.events().as_ref().is_some_and(|events| events.send(event).is_ok())
    }

    /// There will be no more events.
    pub(super) fn end(&self) {
        self.events().take();
    }

    /// Whether nobody listens any more.
    pub(super) fn is_closed(&self) -> bool {
        self.events().as_ref().is_none_or(UnboundedSender::is_closed)
    }

    /// The source cannot go on. Said once.
    pub(super) fn fail(&self, error: SourceError) {
        let first = !std::mem::replace(&mut self.state().failed, true);
        if first {
            self.send(SourceEvent::Failed(error));
        }
    }

    /// Whether the source cannot go on.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// Takes note of an error that a client met: trouble that passes, or an error that only people can end.
    /// `reason` holds no secret.
    pub(super) fn client_error(&self, code: Code, reason: &str) {
        match code {
            _ if is_fatal(code) => self.fail(SourceError::permanent(fatal(code, reason))),
            Code::BrokerTransportFailure | Code::Resolve | Code::SSL => self.suspect(Some(reason.to_owned())),
            _ => self.suspect(None),
        }
    }

    /// Something may be wrong.
    pub(super) fn suspect(&self, detail: Option<String>) {
        let mut state = self.state();
        state.suspicious = true;
        if detail.is_some() {
            state.detail = detail;
        }
    }

    /// Whether the brokers are to be asked.
    pub(super) fn is_suspicious(&self) -> bool {
        self.state().suspicious
    }

    /// What the brokers' answer comes to.
    pub(super) fn brokers_checked(&self, trouble: Option<Trouble>) {
        let mut state = self.state();
        state.suspicious = trouble.is_some();
        // That nobody answers is often known before why.
        let is_explained_now = trouble == Some(Trouble::Brokers) && state.detail.is_some() && !state.explained;
        if state.reported != trouble || is_explained_now {
            let detail = state.detail.take();
            state.explained = detail.is_some();
            let text = trouble.as_ref().map(|trouble| self.text(trouble, detail));
            state.reported = trouble;
            // Sent under the lock, so that events come in the order of what was found.
            self.send(SourceEvent::Trouble(text));
        }
    }

    fn text(&self, trouble: &Trouble, detail: Option<String>) -> String {
        match trouble {
            Trouble::Brokers => {
                let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                format!("no Kafka broker answers at {}{detail}", self.brokers)
            }
            Trouble::Topics(topics) => {
                let names: Vec<_> = topics.iter().map(Topic::as_str).collect();
                let names = words::choices(&names);
                format!("no such Kafka topic, or no right to read it: {names}: create it, or mend the monitor's topic")
            }
        }
    }

    fn events(&self) -> MutexGuard<'_, Option<UnboundedSender<SourceEvent>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether only people can help.
fn is_fatal(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::FencedInstanceId
            | Code::InconsistentGroupProtocol
            | Code::Fatal
    )
}

fn fatal(code: Code, reason: &str) -> String {
    let remedy = match code {
        Code::GroupAuthorizationFailed => "grant this user READ on the group named by kafka.group",
        Code::ClusterAuthorizationFailed => "grant this user the right that the broker's log names",
        Code::FencedInstanceId => "another process has the same group.instance.id: give each its own",
        Code::InconsistentGroupProtocol => {
            "other members of the group share partitions out in another way: give driftd a group of its own"
        }
        Code::Fatal => "restart driftd, and read the lines of librdkafka before this one",
        _ => "look at security.protocol and the sasl.* settings in kafka.properties",
    };
    format!("Kafka refuses this client: {reason}: {remedy}")
}
