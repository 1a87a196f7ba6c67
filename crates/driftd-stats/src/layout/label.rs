//! Readable names of bins.

/// Significant digits tried before all seventeen are shown.
const FEWEST_DIGITS: usize = 4;
const MOST_DIGITS: usize = 17;

/// Name of bin `bin` of right-closed bins with these inner edges:
/// `(34, 41]`, `(-inf, 34]`, `(41, +inf)`, or `{0}` for a bin that holds one
/// value. Numbers get as few digits as still tell neighbouring edges apart.
pub(crate) fn bin_label(edges: &[f64], bin: usize) -> String {
    let lower = bin.checked_sub(1).and_then(|i| edges.get(i)).copied();
    let upper = edges.get(bin).copied();
    match (lower, upper) {
        (None, None) => "(-inf, +inf)".to_owned(),
        (None, Some(b)) => {
            let next = edges.get(bin + 1).copied();
            format!("(-inf, {}", closing(b, next, None))
        }
        (Some(a), None) => format!("({}, +inf)", number(a, neighbour(edges, bin))),
        (Some(a), Some(b)) if a.next_up() == b => format!("{{{}}}", plain(b)),
        (Some(a), Some(b)) => {
            let next = edges.get(bin + 1).copied();
            format!("({}, {}", number(a, Some(b)), closing(b, next, Some(a)))
        }
    }
}

fn neighbour(edges: &[f64], bin: usize) -> Option<f64> {
    bin.checked_sub(2).and_then(|i| edges.get(i)).copied()
}

/// The upper end. Just below a value with a bin of its own the edge is that
/// value's predecessor: it reads `v)` rather than seventeen digits.
fn closing(upper: f64, next: Option<f64>, lower: Option<f64>) -> String {
    if next == Some(upper.next_up()) {
        format!("{})", number(upper.next_up() + 0.0, lower)) // never "-0"
    } else {
        format!("{}]", number(upper, lower))
    }
}

/// `x` with the fewest digits that keep it apart from `other`.
fn number(x: f64, other: Option<f64>) -> String {
    if x == x.trunc() && x.abs() < 1e16 {
        return plain(x);
    }
    for digits in FEWEST_DIGITS..MOST_DIGITS {
        let short = round_to(x, digits);
        let apart = other.is_none_or(|o| {
            let gap = (x - o).abs();
            !gap.is_finite() || (short - x).abs() <= gap / 100.0
        });
        if apart && short.is_finite() {
            return plain(short);
        }
    }
    plain(x)
}

fn round_to(x: f64, digits: usize) -> f64 {
    format!("{x:.*e}", digits - 1).parse().unwrap_or(x)
}

fn plain(x: f64) -> String {
    let size = x.abs();
    if x == x.trunc() && size < 1e16 {
        format!("{x:.0}")
    } else if (1e-4..1e9).contains(&size) {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_read_as_intervals() {
        let edges = [-0.300_000_000_000_000_04, 34.0, 41.0_f64.next_down(), 41.0, 1.0e18 / 3.0];
        let labels: Vec<String> = (0..=edges.len()).map(|i| bin_label(&edges, i)).collect();
        insta::assert_snapshot!(
            labels.join("  "),
            @"(-inf, -0.3]  (-0.3, 34]  (34, 41)  {41}  (41, 3.333e17]  (3.333e17, +inf)"
        );
    }

    #[test]
    fn close_edges_keep_enough_digits() {
        let edges = [1000.001, 1000.002];
        insta::assert_snapshot!(bin_label(&edges, 1), @"(1000.001, 1000.002]");
        insta::assert_snapshot!(bin_label(&[], 0), @"(-inf, +inf)");
        insta::assert_snapshot!(bin_label(&[0.0_f64.next_down(), 0.0], 0), @"(-inf, 0)");
        insta::assert_snapshot!(bin_label(&[0.0_f64.next_down(), 0.0], 1), @"{0}");
    }
}
