//! The receivers of a simulation: unreliable, and honest about what they got.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use driftd_model::{BoxFuture, DeliveryError, DeliverySchedule, Notification, ReceiverName, Transport};
use driftd_window::{Span, Timestamp};

use super::random::Random;

/// How one delivery goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fortune {
    /// It arrives.
    Arrives,
    /// It does not arrive, and the sender is told so.
    Refused,
    /// It arrives, but the sender is told that it did not.
    AnswerLost,
    /// It arrives, and the sender dies before it can say so.
    DiesAfter,
    /// The sender dies first.
    DiesBefore,
}

/// Everything that arrived, by receiver and key, and how often it may arrive again.
#[derive(Debug)]
pub(super) struct PostOffice {
    random: Random,
    healthy: bool,
    pub(super) arrived: BTreeMap<(ReceiverName, String), u32>,
    pub(super) excused: BTreeMap<(ReceiverName, String), u32>,
    last: Option<(ReceiverName, String)>,
}

/// The way to one receiver.
#[derive(Debug)]
pub(super) struct Road {
    receiver: ReceiverName,
    office: Arc<Mutex<PostOffice>>,
}

impl PostOffice {
    pub(super) const fn new(random: Random) -> Self {
        Self { random, healthy: false, arrived: BTreeMap::new(), excused: BTreeMap::new(), last: None }
    }

    /// From now on everything arrives.
    pub(super) const fn recover(&mut self) {
        self.healthy = true;
    }

    /// The last arrival was not settled, so it may come again.
    pub(super) fn excuse_last(&mut self) {
        if let Some(last) = self.last.take() {
            *self.excused.entry(last).or_default() += 1;
        }
    }

    fn draw(&mut self) -> Fortune {
        match self.random.below(100) {
            _ if self.healthy => Fortune::Arrives,
            0..70 => Fortune::Arrives,
            70..85 => Fortune::Refused,
            85..90 => Fortune::AnswerLost,
            90..96 => Fortune::DiesAfter,
            _ => Fortune::DiesBefore,
        }
    }

    fn send(&mut self, to: (ReceiverName, String)) -> Fortune {
        let fortune = self.draw();
        if matches!(fortune, Fortune::Arrives | Fortune::AnswerLost | Fortune::DiesAfter) {
            *self.arrived.entry(to.clone()).or_default() += 1;
            self.last = Some(to);
        }
        if matches!(fortune, Fortune::AnswerLost | Fortune::DiesAfter) {
            self.excuse_last();
        }
        fortune
    }
}

impl Road {
    pub(super) fn to(receiver: &ReceiverName, office: &Arc<Mutex<PostOffice>>) -> Arc<dyn Transport> {
        Arc::new(Self { receiver: receiver.clone(), office: Arc::clone(office) })
    }
}

impl Transport for Road {
    /// One message a round, so that it is known whose settlement failed.
    fn schedule(&self) -> DeliverySchedule {
        DeliverySchedule { spacing: Span::from_secs(1), ..DeliverySchedule::default() }
    }

    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        let to = (self.receiver.clone(), notification.key.as_str().to_owned());
        let fortune = self.office.lock().unwrap_or_else(PoisonError::into_inner).send(to);
        let refused = || DeliveryError::transient("no answer", None);
        match fortune {
            Fortune::Arrives => Box::pin(std::future::ready(Ok(()))),
            Fortune::Refused | Fortune::AnswerLost => Box::pin(std::future::ready(Err(refused()))),
            // A future that never ends is dropped by whoever drives it, exactly as a process that dies drops it.
            Fortune::DiesAfter | Fortune::DiesBefore => Box::pin(std::future::pending()),
        }
    }
}
