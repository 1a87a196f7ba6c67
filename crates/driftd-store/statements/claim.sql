INSERT INTO source_partitions AS p (topic, partition, epoch, owner, updated_at, known_since) VALUES ($1, $2, 1, $3, $4, $4)
ON CONFLICT (topic, partition) DO UPDATE
SET epoch = p.epoch + 1, owner = excluded.owner, eof_at = NULL, confirmed_at = NULL, updated_at = excluded.updated_at,
    retired_at = NULL
RETURNING epoch, next_offset, watermark, log_mark,
          (SELECT min(coalesce(read.known_since, 0)) FROM source_partitions AS read
           WHERE read.topic = $1 AND read.next_offset IS NOT NULL) AS topic_since
