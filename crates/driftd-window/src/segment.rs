//! Segments: label combinations that split a monitor.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A label combination in canonical text, `carrier=UA,origin=JFK`; empty for the whole population.
///
/// Labels stand in the order the monitor names them. `=`, `,` and `\` inside a value are escaped with `\`, and so is a
/// value that reads `(missing)`, so two different combinations never share a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentKey(Arc<str>);

/// What stands for an absent value.
const MISSING: &str = "(missing)";

/// Which segments a monitor keeps apart: frozen with the baseline, so every worker agrees without talking.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SegmentPlan {
    known: Vec<SegmentKey>,
    slots: BTreeMap<SegmentKey, usize>,
    split: bool,
}

impl SegmentKey {
    /// Text of the overflow segment, which holds every combination that has no segment of its own.
    pub const OVERFLOW: &'static str = "(other)";

    /// The whole population.
    #[must_use]
    pub fn all() -> Self {
        Self(Arc::default())
    }

    /// The overflow segment.
    #[must_use]
    pub fn overflow() -> Self {
        Self(Self::OVERFLOW.into())
    }

    /// The key of `(label, value)` pairs; an absent value is its own value, `(missing)`.
    #[must_use]
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut text = String::new();
        for (label, value) in labels {
            if !text.is_empty() {
                text.push(',');
            }
            escape_into(&mut text, label);
            text.push('=');
            match value {
                Some(value) => {
                    if value == MISSING {
                        text.push('\\');
                    }
                    escape_into(&mut text, value);
                }
                None => text.push_str(MISSING),
            }
        }
        Self(text.into())
    }

    /// A key read back from storage.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the whole population.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_all() { "all" } else { &self.0 })
    }
}

fn escape_into(text: &mut String, part: &str) {
    for c in part.chars() {
        if matches!(c, '\\' | ',' | '=') {
            text.push('\\');
        }
        text.push(c);
    }
}

impl SegmentPlan {
    /// A monitor that is not split: every record belongs to the whole population.
    #[must_use]
    pub fn unsplit() -> Self {
        Self::default()
    }

    /// A monitor split into `known` segments and one overflow segment for everything else.
    #[must_use]
    pub fn split_into(known: Vec<SegmentKey>) -> Self {
        let slots = known.iter().cloned().enumerate().map(|(slot, key)| (key, slot)).collect();
        Self { known, slots, split: true }
    }

    /// Number of slots: 1 unsplit, otherwise the known segments and the overflow.
    #[must_use]
    pub fn slots(&self) -> usize {
        if self.split { self.known.len() + 1 } else { 1 }
    }

    /// The slot of a record's segment.
    #[must_use]
    pub fn slot_of(&self, key: &SegmentKey) -> usize {
        if !self.split {
            return 0;
        }
        self.slots.get(key).copied().unwrap_or(self.known.len())
    }

    /// The key of a slot; slots beyond the known ones are the overflow.
    #[must_use]
    pub fn key_of(&self, slot: usize) -> SegmentKey {
        if !self.split {
            return SegmentKey::all();
        }
        self.known.get(slot).cloned().unwrap_or_else(SegmentKey::overflow)
    }

    /// Whether the monitor is split at all.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.split
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_never_share_a_key() {
        let a = SegmentKey::from_labels([("x", Some("1,y=2"))]);
        let b = SegmentKey::from_labels([("x", Some("1")), ("y", Some("2"))]);
        assert_ne!(a, b);
        assert_eq!(a.as_str(), r"x=1\,y\=2");
        assert_eq!(SegmentKey::from_labels([("x", None)]).as_str(), "x=(missing)");
        let spelt_out = SegmentKey::from_labels([("x", Some("(missing)"))]);
        let escaped = SegmentKey::from_labels([("x", Some("\\(missing)"))]);
        assert_eq!((spelt_out.as_str(), escaped.as_str()), (r"x=\(missing)", r"x=\\(missing)"));
    }

    #[test]
    fn what_the_baseline_did_not_know_overflows() {
        let ua = SegmentKey::from_labels([("carrier", Some("UA"))]);
        let plan = SegmentPlan::split_into(vec![ua.clone()]);
        assert_eq!(plan.slots(), 2);
        assert_eq!(plan.slot_of(&ua), 0);
        let other = plan.slot_of(&SegmentKey::from_labels([("carrier", Some("ZZ"))]));
        assert_eq!(plan.key_of(other), SegmentKey::overflow());
        assert_eq!(SegmentPlan::unsplit().key_of(SegmentPlan::unsplit().slot_of(&ua)), SegmentKey::all());
    }
}
