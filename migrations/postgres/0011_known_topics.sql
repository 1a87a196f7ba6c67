-- A partition that is added to a topic begins at its beginning, and one that was there when driftd first came to the topic
-- begins where the start policy says.
ALTER TABLE source_partitions ADD COLUMN known_since bigint; -- when it was first claimed; NULL before this was written
