SELECT id AS "id!", CAST(body AS text) AS "body!" FROM incidents
WHERE monitor = $1 AND (state <> 'resolved' OR owes_end) ORDER BY id
