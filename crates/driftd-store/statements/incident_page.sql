SELECT id, monitor, segment, kind, severity, state, opened_at, acknowledged_at, resolved_at,
       CAST(features AS text) AS "features!", windows, first_seen
FROM incidents
WHERE (CAST($1 AS text) IS NULL OR monitor = $1) AND (CAST($2 AS text) IS NULL OR state = $2)
  AND first_seen >= $3 AND first_seen < $4 AND (first_seen, id) < ($5, $6)
ORDER BY first_seen DESC, id DESC LIMIT $7
