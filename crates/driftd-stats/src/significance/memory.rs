//! Discounted counts, which find small lasting changes.

/// What is kept from window to window, γ = ⅞.
const KEPT: f64 = 0.875;
/// γ² = 49/64.
const KEPT_SQUARED: f64 = 0.765_625;

/// Discounted counts of one feature's coarse bins or slots: with every window's counts c of m values
/// s ← ⅞s + c, M ← ⅞M + m, V ← 49/64 V + m.
///
/// If shares do not change, s has mean M·q and variance V·q(1 − q), so s·M/V are effective counts of M²/V rows (those of
/// at most fifteen windows of one size), and are judged as the counts of any window are.
///
/// The steps are plain IEEE operations in this order, without fused multiply-add: a restart or a replay gives the same
/// bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    bins: Vec<f64>,
    rows: f64,
    variance: f64,
}

/// Bytes that are no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are no memory: 16 and 8 for every bin, finite numbers that are not negative")]
pub struct MemoryBytes(usize);

impl Memory {
    /// Windows of one size that a full memory is worth: (1 + ⅞)/(1 − ⅞).
    pub const WINDOWS: u32 = 15;

    /// Nothing yet, over so many bins.
    #[must_use]
    pub fn empty(bins: usize) -> Self {
        Self { bins: vec![0.0; bins], rows: 0.0, variance: 0.0 }
    }

    /// Takes in a window; one without values changes nothing. Counts beyond the bins are left out.
    pub fn add(&mut self, counts: &[u64]) {
        let m: u64 = crate::state::total(counts);
        if m == 0 {
            return;
        }
        let m = m as f64;
        for (sum, count) in self.bins.iter_mut().zip(counts) {
            *sum *= KEPT;
            *sum += *count as f64;
        }
        self.rows *= KEPT;
        self.rows += m;
        self.variance *= KEPT_SQUARED;
        self.variance += m;
    }

    /// Number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins.len()
    }

    /// Whether nothing was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variance <= 0.0
    }

    /// Whether more than one window was taken in: V is M after the first, and less from then on.
    #[must_use]
    pub fn has_lasted(&self) -> bool {
        self.variance < self.rows
    }

    /// Effective rows, M²/V.
    #[must_use]
    pub fn rows(&self) -> f64 {
        if self.is_empty() { 0.0 } else { self.rows * self.rows / self.variance }
    }

    /// Effective counts, s·(M/V).
    #[must_use]
    pub fn counts(&self) -> Vec<f64> {
        let scale = if self.is_empty() { 1.0 } else { self.rows / self.variance };
        self.bins.iter().map(|sum| sum * scale).collect()
    }

    /// M, V and s, as little-endian floats.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = [self.rows, self.variance];
        numbers.iter().chain(&self.bins).flat_map(|number| number.to_le_bytes()).collect()
    }

    /// What [`Memory::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are no such numbers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MemoryBytes> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|eight| f64::from_le_bytes(*eight));
        let (Some(rows), Some(variance), true) = (numbers.next(), numbers.next(), rest.is_empty()) else {
            return Err(MemoryBytes(bytes.len()));
        };
        let memory = Self { bins: numbers.collect(), rows, variance };
        let sound = |number: &f64| number.is_finite() && *number >= 0.0;
        if memory.bins.iter().chain([&rows, &variance]).all(sound) { Ok(memory) } else { Err(MemoryBytes(bytes.len())) }
    }
}
