SELECT name, CAST(version AS bigint) AS "version!", content_hash, created_at, CAST(profile AS text) AS "profile!"
FROM baselines WHERE name = $1 ORDER BY baselines.version DESC LIMIT 1
