UPDATE source_partitions
SET log_base = log_base + next_offset, next_offset = 0, log_mark = NULL, log_event = $4, log_event_at = $5,
    eof_at = NULL, confirmed_at = NULL, updated_at = $5
WHERE topic = $1 AND partition = $2 AND next_offset = $3
