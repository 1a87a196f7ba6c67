SELECT id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at,
       CAST(features AS text) AS "features!", windows, first_seen
FROM incidents WHERE CAST($1 AS text) IS NULL OR monitor = $1 ORDER BY first_seen, id
