//! An incident in words: what messages, pages and the terminal say of it, and say alike.
//!
//! Column, category and segment names come from strangers. Every one of them passes through [`words::name`](super::name),
//! so a line stays one line and no name can reorder text or drive a terminal.

mod basis;
mod cause;
mod evidence;
mod reason;
mod sentence;

use crate::{Incident, IncidentState};

pub use basis::{basis, roughly};
pub use cause::{cause, lasting};
pub use evidence::evidence;
pub use reason::{reason, suppressed, transition, why};
pub use sentence::{event_sentence, incident_sentence, sentence, subject, summary, tag};

/// Characters of a feature's name in a sentence.
pub const FEATURE: usize = 60;

/// How to hear no more of an incident from a terminal; nothing when it is over, and there is nothing to hear.
#[must_use]
pub fn silence_command(incident: &Incident) -> Option<String> {
    let key = &incident.key;
    if incident.state == IncidentState::Resolved {
        return None;
    }
    // A segment that a shell would read as something else is left out: the silence is wider then, and safe to type.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | ',' | '.' | '_' | '-');
    let segment = Some(key.segment.as_str()).filter(|s| !s.is_empty() && s.len() <= 80 && s.chars().all(is_plain));
    let segment = segment.map(|segment| format!(" segment={segment}")).unwrap_or_default();
    Some(format!("driftd silences add monitor={} kind={}{segment} --comment WHY", key.monitor, key.kind))
}
