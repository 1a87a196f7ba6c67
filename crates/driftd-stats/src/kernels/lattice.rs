//! One antidiagonal of the lattice of the exact Kolmogorov–Smirnov law.

use std::ops::Range;

/// For every x of the range: now(x) = (x · before(x − 1) + (s − x) · before(x)) / s.
///
/// The slices have one entry per x, `places` being 0, 1, 2, … The entry before
/// the first counts as 0.
pub(crate) type LatticeStep = fn(s: f64, range: Range<usize>, places: &[f64], before: &[f64], now: &mut [f64]);

/// The fastest version this processor can run.
pub(crate) fn lattice_step() -> LatticeStep {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            return avx2;
        }
    }
    portable
}

fn portable(s: f64, range: Range<usize>, places: &[f64], before: &[f64], now: &mut [f64]) {
    step(s, range, places, before, now);
}

#[cfg(target_arch = "x86_64")]
fn avx2(s: f64, range: Range<usize>, places: &[f64], before: &[f64], now: &mut [f64]) {
    #[target_feature(enable = "avx2")]
    fn compiled(s: f64, range: Range<usize>, places: &[f64], before: &[f64], now: &mut [f64]) {
        step(s, range, places, before, now);
    }
    // SAFETY: this function is handed out only where AVX2 was detected.
    unsafe { compiled(s, range, places, before, now) }
}

#[inline(always)]
fn step(s: f64, range: Range<usize>, places: &[f64], before: &[f64], now: &mut [f64]) {
    let inverse = 1.0 / s;
    let mut start = range.start;
    if start == 0
        && !range.is_empty()
        && let (Some(first), Some(below)) = (now.first_mut(), before.first())
    {
        *first = *below; // x = 0: only the step from (0, s − 1) leads here
        start = 1;
    }
    let left = before.get(start.wrapping_sub(1)..).unwrap_or_default();
    let below = before.get(start..).unwrap_or_default();
    let places = places.get(start..).unwrap_or_default();
    let now = now.get_mut(start..range.end.max(start)).unwrap_or_default();
    for (((to, x), left), below) in now.iter_mut().zip(places).zip(left).zip(below) {
        *to = inverse * (x * left + (s - x) * below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_agree_and_follow_the_recurrence() {
        let places: Vec<f64> = (0..40).map(f64::from).collect();
        let before: Vec<f64> = places.iter().map(|x| (x * 0.37).sin().abs()).collect();
        for range in [0..0, 0..1, 0..40, 3..17, 39..40] {
            for s in [1.0, 41.0, 100.0] {
                let mut results = [portable as LatticeStep, lattice_step()].map(|step| {
                    let mut now = vec![9.0; 40];
                    step(s, range.clone(), &places, &before, &mut now);
                    now
                });
                assert_eq!(results[0], results[1]);
                for (x, got) in results[0].iter_mut().enumerate() {
                    let at = x as f64;
                    let want = match x {
                        _ if !range.contains(&x) => 9.0,
                        0 => before[0],
                        _ => (at * before[x - 1] + (s - at) * before[x]) / s,
                    };
                    assert!((*got - want).abs() < 1e-15 * want.abs().max(1.0) * 100.0, "{x} {s} {range:?}");
                }
            }
        }
    }
}
