//! Mergeable state: what is counted per feature, pane by pane.
//!
//! Merging is integer addition, so it is associative and commutative and the
//! empty state is its identity: a window may be put together from any parts in
//! any order. Counters saturate instead of overflowing, which keeps those laws.

mod categorical;
mod columns;
mod excess;
mod feature;
mod grouped;
mod heavy;
mod mistyped;
mod moments;
mod numeric;
mod part_counts;
mod spread;
mod tally;

pub use self::categorical::CategoricalAggregate;
pub use self::columns::{Absence, GROUP_SKIP, MISSING_CODE, MISTYPED_CODE, NumericSlice, PRESENT, TextSlice};
pub(crate) use self::excess::Excess;
pub use self::feature::{FeatureAggregate, PresenceAggregate};
pub use self::grouped::{absorb_numeric_grouped, absorb_text_grouped};
pub use self::heavy::HeavyHitters;
pub use self::mistyped::{MistypedType, MistypedTypes};
pub use self::moments::{MomentSummary, Moments};
pub use self::numeric::NumericAggregate;
pub use self::part_counts::{PartCounts, Places};
pub use self::spread::{Alone, CategorySpread};
pub use self::tally::CategoryTally;

pub(crate) fn shape(kind: &str, cells: usize, fingerprint: u64) -> String {
    format!("a {kind} state of {cells} cells ({fingerprint:016x})")
}

/// Adds `add` to `to` element by element; both have the same length.
pub(crate) fn add_counts(to: &mut [u64], add: &[u64]) {
    for (sum, more) in to.iter_mut().zip(add) {
        *sum = sum.saturating_add(*more);
    }
}

/// Saturating sum.
pub(crate) fn total<'a>(counts: impl IntoIterator<Item = &'a u64>) -> u64 {
    counts.into_iter().fold(0, |sum, c| sum.saturating_add(*c))
}
