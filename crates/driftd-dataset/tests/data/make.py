"""Writes the Parquet files beside it: one small table in the encodings, page versions and codecs that writers use.

Run with pyarrow 26 (`python make.py`); the files are committed, so the tests need no Python.
"""

import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
ROWS = 120
EPOCH = datetime.datetime(2024, 1, 1)


def every(n, value):
    """`value(row)`, null in every n-th row."""
    return [None if i % n == n - 1 else value(i) for i in range(ROWS)]


numbers = every(9, lambda i: i * 7 % 60)
texts = every(11, lambda i: f"city {i * i % 13}")
instants = every(13, lambda i: EPOCH + datetime.timedelta(hours=i))
halves = [None if v is None else v / 2 for v in numbers]
columns = {f"{t}": pa.array(numbers, t) for t in
           [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]}
columns |= {
    "f16": pa.array(halves, pa.float16()),
    "f32": pa.array(halves, pa.float32()),
    "f64": pa.array(halves, pa.float64()),
    "decimal32": pa.array([None if v is None else decimal.Decimal(str(v)) for v in halves], pa.decimal128(7, 2)),
    "decimal64": pa.array([None if v is None else decimal.Decimal(str(v)) for v in halves], pa.decimal128(15, 2)),
    "decimal128": pa.array([None if v is None else decimal.Decimal(str(v)) for v in halves], pa.decimal128(30, 2)),
    "bool": pa.array(every(7, lambda i: i % 3 == 0)),
    "text": pa.array(texts, pa.string()),
    "large_text": pa.array(texts, pa.large_string()),
    "view": pa.array(texts, pa.string_view()),
    "dictionary": pa.array(texts, pa.string()).dictionary_encode(),
    "date": pa.array([None if v is None else v.date() for v in instants], pa.date32()),
    "ms": pa.array(instants, pa.timestamp("ms")),
    "us": pa.array(instants, pa.timestamp("us")),
    "ns": pa.array(instants, pa.timestamp("ns")),
    "utc": pa.array(instants, pa.timestamp("us", "UTC")),
    "time": pa.array([None if v is None else v.time() for v in instants], pa.time64("us")),
    "nothing": pa.nulls(ROWS),
    "bytes": pa.array([b"x"] * ROWS),
    "list": pa.array([[1, 2]] * ROWS),
}
table = pa.table(columns)


def write(name, **options):
    pq.write_table(table, HERE / name, row_group_size=70, **options)


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "date", "ms", "us", "ns", "utc"]
write("dictionary-v1-snappy.parquet", compression="snappy")
write("dictionary-v2-zstd.parquet", compression="zstd", data_page_version="2.0")
write("plain-v1-none.parquet", compression="none", use_dictionary=False, store_schema=False)
write("plain-v1-gzip.parquet", compression="gzip", use_dictionary=False)
write("plain-v2-brotli.parquet", compression="brotli", use_dictionary=False, data_page_version="2.0")
write("plain-v1-lz4.parquet", compression="lz4", use_dictionary=False)
write("int96-v1-snappy.parquet", compression="snappy", use_deprecated_int96_timestamps=True)
write("delta-v2-zstd.parquet", compression="zstd", use_dictionary=False, data_page_version="2.0", column_encoding={
    **{c: "DELTA_BINARY_PACKED" for c in INTEGERS}, "text": "DELTA_BYTE_ARRAY", "large_text": "DELTA_LENGTH_BYTE_ARRAY",
    "view": "DELTA_BYTE_ARRAY", "dictionary": "DELTA_LENGTH_BYTE_ARRAY", "bool": "RLE",
    "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT", "f16": "BYTE_STREAM_SPLIT",
})
write("split-v1-none.parquet", compression="none", use_dictionary=False, column_encoding={
    **{c: "BYTE_STREAM_SPLIT" for c in ["int32", "int64", "f32", "f64"]}})
