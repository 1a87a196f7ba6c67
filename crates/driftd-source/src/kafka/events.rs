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
    /// How much was said when it was reported.
    explained: Option<Telling>,
    /// What librdkafka said of a connection.
    detail: Option<(Telling, String)>,
    failed: bool,
}

/// How much librdkafka's words tell a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Telling {
    /// That a connection was lost or did not come about: a peer that refuses a certificate may hang up before that is heard.
    Lost,
    /// Why: a name that is not known, or what is wrong with a certificate.
    Why,
}

impl EventChannel {
    /// Suspicious from the beginning: nobody has answered yet.
    pub(super) fn new(events: UnboundedSender<SourceEvent>, brokers: &str) -> Self {
        let state = State { suspicious: true, reported: None, explained: None, detail: None, failed: false };
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
            Code::Resolve | Code::SSL => self.suspect_because(Telling::Why, reason),
            // What is read of a connection that is refused by certificate comes as a failure of the transport.
            Code::BrokerTransportFailure if reason.contains("SSL") => self.suspect_because(Telling::Why, reason),
            Code::BrokerTransportFailure | Code::OperationTimedOut => self.suspect_because(Telling::Lost, reason),
            _ => self.suspect(),
        }
    }

    /// Something may be wrong.
    pub(super) fn suspect(&self) {
        self.state().suspicious = true;
    }

    fn suspect_because(&self, telling: Telling, reason: &str) {
        let mut state = self.state();
        state.suspicious = true;
        if state.detail.as_ref().is_none_or(|(known, _)| telling >= *known) {
            state.detail = Some((telling, reason.to_owned()));
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
        let telling = state.detail.as_ref().map(|(telling, _)| *telling);
        let is_explained_now = trouble == Some(Trouble::Brokers) && telling > state.explained;
        if state.reported != trouble || is_explained_now {
            state.explained = telling;
            let detail = state.detail.take().map(|(_, detail)| detail);
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

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn what_explains_more_is_told_again_and_nothing_twice() {
        let (send, mut told) = unbounded_channel();
        let events = EventChannel::new(send, "b:1");
        let mut check = |trouble: Option<Trouble>| {
            events.brokers_checked(trouble);
            match told.try_recv() {
                Ok(SourceEvent::Trouble(text)) => Some(text.unwrap_or_else(|| "over".to_owned())),
                _ => None,
            }
        };
        let mut said = vec![check(Some(Trouble::Brokers)), check(Some(Trouble::Brokers))];
        events.client_error(Code::AllBrokersDown, "1/1 brokers are down");
        said.push(check(Some(Trouble::Brokers)));
        for (code, reason) in [
            (Code::BrokerTransportFailure, "Disconnected"),
            (Code::OperationTimedOut, "timed out"),
            (Code::SSL, "certificate verify failed"),
            (Code::BrokerTransportFailure, "Disconnected"),
            (Code::BrokerTransportFailure, "Receive failed: SSL alert"),
        ] {
            events.client_error(code, reason);
            said.push(check(Some(Trouble::Brokers)));
        }
        said.push(check(None));
        let said: Vec<_> = said.into_iter().map(|said| said.unwrap_or_else(|| "-".to_owned())).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        no Kafka broker answers at b:1
        -
        -
        no Kafka broker answers at b:1: Disconnected
        -
        no Kafka broker answers at b:1: certificate verify failed
        -
        -
        over
        ");
    }

    #[test]
    fn the_reason_outlasts_what_comes_of_it() {
        let (send, mut told) = unbounded_channel();
        let events = EventChannel::new(send, "b:1");
        events.client_error(Code::SSL, "certificate verify failed");
        events.client_error(Code::BrokerTransportFailure, "Disconnected");
        events.brokers_checked(Some(Trouble::Brokers));
        let Ok(SourceEvent::Trouble(Some(text))) = told.try_recv() else { panic!("trouble") };
        assert_eq!(text, "no Kafka broker answers at b:1: certificate verify failed");
    }
}
