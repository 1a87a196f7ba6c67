//! What can go wrong when a layout is built or two states are put together.

use thiserror::Error;

/// Why a layout could not be built, or a value was refused by a constructor.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// The sample holds no finite value, so nothing can be laid out.
    #[error("the baseline sample has no finite value; watch the feature for presence only")]
    EmptySample,
    /// A sample that must be finite holds NaN or an infinity.
    #[error(
        "sample value at position {position} is {value}; count NaN and infinities apart and pass finite values only"
    )]
    NotFinite {
        /// Position in the order given by the caller, from 0.
        position: usize,
        /// The offending value.
        value: f64,
    },
    /// An ordered sample contradicted itself or could not be read.
    #[error("the ordered sample announced {announced} values but delivered {delivered}; read it again")]
    SampleUnreadable {
        /// Values announced by `OrderedSample::len`.
        announced: u64,
        /// Values, or the rank, reached before it failed.
        delivered: u64,
    },
    /// The number of cells of the fine grid is out of range.
    #[error("cells = {given} is out of range; choose {min} to {max}", min = crate::layout::MIN_CELLS, max = crate::layout::MAX_CELLS)]
    Cells {
        /// What was asked for.
        given: u16,
    },
    /// The number of coarse bins is out of range.
    #[error("bins = {given} is out of range; choose 2 to {max}", max = crate::layout::MAX_BINS)]
    Bins {
        /// What was asked for.
        given: u16,
    },
    /// The number of dictionary categories is out of range.
    #[error("categories = {given} is out of range; choose 1 to {max}", max = crate::layout::MAX_CATEGORIES)]
    Categories {
        /// What was asked for.
        given: u16,
    },
    /// Hand-written bin edges are not usable.
    #[error("bin edge number {position} ({value}) must be finite and greater than the one before it")]
    BadEdge {
        /// Position in the list, from 0.
        position: usize,
        /// The offending edge.
        value: f64,
    },
    /// Too few or too many hand-written bin edges.
    #[error("{given} bin edges given; between 1 and {max} are needed", max = crate::layout::MAX_BINS - 1)]
    EdgeCount {
        /// What was given.
        given: usize,
    },
    /// A smoothing constant is not usable.
    #[error("smoothing constant {given} must be finite, greater than 0 and at most 1")]
    Smoothing {
        /// What was given.
        given: f64,
    },
    /// Bytes or text from outside do not describe a layout.
    #[error("stored layout is inconsistent: {what}; build the baseline again")]
    CorruptLayout {
        /// The law that does not hold.
        what: &'static str,
    },
    /// A name that is no drift statistic.
    #[error("unknown drift statistic '{given}'; known are {known}")]
    UnknownStatistic {
        /// What was given.
        given: String,
        /// The known names, separated by commas.
        known: String,
    },
}

/// Two states, or a state and a layout, do not belong together.
///
/// States are tied to the layout they were counted with by kind, number of
/// cells and a fingerprint of the layout, so counts over different edges are
/// never added up by accident.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot put together {left} and {right}: both must be counted with one and the same layout")]
pub struct ShapeMismatch {
    left: String,
    right: String,
}

impl ShapeMismatch {
    pub(crate) fn new(left: String, right: String) -> Self {
        Self { left, right }
    }

    /// Two rows of states with different numbers of features.
    #[must_use]
    pub fn features(left: usize, right: usize) -> Self {
        Self::new(format!("states of {left} features"), format!("states of {right} features"))
    }
}
