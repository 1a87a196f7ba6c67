UPDATE source_partitions SET unread = $3 WHERE topic = $1 AND partition = $2
