SELECT name, CAST(version AS bigint) AS "version!", content_hash, created_at, source, rows, features
FROM baselines ORDER BY name, baselines.version
