UPDATE source_partitions SET next_offset = $3 WHERE topic = $1 AND partition = $2
