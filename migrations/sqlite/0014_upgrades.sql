-- Which driftd may work with these tables: one that knows them up to this version, or a newer one. A version that adds
-- only what an older driftd need not know leaves the number as it is; one that takes away or changes what an older one
-- uses raises it to its own.
CREATE TABLE schema_compatibility (
    version INTEGER NOT NULL
) STRICT;
INSERT INTO schema_compatibility (version) VALUES (14);

-- How far back in event time anybody has looked who sealed a monitor, in microseconds: one store may serve deployments with
-- windows of other lengths, and none may forget what another still needs. NULL before this was written.
ALTER TABLE monitor_frontiers ADD COLUMN reach INTEGER;
