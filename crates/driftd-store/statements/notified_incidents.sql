SELECT n.id AS "id!", n.body AS "body!" FROM (
    SELECT id, first_seen, CAST(body AS text) AS body FROM incidents
    WHERE (state <> 'resolved' OR owes_end) AND state IN ('open', 'acknowledged')
    UNION ALL
    SELECT id, first_seen, CAST(body AS text) FROM incidents WHERE state = 'resolved' AND resolved_at > $1
) AS n ORDER BY n.first_seen, n.id
