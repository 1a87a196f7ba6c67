INSERT INTO active_baselines (monitor, since_pane, name, version)
SELECT $1, $2, b.name, b.version FROM baselines AS b WHERE b.name = $3 AND b.version = CAST($4 AS bigint)
ON CONFLICT (monitor, since_pane) DO UPDATE SET name = excluded.name, version = excluded.version
