SELECT segment, window_name, window_start, window_end, rows, coverage, outcome, baseline, sealed_at FROM windows
WHERE monitor = $1 AND (CAST($2 AS text) IS NULL OR segment = $2) AND (CAST($3 AS text) IS NULL OR window_name = $3)
  AND window_end > $4 AND window_end <= $5 AND (window_end, segment, window_name) > ($6, $7, $8)
ORDER BY window_end, segment, window_name LIMIT $9
