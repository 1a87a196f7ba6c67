SELECT id, CAST(matchers AS text) AS "matchers!", starts_at, ends_at, author, comment FROM silences
WHERE CAST($1 AS bigint) IS NULL OR ends_at > $1 ORDER BY id
