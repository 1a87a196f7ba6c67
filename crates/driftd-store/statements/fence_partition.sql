UPDATE source_partitions
SET epoch = epoch + 1, owner = $3, next_offset = NULL, watermark = NULL, eof_at = NULL, confirmed_at = NULL, updated_at = $4,
    log_mark = NULL
WHERE topic = $1 AND partition = $2 RETURNING epoch, log_base
