//! Who has a message already, where not everybody got it at the first try.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use driftd_model::ContentHash;
use lettre::Address;
use lettre::message::Mailbox;

/// Messages remembered; there is one under way at a time, and few that wait for another try.
const MESSAGES: usize = 64;

/// Addresses by message. It forgets over a restart, and then somebody gets a mail twice, by the same `Message-ID`.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<VecDeque<(ContentHash, Vec<Address>)>>);

impl Heard {
    /// Who of `all` has still to get the message.
    pub(super) fn waiting(&self, key: &ContentHash, all: &[Mailbox]) -> Vec<Address> {
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = messages.iter().find(|(known, _)| known == key).map_or(&[][..], |(_, heard)| heard);
        let waiting: Vec<Address> = all.iter().map(|to| &to.email).filter(|to| !heard.contains(to)).cloned().collect();
        // A message that everybody has and that is sent again was not settled in time: at least once means again.
        if waiting.is_empty() { all.iter().map(|to| to.email.clone()).collect() } else { waiting }
    }

    /// Notes who has it.
    pub(super) fn note(&self, key: &ContentHash, addresses: &[Address]) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match messages.iter_mut().find(|(known, _)| known == key) {
            Some((_, heard)) => heard.extend_from_slice(addresses),
            None => messages.push_back((key.clone(), addresses.to_vec())),
        }
        if messages.len() > MESSAGES {
            messages.pop_front();
        }
    }
}
