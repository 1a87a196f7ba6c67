-- When the source last said that a partition's end is still its end. An owner that hangs says nothing, so that its
-- partition is not taken for a quiet one.
ALTER TABLE source_partitions ADD COLUMN confirmed_at INTEGER;
