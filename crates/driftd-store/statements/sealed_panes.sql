SELECT pane_start, segment, rows, late_rows, plan_hash, CAST(codec AS bigint) AS "codec!", state FROM sealed_panes
WHERE monitor = $1 AND pane_start >= $2 AND pane_start < $3 ORDER BY pane_start, segment
