"""The alarm rule of this crate in plain NumPy/SciPy: slow, written for reading. Where prose and this file part, this file says
what is meant. It stands beside reference.py, which defines layouts, coarse and fine counts and the statistics themselves.

Counts are vectors over the bins that a layout has frozen; r is the baseline's, c the window's (integers, or the effective
counts of a memory). A healthy summary h is None (nothing learnt) or a dict {phi, size, windows}.

    two_sample(r, c)                   size of a difference, its degrees of freedom and its p-value from counts alone
    share(a, n, b, m)                  the same for a share (missing, non-finite)
    unseen(u, m, f1, f2, n)            the same for never-seen categories
    ks(r, c)                           the same for the fine grid
    learn(total, windows, size_of)     healthy variation from the baseline's own windows
    judge(measure, h)                  p-value, expected and net effect in the light of healthy variation
    thin(category, count), names(...)  which categories a dictionary lists, free of selection bias
    Memory                             discounted counts for small lasting changes
    level(...), benjamini_hochberg     the budget
"""
import math
from fractions import Fraction
import numpy as np
from scipy import special, stats

E_MIN = 4.5                    # least expected count of a bin in the smaller sample
GAMMA = Fraction(7, 8)         # what a memory keeps from window to window
KS_MEAN = math.pi ** 2 / 12    # mean of K^2, K Kolmogorov's limit
KS_NU = 5.0                    # 2 mean^2 / variance of K^2: 2 (pi^2/12)^2 / (7 pi^4/720 - pi^4/144) = 5.0
LADDER = (900, 3600, 21600, 86400, 604800, 2419200)   # seconds: 15m 1h 6h 1d 7d 28d
LEAST_WINDOWS, GOOD_WINDOWS, MOST_WINDOWS = 10, 30, 200   # to learn anything; to prefer a rung; kept a rung, evenly spread
MEMORY_WINDOWS = 15            # (1 + 7/8) / (1 - 7/8)

# ---- A. two vectors of counts ---------------------------------------------------------------------------------------
def fold(r, c):
    """Joins neighbouring bins (for categories: neighbouring slots) until each has a pooled expectation of at least E_MIN in the
    smaller sample: from the left, bins are gathered until there is enough; what is left at the end joins the last one. Which
    bins are joined follows from the pooled counts r + c alone, so the law of c given r + c is not touched."""
    r, c = np.asarray(r, float), np.asarray(c, float)
    n, m = r.sum(), c.sum()
    R, C, a, b = [], [], 0.0, 0.0
    for i in range(len(r)):
        a, b = a + r[i], b + c[i]
        if (a + b) * min(n, m) / (n + m) >= E_MIN: R.append(a); C.append(b); a = b = 0.0
    if R: R[-1] += a; C[-1] += b
    else: R, C = [a], [b]
    return np.array(R), np.array(C)

def g_test(r, c):
    """(size S = G/w, df): log-likelihood ratio of homogeneity, G = 2 sum o ln(o/e) over both rows, divided by its Bartlett
    correction w. First order: Williams 1976 (Biometrika 63). The second-order term is ours, fitted to the exact moments of the
    Poisson deviance at expectations of 4 to 16; without it 256 bins of 5 alarm twice as often as they should."""
    n, m, B = r.sum(), c.sum(), len(r)
    df = B - 1
    if df < 1: return 0.0, 0
    N, t = n + m, r + c
    G = 2 * float((special.xlogy(r, r * N / (t * n)) + special.xlogy(c, c * N / (t * m))).sum())
    e = t * min(n, m) / N
    w = 1 + (N / n + N / m - 1) * (N * float((1 / t).sum()) - 1) / (6 * N * df) + (max(n, m) / N) ** 2 * float((1 / e ** 2).sum()) / (4 * df)
    return max(0.0, G) / w, df

def effective(n, m): return n * m / (n + m)

def measure(S, mean, nu, m_eff, p):
    """size of the difference, its mean and degrees of freedom where there is none, effective rows nm/(n+m), p from counts alone"""
    return {"size": float(S), "mean": float(mean), "nu": float(nu), "m_eff": float(m_eff), "p": float(p)}

def two_sample(r, c):
    """Significance of psi, js, hellinger, tv, linf and chi_square."""
    R, C = fold(r, c)
    if len(R) < 2: return None                                # nothing to tell apart: no p-value
    S, df = g_test(R, C)
    return measure(S, float(df), float(df), effective(R.sum(), C.sum()), float(stats.chi2.sf(S, df)))

def share(a, n, b, m):
    """a of n rows in the baseline, b of m in the window. Two-sided."""
    if n == 0 or m == 0 or a + b == 0 or a + b == n + m: return None
    s = (a + b) / (n + m)
    S, _ = g_test(np.array([a, n - a], float), np.array([b, m - b], float))
    if min(n * s, m * s, n * (1 - s), m * (1 - s)) < 5:
        p = float(stats.fisher_exact([[a, n - a], [b, m - b]])[1]); S = float(stats.chi2.isf(p, 1)) if p < 1 else 0.0
    else: p = float(stats.chi2.sf(S, 1))
    return measure(S, 1.0, 1.0, effective(n, m), p)

def unseen(u, m, f1, f2, n):
    """u of m window values were never seen among the baseline's n, of whose categories f1 occur once and f2 twice. Negative
    binomial with mean m(f1+1)/(n+1) and k = (f1+1)^2/(f1+1+2 f2): Good-Turing's mean, the variance that f1 itself has, and the
    clumps in which new categories come (each new category brings (m/n) 2 f2/f1 further values of itself). One-sided."""
    mu, k = m * (f1 + 1) / (n + 1), (f1 + 1) ** 2 / (f1 + 1 + 2 * f2)
    p = float(stats.nbinom.sf(u - 1, k, k / (k + mu))) if u else 1.0
    S = (u - mu) ** 2 / (mu + mu * mu / k)                    # both sides: healthy windows also have fewer
    return {**measure(S, 1.0, 1.0, effective(n, m), p), "expected_share": min(1.0, mu / m)}

def ks(r, c):
    """On the fine cells. D on the grid is at most the distance of the samples, which errs to the quiet side (ratio 0.75 to 1)."""
    n, m = float(np.sum(r)), float(np.sum(c))
    D = float(np.abs(np.cumsum(r) / n - np.cumsum(c) / m).max())
    x = effective(n, m)
    return {**measure(x * D * D, KS_MEAN, KS_NU, x, float(stats.kstwo.sf(D, max(1, round(x))))), "D": D}

# ---- A. which categories have names ---------------------------------------------------------------------------------
M64 = (1 << 64) - 1
def fnv1a(data):
    h = 0xCBF29CE484222325
    for b in data: h = ((h ^ b) * 0x100000001B3) & M64
    return h
def splitmix64(x):
    x = (x + 0x9E3779B97F4A7C15) & M64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    return x ^ (x >> 31)
def thin(category, count):
    """How many of a category's baseline values vote for its name: the ones among the first `count` bits of a stream that
    hangs on the category alone, so a fair coin for every value, whatever the order of the file. The others are compared."""
    h, votes = fnv1a(category.encode()), 0
    for block in range(-(-count // 64)):
        w = splitmix64((h + block) & M64)
        if (left := count - 64 * block) < 64: w &= (1 << left) - 1
        votes += w.bit_count()
    return votes

BUCKETS = 32
def bucket(category):
    """Where a category without a name is counted, seen before or not: the upper five bits of a hash of it."""
    return splitmix64(fnv1a(category.encode()) ^ M64) >> 59

def names(counts, top=100):
    """counts: {category: baseline count}. Returns a dict. Where every category has at least 50 values and all fit, all are named,
    every value is compared, and there are no buckets (what is unseen is left to `unseen`). Otherwise the voters (thin) choose: at
    least 5 votes, most votes first, ties by bytes; the counts are those of the values that did not vote; categories without a
    name go to buckets, which no count has chosen, so that what gathers in a few rare categories is seen."""
    n, f1, f2 = sum(counts.values()), sum(v == 1 for v in counts.values()), sum(v == 2 for v in counts.values())
    out = {"f1": f1, "f2": f2, "n": n, "buckets": []}
    if len(counts) <= top and min(counts.values()) >= 50:
        order = sorted(counts, key=lambda k: (-counts[k], k.encode()))
        return {**out, "names": order, "counts": [counts[k] for k in order]}
    votes = {k: thin(k, v) for k, v in counts.items()}
    order = sorted((k for k in counts if votes[k] >= 5), key=lambda k: (-votes[k], k.encode()))[:top]
    out["buckets"] = [0] * BUCKETS
    for k in counts.keys() - set(order): out["buckets"][bucket(k)] += counts[k] - votes[k]
    return {**out, "names": order, "counts": [counts[k] - votes[k] for k in order]}

def slots(layout): return layout["counts"] + layout["buckets"]

def on_names(layout, window):
    """A window's counts per name, then per bucket."""
    named = set(layout["names"]); b = [0] * len(layout["buckets"])
    if b:
        for k, v in window.items():
            if k not in named: b[bucket(k)] += v
    return [window.get(k, 0) for k in layout["names"]] + b

# ---- B. healthy variation -------------------------------------------------------------------------------------------
def learn(measures):
    """measures: what two_sample, ks, share or unseen said of each window of the baseline against the rest of it. phi: how much
    larger the differences are than counts explain. size: harmonic mean of the effective sizes they come from. upper: what phi
    could be as well (80 %, with as many degrees of freedom as if all the variation had one direction)."""
    got = [x for x in measures if x is not None]
    W = len(got)
    if W < LEAST_WINDOWS: return None
    phi = max(1.0, math.fsum(x["size"] / x["mean"] for x in got) / W)
    nu = W * phi * phi / (1 / got[0]["nu"] + (phi - 1) ** 2)
    return {"phi": phi, "upper": phi * nu / float(stats.chi2.ppf(0.2, nu)), "size": W / math.fsum(1 / x["m_eff"] for x in got), "windows": W}

def leave_out(windows, test):
    """Every window against the sum of all others. windows: counts per window (rows) and bin (columns), of all values: names and
    edges depend on the sum over windows alone, so this comparison needs no voters."""
    W = np.asarray(windows, float); T = W.sum(0)
    return [test(T - w, w) if (T - w).sum() > 0 and w.sum() > 0 else None for w in W]

def unseen_by_window(windows):
    """windows: {category: count} per window of the baseline. New in a window: values whose category no other window has; f1 and f2
    are those of the whole baseline, n what the others hold."""
    total = {}
    for w in windows:
        for k, v in w.items(): total[k] = total.get(k, 0) + v
    f1, f2, n = sum(v == 1 for v in total.values()), sum(v == 2 for v in total.values()), sum(total.values())
    out = []
    for w in windows:
        m = sum(w.values())
        out.append(unseen(sum(v for k, v in w.items() if v == total[k]), m, f1, f2, n - m) if 0 < m < n else None)
    return out

def pick(learnt, length):
    """learnt: {rung: healthy or None}. Of the rungs no longer than the window (or memory): the longest with at least 30 windows,
    else the one with most (the longest of these). The shortest learnt rung where all are longer; None where nothing was learnt."""
    have = sorted(k for k, h in learnt.items() if h)
    if not have: return None
    short = [k for k in have if k <= length]
    if not short: return learnt[have[0]]
    good = [k for k in short if learnt[k]["windows"] >= GOOD_WINDOWS]
    return learnt[good[-1] if good else max(short, key=lambda k: (learnt[k]["windows"], k))]

def phi_at(h, m_eff):
    """Variation of a population does not shrink with more rows, so in larger windows it weighs more; what could not be excluded
    at the size learnt is extrapolated too. Never less than measured."""
    return 1.0 if h is None else h["phi"] + (h["upper"] - 1) * max(0.0, m_eff / h["size"] - 1)

def judge(x, h=None):
    """p: what counts alone say, and no less than what follows if all the variation went in one direction: of nu directions with
    unit variance, one then has lambda = 1 + nu (phi - 1), known from W windows, hence F(1, W). net: the share of the
    (squared) effect that is more than a healthy window of this size shows on average, positive-part James-Stein."""
    phi, p = phi_at(h, x["m_eff"]), x["p"]
    if phi > 1:
        z2 = max(0.0, x["size"] * x["nu"] / x["mean"] - (x["nu"] - 1)) / (1 + x["nu"] * (phi - 1))
        p = max(p, float(stats.f.sf(z2, 1, h["windows"])))
    net = max(0.0, 1 - phi * x["mean"] / x["size"]) if x["size"] > 0 else 0.0
    return {"p": p, "phi": phi, "net": net}

def net_effect(statistic, value, net):
    """PSI and chi-square are quadratic in a difference, all others linear."""
    return value * (net if statistic in ("psi", "chi_square") else math.sqrt(net))

def psi(r, c, alpha=0.5):
    r, c = np.asarray(r, float), np.asarray(c, float); k = (r + c) > 0; r, c = r[k], c[k]; B = len(r)
    p, q = (r + alpha) / (r.sum() + alpha * B), (c + alpha) / (c.sum() + alpha * B)
    return float(((q - p) * np.log(q / p)).sum())

# ---- C. budget ------------------------------------------------------------------------------------------------------
def level(alarms, period, slides):
    """Greatest probability of a false alarm per evaluation: alarms / evaluations in the period, half for windows and half for
    memories. slides: seconds between the ends of each window shape. At most 0.01, as before there was a budget."""
    return min(0.01, alarms / (2 * sum(period / s for s in slides)))

def once_in(q, q_max, alarms, period):
    """How rarely a healthy monitor shows this: seconds. At q = q_max it is twice period/alarms, as half of the budget is a memory's."""
    return 2 * period / alarms * q_max / q if q > 0 else math.inf

def benjamini_hochberg(p):
    p = np.asarray(p, float); k = len(p)
    if k == 0: return p
    o = np.argsort(p, kind="stable"); q = np.minimum.accumulate((p[o] * k / np.arange(1, k + 1))[::-1])[::-1]
    out = np.empty(k); out[o] = np.minimum(q, 1.0); return out

class Memory:
    """Discounted counts of one feature's coarse bins: s <- 7/8 s + c, and V <- 49/64 V + m, M <- 7/8 M + m. s has mean M q and
    variance V q(1-q), so s M/V are effective counts of M^2/V rows: judged as any window is, with the healthy variation that was
    learnt at the length of fifteen windows."""
    def __init__(self, bins): self.s, self.M, self.V = np.zeros(bins), 0.0, 0.0
    def add(self, c):
        m = float(np.sum(c)); self.s = self.s * 0.875 + c; self.M = self.M * 0.875 + m; self.V = self.V * 0.765625 + m
    def counts(self): return self.s * (self.M / self.V) if self.V > 0 else self.s

def verdict(statistic, value, x, h, q, q_max, warn, critical):
    """q: the adjusted p-value."""
    j = judge(x, h); e = net_effect(statistic, value, j["net"])
    if q > q_max or e < warn: return "stable"
    return "critical" if e >= critical else "warning"
