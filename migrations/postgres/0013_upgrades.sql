-- Which driftd may work with these tables: one that knows them up to this version, or a newer one. A version that adds
-- only what an older driftd need not know leaves the number as it is; one that takes away or changes what an older one
-- uses raises it to its own.
CREATE TABLE schema_compatibility (
    version bigint NOT NULL
);
INSERT INTO schema_compatibility (version) VALUES (13);
