"""PSI of every column of two Parquet files, by polars: the strongest whole-process peer known.

usage: python polars_psi.py BASELINE.parquet CURRENT.parquet

Deciles of the baseline (linear interpolation), right-closed bins, counts of both sides by one vectorised comparison an
edge; text columns by value counts. Shares are smoothed by half a count. Prints {column: psi} as JSON.
"""

import json
import math
import sys

import polars as pl

PSEUDO_COUNT = 0.5


def psi(reference, current):
    """PSI of two lists of counts; bins that are empty on both sides are left out."""
    kept = [(r, c) for r, c in zip(reference, current) if r + c > 0]
    n = sum(r for r, _ in kept) + PSEUDO_COUNT * len(kept)
    m = sum(c for _, c in kept) + PSEUDO_COUNT * len(kept)
    total = 0.0
    for r, c in kept:
        p, q = (r + PSEUDO_COUNT) / n, (c + PSEUDO_COUNT) / m
        total += (q - p) * math.log(q / p)
    return total


def bin_counts(column, edges):
    """Values in (-inf, e1], (e1, e2], ..., (ek, inf); nulls are left out."""
    below = [int((column <= edge).sum()) for edge in edges]
    bounds = [0, *below, len(column) - column.null_count()]
    return [high - low for low, high in zip(bounds, bounds[1:])]


def numeric(reference, current):
    ordered = reference.drop_nulls().sort()
    edges = sorted({ordered.quantile(j / 10, interpolation="linear") for j in range(1, 10)})
    return psi(bin_counts(reference, edges), bin_counts(current, edges))


def categorical(reference, current):
    sides = [dict(side.drop_nulls().value_counts().iter_rows()) for side in (reference, current)]
    values = sides[0].keys() | sides[1].keys()
    return psi([sides[0].get(v, 0) for v in values], [sides[1].get(v, 0) for v in values])


def main():
    reference, current = (pl.read_parquet(path) for path in sys.argv[1:3])
    scores = {}
    for name, kind in reference.schema.items():
        score = numeric if kind.is_numeric() else categorical
        scores[name] = score(reference[name], current[name])
    print(json.dumps({"polars": pl.__version__, "psi": scores}))


if __name__ == "__main__":
    main()
