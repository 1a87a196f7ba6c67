"""Writes nested.parquet: columns within columns, vectors, and types that writers leave unsaid."""

import datetime
import decimal
import pathlib

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
ROWS = 200

rows = range(ROWS)
number = [None if i % 10 == 0 else i / 4 for i in rows]
word = ["abc"[i % 3] for i in rows]
features = [
    None if i % 20 == 0 else {"x": number[i], "deep": None if i % 7 == 0 else {"k": word[i], "at": i}}
    for i in rows
]
table = pa.table({
    "plain_x": pa.array([None if f is None else f["x"] for f in features], pa.float64()),
    "plain_k": pa.array([None if f is None or f["deep"] is None else f["deep"]["k"] for f in features]),
    "features": pa.array(features, pa.struct([
        ("x", pa.float64()),
        ("deep", pa.struct([("k", pa.string()), ("at", pa.int64())])),
    ])),
    "vector": pa.array([None if i % 9 == 0 else [i, i + 0.5, None] for i in rows], pa.list_(pa.float64())),
    "words": pa.array([[word[i], "z"] for i in rows], pa.list_(pa.string(), 2)),
    "ragged": pa.array([[1.0] * (i % 4) for i in rows], pa.list_(pa.float32())),
    "records": pa.array([[{"a": i}] for i in rows], pa.list_(pa.struct([("a", pa.int64())]))),
    "long": pa.array([[1.0] * 65 for i in rows], pa.list_(pa.float32())),
    "map": pa.array([[("a", i)] for i in rows], pa.map_(pa.string(), pa.int64())),
    "text": pa.array([w.encode() for w in word], pa.binary()),
    "bytes": pa.array([b"\xff\x00" for _ in rows], pa.binary()),
    "half": pa.array([numpy.float16(i / 4) for i in rows], pa.float16()),
    "wide": pa.array([decimal.Decimal(i).scaleb(-1) - 7 for i in rows], pa.decimal256(60, 10)),
    "category": pa.array(word).dictionary_encode(),
    "never": pa.array([datetime.datetime(9999, 12, 31) for _ in rows], pa.timestamp("us")),
})
pq.write_table(table, HERE / "nested.parquet", row_group_size=70, compression="zstd", use_deprecated_int96_timestamps=True)
