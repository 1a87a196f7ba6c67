//! Durbin's matrix for the Kolmogorov–Smirnov law.

/// A square matrix, row by row, with a power of two apart, so that high powers
/// neither overflow nor underflow.
struct Scaled {
    side: usize,
    cells: Vec<f64>,
    exponent: i64,
}

/// Beyond this the entries are scaled down.
const LARGE: f64 = 1e140;
const STEP: i32 = 460; // 2^460 is about 3e138

/// P(Dₙ < d): n!/nⁿ times the central entry of Hⁿ, with H the (2k − 1)²
/// matrix of Durbin (1973) as Marsaglia, Tsang & Wang (2003) write it, where
/// nd = k − h, 0 ≤ h < 1. Exact up to rounding.
///
/// One row of the power is enough, for work that grows with k² n (Carvalho 2015, "An improved evaluation of Kolmogorov's
/// distribution"); where n is large, squaring takes less, k³ log n.
pub(super) fn durbin_cdf(d: f64, n: f64) -> f64 {
    let k = (n * d).ceil();
    let matrix = durbin_matrix(k, k - n * d);
    if n < 3.0 * n.log2() * matrix.side as f64 {
        return central_row(&matrix, k as usize - 1, n);
    }
    let power = power(&matrix, n as u64);
    let middle = (k as usize - 1) * (power.side + 1);
    let mut value = power.cells.get(middle).copied().unwrap_or(0.0);
    let mut exponent = power.exponent;
    let mut i = 1.0;
    while i <= n {
        value *= i / n;
        if value < 1.0 / LARGE {
            value *= 2.0_f64.powi(STEP);
            exponent -= i64::from(STEP);
        }
        i += 1.0;
    }
    let exponent = exponent.clamp(-4000, 4000) as i32;
    // In two steps: 2^exponent itself may be out of range.
    (value * 2.0_f64.powi(exponent / 2) * 2.0_f64.powi(exponent - exponent / 2)).clamp(0.0, 1.0)
}

/// n!/nⁿ times entry `row` of row `row` of the n-th power, one factor i/n with every step, so that nothing overflows at
/// the sizes that come here.
fn central_row(matrix: &Scaled, row: usize, n: f64) -> f64 {
    let mut at = vec![0.0; matrix.side];
    if let Some(one) = at.get_mut(row) {
        *one = 1.0;
    }
    let mut next = vec![0.0; matrix.side];
    let mut i = 1.0;
    while i <= n {
        next.fill(0.0);
        for (factor, cells) in at.iter().zip(matrix.cells.chunks_exact(matrix.side)) {
            let factor = factor * (i / n);
            if factor != 0.0 {
                next.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += factor * cell);
            }
        }
        std::mem::swap(&mut at, &mut next);
        i += 1.0;
    }
    at.get(row).copied().unwrap_or(0.0).clamp(0.0, 1.0)
}

/// Ones on and below the first superdiagonal, corrected by powers of h in the
/// first column and the last row, each divided by (i − j + 1)!.
fn durbin_matrix(k: f64, h: f64) -> Scaled {
    let side = 2 * k as usize - 1;
    let last = side - 1;
    let mut cells = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let mut cell = if column <= row + 1 { 1.0 } else { 0.0 };
            if column == 0 {
                cell -= h.powi(row as i32 + 1);
            }
            if row == last {
                cell -= h.powi((side - column) as i32);
            }
            if column == 0 && row == last {
                cell += (2.0 * h - 1.0).max(0.0).powi(side as i32);
            }
            // 171! is beyond f64; the quotient underflows to nothing before.
            for factor in 2..=(row + 1).saturating_sub(column) {
                cell /= factor as f64;
            }
            cells.push(cell);
        }
    }
    Scaled { side, cells, exponent: 0 }
}

fn power(base: &Scaled, n: u64) -> Scaled {
    if n == 1 {
        return Scaled { side: base.side, cells: base.cells.clone(), exponent: base.exponent };
    }
    let half = power(base, n / 2);
    let square = product(&half, &half);
    if n.is_multiple_of(2) { square } else { product(&square, base) }
}

fn product(a: &Scaled, b: &Scaled) -> Scaled {
    let side = a.side;
    let mut cells = vec![0.0; side * side];
    for (out, left) in cells.chunks_exact_mut(side).zip(a.cells.chunks_exact(side)) {
        for (factor, right) in left.iter().zip(b.cells.chunks_exact(side)) {
            if *factor != 0.0 {
                for (sum, cell) in out.iter_mut().zip(right) {
                    *sum += factor * cell;
                }
            }
        }
    }
    let mut exponent = a.exponent + b.exponent;
    if cells.iter().any(|cell| *cell > LARGE) {
        for cell in &mut cells {
            *cell *= 2.0_f64.powi(-STEP);
        }
        exponent += i64::from(STEP);
    }
    Scaled { side, cells, exponent }
}
