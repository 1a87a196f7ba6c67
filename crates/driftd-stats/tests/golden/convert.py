#!/usr/bin/env python3
"""Turns the golden cases into files that need no Parquet reader, with what the reference program says about them.

run:  convert.py GOLDEN_DIR OUT_DIR      (GOLDEN_DIR has cases/ and real_flights.parquet; NumPy, SciPy, pyarrow)

Writes OUT_DIR/cases.json: a list of cases. Numeric samples stand inline as {"values": [..], "counts": [..]} where they
repeat themselves, otherwise as {"file_values": n} in samples.f64: little-endian doubles, baseline then current, case
after case in the order of the list. Rows without a finite value are counts. Categorical samples are {"values", "counts"}.
"expected" is reference.py's answer with the default options, "expected_other" with 20 bins, 64 cells, 3 categories and
a pseudo count of 1; ks additionally gets the p-value of the D on the grid.
Writes OUT_DIR/laws.json: tails of the laws on grids denser than special_functions.json.
"""
import collections, json, math, os, sys
import numpy as np
import pyarrow.parquet as pq
from scipy import stats
import reference

golden, out = sys.argv[1], sys.argv[2]
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
flights = pq.read_table(os.path.join(golden, "real_flights.parquet"))


def samples(case):
    s, numeric = case["samples"], case["kind"] == "numeric"
    if "inline" in s:
        word = lambda v: WORDS.get(v, v) if numeric and isinstance(v, str) else v
        return [[word(v) for v in s["inline"][side]] for side in ("reference", "current")]
    if "by" in s:
        by = np.array(flights[s["by"]].to_pylist())
        column = np.array(flights[s["column"]].to_pylist(), dtype=object)
        return [list(column[by == s[side]]) for side in ("reference", "current")]
    table = pq.read_table(os.path.join(golden, "cases", s["file"]))
    side = np.array(table["side"].to_pylist())
    value = np.array(table["value"].to_pylist(), dtype=object)
    return [list(value[side == name]) for name in ("reference", "current")]


def numeric_sample(values, blob):
    floats = [float(v) for v in values if v is not None]
    finite = [v for v in floats if math.isfinite(v)]
    rest = {"missing": sum(v is None for v in values), "nan": sum(math.isnan(v) for v in floats),
            "pos_inf": floats.count(math.inf), "neg_inf": floats.count(-math.inf)}
    runs = collections.Counter(finite)
    if len(finite) < 50 or len(runs) * 3 < len(finite):
        if any(v == 0 and math.copysign(1, v) < 0 for v in finite):          # keep the sign of zero visible
            return {"values": finite, "counts": [1] * len(finite), **rest}
        ordered = sorted(runs)
        return {"values": ordered, "counts": [runs[v] for v in ordered], **rest}
    blob.append(np.array(finite, "<f8").tobytes())
    return {"file_values": len(finite), **rest}


def text_sample(values):
    runs = collections.Counter(v for v in values if v is not None)
    ordered = sorted(runs)
    return {"values": ordered, "counts": [runs[v] for v in ordered], "missing": sum(v is None for v in values)}


def grid_p(d, n, m):
    return float(stats.kstwo.sf(d, max(1, round(n * m / (n + m)))))


def clean(v):
    if isinstance(v, dict): return {k: clean(x) for k, x in v.items()}
    if isinstance(v, list): return [clean(x) for x in v]
    if isinstance(v, float) and not math.isfinite(v): return None            # the reference's own overflow
    return v


def answer(numeric, ref, cur, **options):
    if not numeric: return reference.categorical(ref, cur, **options)
    found = reference.numeric(ref, cur, **options)
    ks = found["statistics"].get("ks")
    if ks:
        n, m = (sum(v is not None and math.isfinite(v) for v in side) for side in (ref, cur))
        ks["p_value"] = grid_p(ks["value"], n, m)
    return found


cases, blob = [], []
for name in sorted(os.listdir(os.path.join(golden, "cases"))):
    if not name.endswith(".json"): continue
    case = json.load(open(os.path.join(golden, "cases", name)))
    ref, cur = samples(case)
    numeric = case["kind"] == "numeric"
    expected = answer(numeric, ref, cur)
    other = answer(numeric, ref, cur, alpha=1.0, **({"bins": 20, "cells": 64} if numeric else {"top": 3}))
    pair = [numeric_sample(side, blob) if numeric else text_sample(side) for side in (ref, cur)]
    cases.append({"id": case["id"], "kind": case["kind"], "description": case["description"],
                  "baseline": pair[0], "current": pair[1], "expected": clean(expected), "expected_other": clean(other)})

with open(os.path.join(out, "cases.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False, allow_nan=False) for c in cases) + "\n]\n")
with open(os.path.join(out, "samples.f64"), "wb") as f:
    f.write(b"".join(blob))

laws = {"kstwo_sf(d,n)": [], "fisher(a,n,b,m)": [], "chi2_sf(x,df)": [], "chi2_ppf(p,df)": [], "f_sf(x,1,df)": [], "nbinom_sf(u,mean,k)": []}
for n in (1, 2, 3, 10, 50, 99, 140, 141, 150, 500, 2000, 20000, 50000, 100000, 100001, 300000, 900000):
    for z in (0.05, 0.15, 0.19, 0.21, 0.25, 0.3, 0.5, 0.7, 0.85, 0.87, 1.0, 1.3, 1.48, 1.49, 1.7, 1.99, 2.01, 3.0, 5.0, 10.0, 19.0):
        d = z / math.sqrt(n)
        if d < 1: laws["kstwo_sf(d,n)"].append([d, n, float(stats.kstwo.sf(d, n))])
for a, n, b, m in ((0, 10, 3, 10), (3, 10, 3, 10), (1, 5, 4, 5), (2, 1000, 9, 1000), (0, 1000, 4, 1000), (0, 10**6, 3, 10**6), (1, 10**6, 8, 10**6),
                   (4, 10**6, 4, 10**6), (0, 50, 50, 50), (50, 50, 0, 50), (10, 10, 300, 10**6), (0, 10**6, 10**6, 10**6), (500, 1000, 560, 1000),
                   (10, 1000, 60, 900), (4000, 10**5, 30000, 10**5), (20, 20, 20, 20), (0, 20, 0, 20), (3, 20000, 1, 50), (1, 3, 2000, 4000)):
    laws["fisher(a,n,b,m)"].append([a, n, b, m, float(stats.fisher_exact([[a, n - a], [b, m - b]])[1])])
for df in (1, 2, 9, 19, 101, 999):
    for x in (1e-6, 0.5, 3, 8, 15, 20, 40, 90, 120, 200, 700, 1100, 1400):
        laws["chi2_sf(x,df)"].append([x, df, float(stats.chi2.sf(x, df))])
for df in (10, 17.3, 30, 200, 1800, 51000.5):
    for p in (0.2, 0.5): laws["chi2_ppf(p,df)"].append([p, df, float(stats.chi2.ppf(p, df))])
for df in (10, 12, 30, 90, 200):
    for x in (1e-6, 0.1, 1, 5, 20, 100, 1e4, 1e9): laws["f_sf(x,1,df)"].append([x, df, float(stats.f.sf(x, 1, df))])
for mean, k in ((0.01, 1), (0.1, 3e-5), (1, 1), (5, 0.2), (50, 50), (200, 7), (1000, 1e5), (1e5, 3), (1e5, 2e6)):
    for u in sorted({1, 2, 5, int(mean) + 1, int(2 * mean) + 1, int(mean + 8 * (mean + mean * mean / k) ** 0.5) + 1, int(4 * mean) + 30}):
        laws["nbinom_sf(u,mean,k)"].append([u, mean, k, float(stats.nbinom.sf(u - 1, k, k / (k + mean)))])
with open(os.path.join(out, "laws.json"), "w") as f:
    f.write("{\n" + ",\n".join(json.dumps(k) + ": [\n" + ",\n".join(json.dumps(r) for r in v) + "\n]" for k, v in laws.items()) + "\n}\n")
