//! What is wrong where it is not a feature, in words.

use driftd_model::{Cause, Incident, IncidentState, words};

use crate::lasting::lasting;

/// Characters of a topic's name in a sentence.
const TOPIC: usize = 40;
/// Causes told in one sentence before the rest is counted.
const TOLD: usize = 3;

/// One cause in a few words, as it is or, once it is over, as it was: `partition flights/3 is 42 min behind the others`.
#[must_use]
pub fn cause(cause: &Cause, is_over: bool) -> String {
    let is = if is_over { "was" } else { "is" };
    let cannot = if is_over { "could not" } else { "cannot" };
    match cause {
        Cause::NoRows { expected } => {
            let about = expected.and_then(about).map(|about| format!(", about {about} expected"));
            format!("no records arrived{}", about.unwrap_or_default())
        }
        Cause::FewRows { rows, expected } => {
            let about = about(*expected).map(|about| format!(", about {about} expected"));
            let rows = words::counted(*rows, "record", "records");
            format!("only {rows} arrived{}", about.unwrap_or_default())
        }
        Cause::Lag { behind } => format!("driftd {is} {} behind the clock", lasting(*behind)),
        Cause::Stalled { topic, partition, behind } => {
            let topic = words::name(&topic.to_string(), TOPIC);
            format!("partition {topic}/{partition} {is} {} behind the others", lasting(*behind))
        }
        Cause::Rejected { share, records } => {
            let share = words::percent(*share);
            format!("{share} of the records {cannot} be read ({} lately)", words::count(*records))
        }
        Cause::StoreAway { lasted } => format!("the store was unreachable for {}", lasting(*lasted)),
    }
}

/// What is wrong with an incident besides its features, in one clause; nothing when nothing is.
pub(crate) fn causes(incident: &Incident) -> Option<String> {
    let is_over = incident.state == IncidentState::Resolved;
    let mut told: Vec<String> = incident.causes.iter().take(TOLD).map(|c| cause(c, is_over)).collect();
    let rest = incident.causes.len().saturating_sub(TOLD);
    if rest > 0 {
        told.push(format!("{} more", words::count(rest as u64)));
    }
    let last = told.pop()?;
    Some(if told.is_empty() { last } else { format!("{} and {last}", told.join(", ")) })
}

/// A number of records that is an estimate, if it is one at all: whole from ten on.
fn about(expected: f64) -> Option<String> {
    let is_number = expected.is_finite() && expected > 0.0;
    is_number.then(|| if expected < 10.0 { words::number(expected) } else { words::count(expected.round() as u64) })
}
