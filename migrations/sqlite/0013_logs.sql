-- A topic may be deleted and made anew under the same name: its offsets are others then, and so are its records.
ALTER TABLE source_partitions ADD COLUMN log_base INTEGER NOT NULL DEFAULT 0; -- offsets of the logs before this one
ALTER TABLE source_partitions ADD COLUMN log_mark TEXT;         -- the last counted record, by which the log is known again
ALTER TABLE source_partitions ADD COLUMN log_event TEXT;        -- what has happened to the log, such as records deleted unread
ALTER TABLE source_partitions ADD COLUMN log_event_at INTEGER;
ALTER TABLE source_partitions ADD COLUMN unread TEXT;           -- why it cannot be read; NULL while it can
ALTER TABLE source_partitions ADD COLUMN retired_at INTEGER;    -- when brokers no longer had it; NULL while they have
