SELECT min(p.from_offset) AS "first_offset?",
       CAST(coalesce(sum(p.rows), 0) AS bigint) AS "records!"
FROM pane_partials AS p
WHERE p.topic = $1 AND p.partition = $2 AND p.to_offset > $3
  AND NOT EXISTS (SELECT 1 FROM monitor_frontiers AS f WHERE f.monitor = p.monitor AND p.pane_start < f.sealed_through)
