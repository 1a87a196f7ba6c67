DELETE FROM source_partitions WHERE topic = $1 AND partition = $2
