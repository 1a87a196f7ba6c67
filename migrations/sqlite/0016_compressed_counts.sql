-- Counts of panes are compressed (codec 4). The version before reads those that are not, and no others.
UPDATE schema_compatibility SET version = 16;
