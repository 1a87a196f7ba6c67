//! Building blocks for probabilities that keep their relative precision far
//! into the tails: Loader (2000), "Fast and accurate computation of binomial
//! probabilities".

/// ln Γ(x + 1) − (x + ½) ln x + x − ½ ln 2π, the error of Stirling's formula,
/// for x ≥ 0.
pub(super) fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return small_stirling_error(x);
    }
    // 1/12x − 1/360x³ + 1/1260x⁵ − 1/1680x⁷ + 1/1188x⁹ − 691/360360x¹¹
    let y = 1.0 / (x * x);
    let series = [-691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    series.iter().fold(0.0, |sum, c| sum * y + c) / x
}

/// Below 16 the recurrence e(x) = e(x + 1) + (x + ½) ln(1 + 1/x) − 1 climbs to
/// where the series holds.
fn small_stirling_error(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY; // (x + ½) ln x has no value that could be compared
    }
    let mut at = x;
    let mut sum = 0.0;
    while at < 16.0 {
        sum += climb(at);
        at += 1.0;
    }
    sum + stirling_error(at)
}

/// (x + ½) ln(1 + 1/x) − 1.
fn climb(x: f64) -> f64 {
    if x < 3.0 {
        return (x + 0.5) * (1.0 / x).ln_1p() - 1.0;
    }
    // With u = 1/(2x + 1): ln(1 + 1/x) = 2 artanh(u), so the term is
    // u²/3 + u⁴/5 + u⁶/7 + …, free of cancellation.
    let u2 = (2.0 * x + 1.0).powi(-2);
    let mut power = 1.0;
    let mut sum = 0.0;
    for k in 1..20 {
        power *= u2;
        sum += power / f64::from(2 * k + 1);
    }
    sum
}

/// x ln(x/m) + m − x, the deviance part of a Poisson or binomial probability,
/// without cancellation when x is near m. Both positive.
pub(super) fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() >= 0.1 {
        return x * (x / m).ln() + m - x;
    }
    // x ln(x/m) = 2x artanh(v) = 2x (v + v³/3 + …), and m − x + 2xv = (x − m)v.
    let v2 = v * v;
    let mut sum = (x - m) * v;
    let mut power = 2.0 * x * v;
    for k in 1..1000 {
        power *= v2;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// Binomial probability of k in n trials at rate p, with q = 1 − p given apart
/// so that it keeps its precision.
pub(super) fn binomial(k: f64, n: f64, p: f64, q: f64) -> f64 {
    if p == 0.0 {
        return if k == 0.0 { 1.0 } else { 0.0 };
    }
    if q == 0.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    if k == 0.0 {
        return (n * ln_complement(p, q)).exp();
    }
    if k == n {
        return (n * ln_complement(q, p)).exp();
    }
    let rest = n - k;
    let exponent =
        stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) - deviance(rest, n * q);
    exponent.exp() * (n / (std::f64::consts::TAU * k * rest)).sqrt()
}

/// ln(1 − p), where q = 1 − p.
fn ln_complement(p: f64, q: f64) -> f64 {
    if p < 0.5 { (-p).ln_1p() } else { q.ln() }
}
