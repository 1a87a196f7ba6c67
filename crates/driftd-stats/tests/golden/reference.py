#!/usr/bin/env python3
"""The statistics of this crate in plain NumPy/SciPy: slow, sample-based, written for reading. Where prose and this
file part, this file says what is meant.

    reference.py BASELINE CURRENT [--column X] [--bins 10] [--cells 256] [--alpha 0.5] [--categories 100]
prints one JSON object per column: layout, counts, statistics, p-values. Inputs: Parquet or CSV (pyarrow).

Library use:  numeric(ref, cur, bins=10, cells=256)   categorical(ref, cur, top=100)   on plain Python/NumPy sequences
(None = missing, float nan = NaN, +-inf allowed). p-values, and which categories have names, are those of alarms.py.
"""
import argparse, collections, json, math, os, sys
import numpy as np
from scipy import stats
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import alarms

np.seterr(all="ignore")                   # values near the float limits are part of the cases

# ---- layout: frozen by the baseline alone ---------------------------------------------------------------------------
def quantile(s, q):
    """Type 7 on a sorted array, NumPy's interpolation (exact when both neighbours are equal), without overflow."""
    h = (len(s) - 1) * q
    j = min(math.floor(h), len(s) - 2) if len(s) > 1 else 0
    if len(s) == 1: return float(s[0])
    a, b, t = float(s[j]), float(s[j + 1]), h - j
    d = b - a
    if math.isinf(d): return a * (1 - t) + b * t
    return b - d * (1 - t) if t >= 0.5 else a + d * t

def atoms(s, k):
    """Values whose share of the finite baseline values is at least 1/k (integer test: count * k >= n)."""
    v, c = np.unique(s, return_counts=True)
    return v[c * k >= len(s)]

def edges(s, k):
    """Right-closed interior edges: quantiles j/k, plus next_down(v) and v for every atom v; sorted, unique."""
    e = {quantile(s, j / k) for j in range(1, k)}
    for v in atoms(s, k):
        e |= {float(np.nextafter(v, -np.inf)), float(v)}
    return np.array(sorted(x + 0.0 for x in e if math.isfinite(x)))          # + 0.0 turns -0.0 into 0.0

def counts(x, e):
    """cell i holds e[i-1] < v <= e[i]"""
    return np.bincount(np.searchsorted(e, x, side="left"), minlength=len(e) + 1)

# ---- statistics on two count vectors --------------------------------------------------------------------------------
def on_bins(r, c, alpha):
    if r.sum() == 0 or c.sum() == 0: return {}
    law = alarms.two_sample(r, c); significance = law["p"] if law else None       # one p for all statistics on bins
    keep = (r + c) > 0                       # bins empty on both sides say nothing and take no degree of freedom
    r, c = r[keep].astype(float), c[keep].astype(float)
    n, m, B = r.sum(), c.sum(), len(r)
    p, q = (r + alpha) / (n + alpha * B), (c + alpha) / (m + alpha * B)
    psi = float(((q - p) * np.log(q / p)).sum())
    P, Q = r / n, c / m
    M = (P + Q) / 2
    xlog = lambda a: float(sum(u * math.log2(u / w) for u, w in zip(a, M) if u > 0))
    js = math.sqrt(max(0.0, (xlog(P) + xlog(Q)) / 2))
    hell = float(np.linalg.norm(np.sqrt(P) - np.sqrt(Q)) / math.sqrt(2))
    tv, linf = float(np.abs(P - Q).sum() / 2), float(np.abs(P - Q).max())
    pooled = (r + c) / (n + m)
    chi = float((((r - n * pooled) ** 2) / (n * pooled) + ((c - m * pooled) ** 2) / (m * pooled)).sum())
    df = B - 1
    return {"psi": {"value": psi, "bins": B, "p_value": significance}, "js": {"value": js}, "hellinger": {"value": hell},
            "tv": {"value": tv}, "linf": {"value": linf},
            "chi_square": {"value": chi, "df": df, "p_value": significance, "cramers_v": math.sqrt(chi / (n + m)) if df > 0 else 0.0}}

def proportions(a, n, b, m):
    """Two-sided p for equal shares a/n and b/m; None where there is nothing to tell apart."""
    law = alarms.share(a, n, b, m)
    return law["p"] if law else None

# ---- whole features -------------------------------------------------------------------------------------------------
def split(x):
    a = np.array([np.nan if v is None else float(v) for v in x], float) + 0.0
    miss = np.array([v is None for v in x], bool) if len(x) else np.zeros(0, bool)
    nan = int((np.isnan(a) & ~miss).sum())
    return a[np.isfinite(a)], {"rows": len(x), "missing": int(miss.sum()), "nan": nan, "pos_inf": int((a == np.inf).sum()), "neg_inf": int((a == -np.inf).sum())}

def numeric(ref, cur, bins=10, cells=256, alpha=0.5):
    x, a = split(ref); y, b = split(cur)
    out = {"kind": "numeric", "rows": {"baseline": a, "current": b}, "statistics": {}}
    st = out["statistics"]
    st["missing"] = {"value": b["missing"] / max(1, b["rows"]) - a["missing"] / max(1, a["rows"]), "p_value": proportions(a["missing"], a["rows"], b["missing"], b["rows"])}
    bad = lambda c: c["nan"] + c["pos_inf"] + c["neg_inf"]
    pa, pb = a["rows"] - a["missing"], b["rows"] - b["missing"]
    if pa and pb: st["non_finite"] = {"value": bad(b) / pb, "baseline": bad(a) / pa, "p_value": proportions(bad(a), pa, bad(b), pb)}
    if not len(x) or not len(y): return out
    s = np.sort(x); n, m = len(x), len(y)
    coarse = edges(s, bins)
    fine = np.union1d(edges(s, cells), coarse)
    fine = np.union1d(fine, [v + 0.0 for v in (np.nextafter(s[0], -np.inf), s[-1]) if math.isfinite(v)])   # the baseline's range
    out["coarse_edges"], out["cells"] = coarse.tolist(), len(fine) + 1
    out["coarse_counts"] = [counts(x, coarse).tolist(), counts(y, coarse).tolist()]
    st.update(on_bins(*map(np.array, out["coarse_counts"]), alpha))
    r, c = counts(x, fine), counts(y, fine)
    D = float(np.abs(np.cumsum(r) / n - np.cumsum(c) / m).max())
    atom = np.zeros(len(fine) + 1, bool)                                     # cells that hold one representable value
    atom[1:-1] = np.nextafter(fine[:-1], np.inf) == fine[1:]
    err = np.minimum(r / n, c / m)[~atom]
    exact = stats.ks_2samp(x, y, method="asymp")
    st["ks"] = {"value": D, "certified_error": float(err.max()) if len(err) else 0.0, "exact_D": float(exact.statistic)}
    if abs(D - exact.statistic) < 1e-12:                                      # SciPy can only give p for the exact D
        st["ks"]["p_exact"] = float(stats.ks_2samp(x, y, method="exact").pvalue) if n * m <= 10_000_000 else None
        st["ks"]["p_asymptotic"] = float(exact.pvalue)
    st["wasserstein"] = {"value": float(stats.wasserstein_distance(x, y)), "sigma": float(x.std())}
    lo, hi = s[0], s[-1]
    k = int(((y < lo) | (y > hi)).sum())
    st["out_of_range"] = {"value": k / m, "p_value": alarms.unseen(k, m, 1, 0, n)["p"]}
    return out

def categorical(ref, cur, top=100, alpha=0.5):
    text = lambda v: str(v).lower() if isinstance(v, (bool, np.bool_)) else str(v)
    x, y = [text(v) for v in ref if v is not None], [text(v) for v in cur if v is not None]
    out = {"kind": "categorical", "statistics": {}}
    st = out["statistics"]
    st["missing"] = {"value": (len(cur) - len(y)) / max(1, len(cur)) - (len(ref) - len(x)) / max(1, len(ref)),
                     "p_value": proportions(len(ref) - len(x), len(ref), len(cur) - len(y), len(cur))}
    if not x or not y: return out
    tally = collections.Counter
    freq, window = tally(x), tally(y)
    layout = alarms.names(freq, top)
    st.update(on_bins(np.array(alarms.slots(layout)), np.array(alarms.on_names(layout, window)), alpha))
    m, u = len(y), sum(v for k, v in window.items() if k not in freq)
    law = alarms.unseen(u, m, layout["f1"], layout["f2"], layout["n"])
    st["unseen"] = {"value": u / m, "p_value": law["p"], "expected": law["expected_share"]}     # judged on value - expected
    return out

def main():
    ap = argparse.ArgumentParser(); ap.add_argument("baseline"); ap.add_argument("current"); ap.add_argument("--column")
    ap.add_argument("--bins", type=int, default=10); ap.add_argument("--cells", type=int, default=256); ap.add_argument("--alpha", type=float, default=.5); ap.add_argument("--categories", type=int, default=100)
    a = ap.parse_args()
    import pyarrow.csv as pc, pyarrow.parquet as pq, pyarrow.types as pt
    load = lambda f: pq.read_table(f) if f.endswith("parquet") else pc.read_csv(f)
    R, C = load(a.baseline), load(a.current)
    for name in ([a.column] if a.column else [c for c in R.column_names if c in C.column_names]):
        num = pt.is_floating(R[name].type) or pt.is_integer(R[name].type)
        ref, cur = R[name].to_pylist(), C[name].to_pylist()
        res = numeric(ref, cur, a.bins, a.cells, a.alpha) if num else categorical([None if v is None else str(v) for v in ref], [None if v is None else str(v) for v in cur], a.categories, a.alpha)
        print(json.dumps({"feature": name, **res}))
if __name__ == "__main__": sys.exit(main())
