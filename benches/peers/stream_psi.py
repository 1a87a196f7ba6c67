"""PSI of every feature and every day of a topic, by confluent-kafka, orjson and NumPy: what anyone would write first.

usage: python stream_psi.py BROKERS TOPIC PARTITIONS BASELINE.csv

Reads the topic from end to end in batches. Deciles of the baseline (linear interpolation), right-closed bins, counted
by searchsorted and bincount for a whole batch at once; text features by a dictionary of the baseline's values. Shares
are smoothed by half a count. Nothing is kept across a crash: no offsets, no database. Prints JSON.
"""

import csv
import json
import math
import sys
import time

import numpy as np
import orjson
from confluent_kafka import Consumer, TopicPartition

PSEUDO_COUNT = 0.5
BATCH = 10_000
DAY = 86_400_000


class Numeric:
    def __init__(self, texts):
        values = np.array([float(text) for text in texts if text])
        self.edges = np.unique(np.quantile(values, np.arange(1, 10) / 10))
        self.bins = len(self.edges) + 1
        self.reference = np.bincount(self.bin(values), minlength=self.bins)

    def bin(self, values):
        return np.searchsorted(self.edges, values, side="left")

    def cells(self, column):
        """Bin of every value, and which of them are there: nulls have become NaN."""
        values = np.array(column, dtype=float)
        present = ~np.isnan(values)
        return self.bin(values), present


class Categorical:
    def __init__(self, texts):
        self.codes = {text: code for code, text in enumerate(sorted(set(texts)))}
        self.bins = len(self.codes) + 1
        self.reference = np.bincount([self.codes[text] for text in texts], minlength=self.bins)

    def cells(self, column):
        get, other = self.codes.get, self.bins - 1
        cells = np.array([get(value, other) for value in column])
        return cells, np.ones(len(column), dtype=bool)


def psi(reference, current):
    """PSI of two arrays of counts; bins that are empty on both sides are left out."""
    kept = (reference + current) > 0
    p, q = reference[kept] + PSEUDO_COUNT, current[kept] + PSEUDO_COUNT
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def read_baseline(path):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        columns = list(zip(*rows))
    kinds = {}
    for name, texts in zip(names, columns):
        kinds[name] = Categorical(texts) if name.startswith("cat") else Numeric(texts)
    return kinds


def main():
    brokers, topic, partitions, baseline = sys.argv[1:5]
    kinds = read_baseline(baseline)
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "peer", "enable.auto.commit": False})
    places = [TopicPartition(topic, partition, 0) for partition in range(int(partitions))]
    left = sum(consumer.get_watermark_offsets(place)[1] for place in places)
    consumer.assign(places)
    counts = {name: {} for name in kinds}
    events = size = 0
    first = None
    while left > 0:
        messages = consumer.consume(BATCH, timeout=0.2)
        if not messages:
            continue
        if first is None:
            first = time.perf_counter()
        payloads = [message.value() for message in messages]
        records = [orjson.loads(payload) for payload in payloads]
        size += sum(map(len, payloads))
        events += len(records)
        left -= len(records)
        days = np.array([record["ts"] for record in records]) // DAY
        start = int(days.min())
        span = int(days.max()) - start + 1
        features = [record["features"] for record in records]
        for name, kind in kinds.items():
            cells, present = kind.cells([row[name] for row in features])
            at = (days - start) * kind.bins + cells
            counted = np.bincount(at[present], minlength=span * kind.bins).reshape(span, kind.bins)
            by_day = counts[name]
            for day in np.flatnonzero(counted.sum(axis=1)):
                by_day[start + int(day)] = by_day.get(start + int(day), 0) + counted[day]
    scores = {
        name: {day: psi(kinds[name].reference, counted) for day, counted in by_day.items()}
        for name, by_day in counts.items()
    }
    seconds = time.perf_counter() - first
    assert all(math.isfinite(score) for days in scores.values() for score in days.values())
    print(json.dumps({"events": events, "bytes": size, "seconds": seconds, "psi": scores}))


if __name__ == "__main__":
    main()
