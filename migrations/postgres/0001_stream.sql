-- Where every source stands, and what was counted from it.
-- Every instant is a number: microseconds since 1970-01-01T00:00:00Z. People read the views of 0005.
-- Text is compared by its bytes (COLLATE "C"), so that order and uniqueness do not depend on the language of the server.

-- One row a partition of a topic: who owns it, how far it was read, how far its event time has come.
CREATE TABLE source_partitions (
    topic        text COLLATE "C" NOT NULL,
    partition    integer NOT NULL,
    epoch        bigint  NOT NULL,      -- fencing number of the owner; each claim is one larger
    next_offset  bigint,                -- offset of the next record; NULL before the first checkpoint
    watermark    bigint,                -- event time before which nothing is expected; NULL before the first record
    eof_at       bigint,                -- since when the end of the partition has been reached
    confirmed_at bigint,                -- when the source last said that this still is the end
    owner        text    NOT NULL,
    updated_at   bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);               -- one update a second and partition: room to keep them on the same page

-- Records that were read and not counted, by reason.
CREATE TABLE rejected_records (
    topic     text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    reason    text COLLATE "C" NOT NULL,
    records   bigint  NOT NULL,
    PRIMARY KEY (topic, partition, reason)
);

-- A bounded sample of them: where and why, never the record itself.
CREATE TABLE dead_letters (
    id          bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    topic       text COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    at_offset   bigint  NOT NULL,
    reason      text    NOT NULL,
    detail      text    NOT NULL,
    recorded_at bigint  NOT NULL
);
CREATE INDEX dead_letters_by_topic ON dead_letters (topic, id);

-- What one range of offsets contributed to one pane and segment. Rows are only ever inserted, so a new owner of a
-- partition has nothing to load and a late record needs no read-modify-write. Two rows of one offset range cannot
-- arise: the fence of source_partitions lets every offset be counted once.
-- Partitions, one a day of arrival, are made by driftd ahead of their day.
CREATE TABLE pane_partials (
    landed_on   date    NOT NULL,       -- day of the checkpoint by the wall clock, UTC; never of event time
    monitor     text COLLATE "C" NOT NULL,
    pane_start  bigint  NOT NULL,
    segment     text COLLATE "C" NOT NULL, -- empty for the whole population
    topic       text COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    from_offset bigint  NOT NULL,
    to_offset   bigint  NOT NULL,
    rows        bigint  NOT NULL,
    plan_hash   text COLLATE "C" NOT NULL, -- shape of the counts; counts of different shapes are never added
    codec       smallint NOT NULL,      -- how `state` is encoded: 1 = postcard
    state       bytea   NOT NULL
) PARTITION BY RANGE (landed_on);
-- Finding the next pane and the late records reads row counts only, never the states.
CREATE INDEX pane_partials_rows ON pane_partials (monitor, pane_start, segment) INCLUDE (rows);

-- The frozen merge of a pane and segment. A row with rows = 0 holds late records only.
CREATE TABLE sealed_panes (
    monitor      text COLLATE "C" NOT NULL,
    pane_start   bigint   NOT NULL,
    segment      text COLLATE "C" NOT NULL,
    rows         bigint   NOT NULL,
    late_rows    bigint   NOT NULL,     -- records that came after the seal and are not counted
    dropped_rows bigint   NOT NULL DEFAULT 0, -- of both, those whose partials retention has dropped
    plan_hash    text COLLATE "C" NOT NULL,
    codec        smallint NOT NULL,
    state        bytea    NOT NULL,
    PRIMARY KEY (monitor, pane_start, segment)
);
-- First and last pane with records.
CREATE INDEX sealed_panes_with_records ON sealed_panes (monitor, pane_start) WHERE rows > 0;

-- How far each monitor is sealed; a row is there before the first seal, because sealers lock it.
CREATE TABLE monitor_frontiers (
    monitor        text COLLATE "C" PRIMARY KEY,
    sealed_through bigint
);

-- Panes behind the frontier: records in their partials, and how many of those are accounted for as sealed or late.
-- What is beyond that has come too late and was not swept yet.
CREATE VIEW pane_accounts AS
SELECT
    p.monitor,
    p.pane_start,
    p.segment,
    sum(p.rows)::bigint AS partial_rows,
    coalesce(s.rows + s.late_rows - s.dropped_rows, 0) AS accounted_rows
FROM pane_partials AS p
JOIN monitor_frontiers AS f ON f.monitor = p.monitor AND p.pane_start < f.sealed_through
LEFT JOIN sealed_panes AS s ON s.monitor = p.monitor AND s.pane_start = p.pane_start AND s.segment = p.segment
GROUP BY p.monitor, p.pane_start, p.segment, s.rows, s.late_rows, s.dropped_rows;
