UPDATE source_partitions SET retired_at = $3, unread = NULL WHERE topic = $1 AND partition >= $2 AND retired_at IS NULL
