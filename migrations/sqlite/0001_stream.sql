-- Where every source stands, and what was counted from it.
-- Every instant is an integer: microseconds since 1970-01-01T00:00:00Z. People read the views of 0005.

-- One row a partition of a topic: who owns it, how far it was read, how far its event time has come.
CREATE TABLE source_partitions (
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,   -- fencing number of the owner; each claim is one larger
    next_offset INTEGER,            -- offset of the next record; NULL before the first checkpoint
    watermark   INTEGER,            -- event time before which nothing is expected; NULL before the first record
    eof_at      INTEGER,            -- since when the end of the partition has been reached
    owner       TEXT    NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

-- Records that were read and not counted, by reason.
CREATE TABLE rejected_records (
    topic     TEXT    NOT NULL,
    partition INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    records   INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, reason)
) STRICT, WITHOUT ROWID;

-- A bounded sample of them: where and why, never the record itself.
CREATE TABLE dead_letters (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    at_offset   INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_by_topic ON dead_letters (topic, id);

-- What one range of offsets contributed to one pane and segment. Rows are only ever inserted, so a new owner of a
-- partition has nothing to load and a late record needs no read-modify-write.
CREATE TABLE pane_partials (
    id          INTEGER PRIMARY KEY,
    monitor     TEXT    NOT NULL,
    pane_start  INTEGER NOT NULL,
    segment     TEXT    NOT NULL,   -- empty for the whole population
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    from_offset INTEGER NOT NULL,
    to_offset   INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    plan_hash   TEXT    NOT NULL,   -- shape of the counts; counts of different shapes are never added
    codec       INTEGER NOT NULL,   -- how `state` is encoded: 1 = postcard
    state       BLOB    NOT NULL,
    UNIQUE (monitor, pane_start, segment, topic, partition, from_offset)
) STRICT;
-- Finding the next pane and the late records reads row counts only, never the states.
CREATE INDEX pane_partials_rows ON pane_partials (monitor, pane_start, segment, rows);

-- The frozen merge of a pane and segment. A row with rows = 0 holds late records only.
CREATE TABLE sealed_panes (
    monitor    TEXT    NOT NULL,
    pane_start INTEGER NOT NULL,
    segment    TEXT    NOT NULL,
    rows       INTEGER NOT NULL,
    late_rows  INTEGER NOT NULL,    -- records that came after the seal and are not counted
    plan_hash  TEXT    NOT NULL,
    codec      INTEGER NOT NULL,
    state      BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX sealed_panes_key ON sealed_panes (monitor, pane_start, segment);
CREATE INDEX sealed_panes_rows ON sealed_panes (monitor, pane_start, segment, rows, late_rows);

-- How far each monitor is sealed.
CREATE TABLE monitor_frontiers (
    monitor        TEXT    NOT NULL PRIMARY KEY,
    sealed_through INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
