SELECT p.topic, p.partition, p.owner, p.epoch, p.next_offset, p.watermark, p.eof_at, p.confirmed_at, p.updated_at,
       p.unread, p.log_event, p.log_event_at,
       CAST((SELECT coalesce(sum(r.records), 0) FROM rejected_records AS r
             WHERE r.topic = p.topic AND r.partition = p.partition AND r.reason <> 'deleted') AS bigint) AS "rejected!"
FROM source_partitions AS p WHERE p.topic = $1 AND p.retired_at IS NULL ORDER BY p.partition
