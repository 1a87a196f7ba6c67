#!/usr/bin/env python3
"""Splits the 2013 New York flights table into what the models were trained on and what reached them afterwards.

usage: prepare.py FLIGHTS.parquet SCORES.parquet OUTDIR      (needs pyarrow from PyPI)

FLIGHTS has a row a flight, SCORES what the models said of it: `id`, the number of its row in FLIGHTS, from 0 on,
`predicted_late` and `predicted_at_booking`.
"""
import datetime
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq

flights, scores, out = sys.argv[1], sys.argv[2], sys.argv[3]
table = pq.read_table(flights)
said = pq.read_table(scores).sort_by("id")
assert said["id"].to_pylist() == list(range(table.num_rows)), "a score for every flight"
for model in ("predicted_late", "predicted_at_booking"):
    if model in table.column_names:
        table = table.set_column(table.column_names.index(model), model, said[model])
    else:
        table = table.append_column(model, said[model])
# Event time is UTC, where the last evening of the year in New York is the next year: a day of a few flights.
table = table.filter(pc.less(table["sched_dep_ts"], datetime.datetime(2014, 1, 1, tzinfo=datetime.timezone.utc)))
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
