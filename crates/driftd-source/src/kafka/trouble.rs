//! Whether brokers can be reached and topics are there, told once each way.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use driftd_model::{SourceError, SourceEvent, Topic};
use tokio::sync::mpsc::UnboundedSender;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No broker answers.
    Brokers,
    /// These topics are not there, or not for us.
    Topics(BTreeSet<Topic>),
}

/// The way of events to whoever runs the source, and what was said of troubles.
///
/// librdkafka says when brokers are lost and never when they are back, and repeats itself. So its word only raises a
/// suspicion; what is told is what the brokers answer when asked.
#[derive(Debug)]
pub(super) struct Teller {
    /// Nothing once the last event was sent.
    events: Mutex<Option<UnboundedSender<SourceEvent>>>,
    brokers: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    suspicious: bool,
    told: Option<Trouble>,
    /// It was told with what librdkafka said of it.
    explained: bool,
    /// What librdkafka said last of a connection.
    detail: Option<String>,
    failed: bool,
}

impl Teller {
    /// Suspicious from the beginning: nobody has answered yet.
    pub(super) fn new(events: UnboundedSender<SourceEvent>, brokers: &str) -> Self {
        let state = State { suspicious: true, told: None, explained: false, detail: None, failed: false };
        Self { events: Mutex::new(Some(events)), brokers: brokers.to_owned(), state: Mutex::new(state) }
    }

    /// Sends an event; false when nobody listens any more.
    pub(super) fn tell(&self, event: SourceEvent) -> bool {
        self.events().as_ref().is_some_and(|events| events.send(event).is_ok())
    }

    /// There will be no more events.
    pub(super) fn end(&self) {
        self.events().take();
    }

    /// Whether nobody listens any more.
    pub(super) fn is_deserted(&self) -> bool {
        self.events().as_ref().is_none_or(UnboundedSender::is_closed)
    }

    /// The source cannot go on. Said once.
    pub(super) fn fail(&self, error: SourceError) {
        let first = !std::mem::replace(&mut self.state().failed, true);
        if first {
            self.tell(SourceEvent::Failed(error));
        }
    }

    /// Whether the source cannot go on.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed
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
    pub(super) fn found(&self, trouble: Option<Trouble>) {
        let mut state = self.state();
        state.suspicious = trouble.is_some();
        // That nobody answers is often known before why.
        let is_explained_now = trouble == Some(Trouble::Brokers) && state.detail.is_some() && !state.explained;
        if state.told != trouble || is_explained_now {
            let detail = state.detail.take();
            state.explained = detail.is_some();
            let text = trouble.as_ref().map(|trouble| self.text(trouble, detail));
            state.told = trouble;
            // Sent under the lock, so that events come in the order of what was found.
            self.tell(SourceEvent::Trouble(text));
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
                let names = names.join(", ");
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
