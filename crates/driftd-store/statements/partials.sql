SELECT pane_start, segment, rows, plan_hash, CAST(codec AS bigint) AS "codec!", state FROM pane_partials
WHERE monitor = $1 AND pane_start = $2 ORDER BY segment, topic, partition, from_offset
