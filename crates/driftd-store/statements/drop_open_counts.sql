DELETE FROM pane_partials AS p
WHERE p.topic = $1 AND p.partition = $2 AND p.to_offset > $3
  AND NOT EXISTS (SELECT 1 FROM monitor_frontiers AS f WHERE f.monitor = p.monitor AND p.pane_start < f.sealed_through)
