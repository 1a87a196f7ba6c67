-- What analysts read. Tables may change under these views; their columns only grow.
-- Instants are RFC 3339 text in UTC with as many fractional digits as they need (none, 3 or 6), so they sort as text
-- within one precision; an instant outside the calendar's years is its number of microseconds.

-- One row a statistic of a feature of a window.
CREATE VIEW drift_history AS
SELECT
    w.monitor,
    w.segment,
    w.window_name,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (w.window_start - (((w.window_start % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((w.window_start % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((w.window_start % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((w.window_start % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((w.window_start % 1000000) + 1000000) % 1000000)) END,
        w.window_start || ' µs') AS window_start,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (w.window_end - (((w.window_end % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((w.window_end % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((w.window_end % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((w.window_end % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((w.window_end % 1000000) + 1000000) % 1000000)) END,
        w.window_end || ' µs') AS window_end,
    d.feature,
    d.statistic,
    d.value,
    d.certified_error,
    d.n,
    d.m,
    d.p_value,
    d.q_value,
    d.warn,
    d.critical,
    d.outcome,
    w.baseline,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (w.sealed_at - (((w.sealed_at % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((w.sealed_at % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((w.sealed_at % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((w.sealed_at % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((w.sealed_at % 1000000) + 1000000) % 1000000)) END,
        w.sealed_at || ' µs') AS sealed_at
FROM windows AS w
JOIN feature_drift AS d ON d.window_id = w.id;

-- One row an incident; `features` is a JSON array of names, worst first.
CREATE VIEW incident_history AS
SELECT
    i.id AS incident_id,
    i.monitor,
    i.segment,
    i.kind,
    i.severity,
    i.state,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (i.opened_at - (((i.opened_at % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((i.opened_at % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((i.opened_at % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((i.opened_at % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((i.opened_at % 1000000) + 1000000) % 1000000)) END,
        i.opened_at || ' µs') AS opened_at,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (i.acknowledged_at - (((i.acknowledged_at % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((i.acknowledged_at % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((i.acknowledged_at % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((i.acknowledged_at % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((i.acknowledged_at % 1000000) + 1000000) % 1000000)) END,
        i.acknowledged_at || ' µs') AS acknowledged_at,
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', (i.resolved_at - (((i.resolved_at % 1000000) + 1000000) % 1000000)) / 1000000, 'unixepoch')
        || CASE WHEN (((i.resolved_at % 1000000) + 1000000) % 1000000) = 0 THEN 'Z'
                WHEN (((i.resolved_at % 1000000) + 1000000) % 1000000) % 1000 = 0 THEN printf('.%03dZ', (((i.resolved_at % 1000000) + 1000000) % 1000000) / 1000)
                ELSE printf('.%06dZ', (((i.resolved_at % 1000000) + 1000000) % 1000000)) END,
        i.resolved_at || ' µs') AS resolved_at,
    i.features,
    i.windows
FROM incidents AS i;

-- One row a feature of a baseline.
CREATE VIEW feature_profile AS
SELECT
    b.name || '@v' || b.version AS baseline,
    json_extract(f.value, '$.name') AS feature,
    json_extract(f.value, '$.role') AS role,
    (SELECT a.key FROM json_each(f.value, '$.aggregate') AS a LIMIT 1) AS kind,
    b.rows,
    (SELECT json_extract(a.value, '$.missing') FROM json_each(f.value, '$.aggregate') AS a LIMIT 1) AS missing
FROM baselines AS b, json_each(b.profile, '$.features') AS f;
