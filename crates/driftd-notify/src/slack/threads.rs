//! Which message each incident began with.

use std::collections::{BTreeMap, VecDeque};

use driftd_model::IncidentId;

/// Incidents that are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 1000;

/// Where a message is: a channel, by its id, and the message's time in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) channel: String,
    pub(super) ts: String,
}

/// The first message about each incident, as far as this process has sent it. After a restart the next message about
/// an incident begins a thread of its own: reading a channel's history would take more rights than posting does.
#[derive(Debug, Default)]
pub(super) struct Threads {
    first: BTreeMap<IncidentId, Post>,
    order: VecDeque<IncidentId>,
}

impl Threads {
    pub(super) fn get(&self, incident: &IncidentId) -> Option<Post> {
        self.first.get(incident).cloned()
    }

    pub(super) fn remember(&mut self, incident: &IncidentId, post: Post) {
        if self.first.insert(incident.clone(), post).is_none() {
            self.order.push_back(incident.clone());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.first.remove(&oldest);
            }
        }
    }

    pub(super) fn forget(&mut self, incident: &IncidentId) {
        if self.first.remove(incident).is_some() {
            self.order.retain(|known| known != incident);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> IncidentId {
        IncidentId::from_stored(format!("{number}"))
    }

    fn post(ts: &str) -> Post {
        Post { channel: "C1".to_owned(), ts: ts.to_owned() }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut threads = Threads::default();
        for number in 0..=REMEMBERED {
            threads.remember(&id(number), post("1"));
            threads.remember(&id(number), post("2"));
        }
        assert_eq!(threads.get(&id(0)), None);
        assert_eq!(threads.get(&id(1)), Some(post("2")));
        assert_eq!(threads.order.len(), REMEMBERED);
        threads.forget(&id(1));
        assert_eq!(
            (threads.get(&id(1)), threads.first.len(), threads.order.len()),
            (None, REMEMBERED - 1, REMEMBERED - 1)
        );
    }
}
