//! Numbers about data: frozen layouts, mergeable counts, drift statistics.
//!
//! A *baseline* sample is turned into a layout once. From then on every part of
//! a stream is counted on that layout, the counts of any parts are added up, and
//! two states are compared. Nothing here reads a file, a clock or the
//! environment.
//!
//! ```
//! use driftd_stats::{
//!     BinEdges, DriftStatistic, FeatureAggregate, FeatureLayout, LayoutOptions, NumericAggregate,
//!     NumericSlice, Smoothing, SortedSample, compare, movements,
//! };
//!
//! // 1. Freeze the layout.
//! let january: Vec<f64> = (0..1000).map(|i| f64::from(i % 100)).collect();
//! let sample = SortedSample::from_unsorted(january)?;
//! let (edges, baseline) = BinEdges::from_sample(&sample, &LayoutOptions::default())?;
//!
//! // 2. Count the stream, in as many parts as it comes in, and merge.
//! let mut window = NumericAggregate::empty(&edges);
//! for day in 0..3 {
//!     let values: Vec<f64> = (0..300).map(|i| f64::from((i + day) % 100 + 15)).collect();
//!     let mut part = NumericAggregate::empty(&edges);
//!     part.absorb(&edges, NumericSlice { values: &values, absent: None });
//!     window.merge(&part)?;
//! }
//!
//! // 3. Compare.
//! let layout = FeatureLayout::Numeric(edges);
//! let (baseline, window) = (FeatureAggregate::Numeric(baseline), FeatureAggregate::Numeric(window));
//! let statistics = compare(&layout, &baseline, &window, Smoothing::default())?;
//! let ks = statistics.iter().find(|s| s.statistic == DriftStatistic::Ks).unwrap();
//! let ks = ks.result.unwrap();
//! assert!((ks.value - 0.15).abs() < 0.01 && ks.p_value().unwrap() < 1e-6);
//!
//! let moved = movements(&layout, &baseline, &window, 1)?;
//! assert_eq!(moved[0].label, "(89.1, +inf)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is counted
//! Numbers fall into right-closed cells between quantiles of the baseline, so
//! the distribution functions are exact at every edge; frequent values have a
//! cell of their own ([`BinEdges`]). Text is counted by category, with slots for
//! the baseline's tail and for values it never had ([`Dictionary`]). Missing and
//! mistyped values, NaN, +inf and −inf have counters of their own. Counting takes
//! two to four nanoseconds per number.
//!
//! # What is said
//! [`compare`] gives every [`DriftStatistic`] of a feature with its p-value. The
//! statistics on bins leave out bins that are empty on both sides. The
//! Kolmogorov–Smirnov and Wasserstein distances come with a bound of their
//! error against the raw samples. What cannot be computed is
//! [`NotComputable`], never a NaN or an infinity.
//!
//! # Laws
//! * Merging is associative and commutative, the empty state is its identity,
//!   and states of different layouts do not merge ([`ShapeMismatch`]). Only the
//!   float [`Moments`], which are shown and never decide, depend on the order in
//!   their last digits; [`FeatureAggregate::same_counts`] leaves them out.
//! * A column counted in parts, in groups or at once gives the same counts.
//! * The counting loops agree with a binary search over the edges.

mod error;
#[expect(unsafe_code, reason = "the counting loops; see the module's documentation")]
mod kernels;
mod law;
mod layout;
mod significance;
mod state;
mod statistic;
mod variation;

pub use error::{ShapeMismatch, StatsError};
pub use law::{benjamini_hochberg, poisson_tail};
pub use layout::{
    BinEdges, Binning, CategoryCounts, Dictionary, FeatureLayout, LayoutOptions, MAX_BINS, MAX_CATEGORIES, MAX_CELLS,
    MIN_CELLS, OrderedSample, Place, Precision, SortedSample, boolean_word,
};
pub use significance::{
    Difference, Healthy, Judged, Measure, Memory, MemoryBytes, Novelty, Rung, bins_difference, judge_difference,
    ks_difference, ks_measure, leave_one_out, level, once_in, share, strangers, strangers_by_window,
    strangers_difference, two_sample,
};
pub use state::{
    Absence, Alone, CategoricalAggregate, CategorySpread, CategoryTally, FeatureAggregate, GROUP_SKIP, HeavyHitters,
    MISSING_CODE, MISTYPED_CODE, MistypedType, MistypedTypes, MomentSummary, Moments, NumericAggregate, NumericSlice,
    PRESENT, PartCounts, Places, PresenceAggregate, TextSlice, absorb_numeric_grouped, absorb_text_grouped,
};
pub use statistic::{
    AppliesTo, Basis, Certified, Computed, Definition, DriftStatistic, Grows, Measured, Movement, NotComputable, Scale,
    Smoothing, Statistic, Subject, compare, compare_windows, compared_counts, distribution, movements,
    movements_of_counts, psi, strangers_in,
};
pub use variation::{UnseenInWindow, VariationLearner, Varying};
