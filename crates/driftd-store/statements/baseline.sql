SELECT name, CAST(version AS bigint) AS "version!", content_hash, created_at, CAST(profile AS text) AS "profile!"
FROM baselines WHERE name = $1 AND version = CAST($2 AS bigint)
