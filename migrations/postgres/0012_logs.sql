-- A topic may be deleted and made anew under the same name: its offsets are others then, and so are its records.
ALTER TABLE source_partitions ADD COLUMN log_base bigint NOT NULL DEFAULT 0; -- offsets of the logs before this one
ALTER TABLE source_partitions ADD COLUMN log_mark text;         -- the last counted record, by which the log is known again
ALTER TABLE source_partitions ADD COLUMN log_event text;        -- what has happened to the log, such as records deleted unread
ALTER TABLE source_partitions ADD COLUMN log_event_at bigint;
ALTER TABLE source_partitions ADD COLUMN unread text;           -- why it cannot be read; NULL while it can
ALTER TABLE source_partitions ADD COLUMN retired_at bigint;    -- when brokers no longer had it; NULL while they have
