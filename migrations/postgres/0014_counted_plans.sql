-- On which plans the records of a partition are counted. Workers of different configurations may take turns at it; a pane
-- is sealed for a monitor only if all of its records were counted for it.
-- The version before works with these tables.
CREATE TABLE counted_plans (
    topic       text COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    monitor     text COLLATE "C" NOT NULL,
    plan_hash   text    NOT NULL,
    epoch       bigint  NOT NULL,   -- last owner that counted on the plan; older than the partition's: somebody else reads it now
    watermark   bigint,            -- of the partition, when that owner was replaced
    next_offset bigint,            -- of the partition, when that owner was replaced
    whole_from  bigint,            -- event time from which on every record was counted; NULL: everything
    PRIMARY KEY (topic, partition, monitor, plan_hash)
);
