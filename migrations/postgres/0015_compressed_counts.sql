-- Counts of panes are compressed (codec 4). The version before reads those that are not, and no others.
UPDATE schema_compatibility SET version = 15;
-- There is nothing left for the server to compress, and trying took it half of a checkpoint.
ALTER TABLE pane_partials ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE sealed_panes ALTER COLUMN state SET STORAGE EXTERNAL;
