SELECT since_pane, name, CAST(version AS bigint) AS "version!" FROM active_baselines
WHERE monitor = $1 ORDER BY since_pane
