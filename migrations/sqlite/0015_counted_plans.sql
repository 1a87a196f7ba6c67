-- On which plans the records of a partition are counted. Workers of different configurations may take turns at it; a pane
-- is sealed for a monitor only if all of its records were counted for it.
-- The version before works with these tables.
CREATE TABLE counted_plans (
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    monitor     TEXT    NOT NULL,
    plan_hash   TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,   -- last owner that counted on the plan; older than the partition's: somebody else reads it now
    watermark   INTEGER,            -- of the partition, when that owner was replaced
    next_offset INTEGER,            -- of the partition, when that owner was replaced
    whole_from  INTEGER,            -- event time from which on every record was counted; NULL: everything
    PRIMARY KEY (topic, partition, monitor, plan_hash)
) STRICT, WITHOUT ROWID;
