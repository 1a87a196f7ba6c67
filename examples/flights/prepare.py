#!/usr/bin/env python3
"""Splits the 2013 New York flights table into what the model was trained on and what reached it afterwards.

usage: prepare.py FLIGHTS.parquet OUTDIR      (needs pyarrow from PyPI)
"""
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq

source, out = sys.argv[1], sys.argv[2]
table = pq.read_table(source)
month = table["month"]
for name, rows in (
    ("training-january", pc.equal(month, 1)),
    ("serving-february-december", pc.greater(month, 1)),
):
    part = table.filter(rows).sort_by("sched_dep_ts")
    pq.write_table(
        part, f"{out}/{name}.parquet", compression="zstd", compression_level=19, row_group_size=65536
    )
    print(name, part.num_rows)
