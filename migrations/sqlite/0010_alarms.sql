-- What makes an alarm one that people believe: what is remembered from window to window, and what a verdict rests on.

-- Discounted counts of the windows of one shape, by feature and segment. A seal adds its window to them in its own
-- transaction, so every window is added once.
CREATE TABLE memory (
    monitor     TEXT    NOT NULL,
    window_name TEXT    NOT NULL,
    segment     TEXT    NOT NULL,
    feature     TEXT    NOT NULL,
    shape_hash  TEXT    NOT NULL,       -- of the plan and the window shape; counts of another one are never added
    through     INTEGER NOT NULL,       -- end of the last window that was added
    state       BLOB    NOT NULL,       -- M, V and s of every bin: 16 + 8 bytes a bin, floats, little endian
    PRIMARY KEY (monitor, window_name, segment, feature)
) STRICT, WITHOUT ROWID;

-- Since when windows are judged under a budget of false alarms, and how many incidents the monitor has opened since.
ALTER TABLE windows ADD COLUMN budget TEXT; -- null where there was no such thing
CREATE INDEX windows_by_budget ON windows (monitor, budget, window_end) WHERE segment = '' AND budget IS NOT NULL;
CREATE INDEX incidents_opened ON incidents (monitor, first_seen) WHERE opened_at IS NOT NULL;

-- Null where unknown.
ALTER TABLE feature_drift ADD COLUMN expected REAL; -- what a healthy window of this size shows on average
ALTER TABLE feature_drift ADD COLUMN net REAL; -- the effect beyond that
ALTER TABLE feature_drift ADD COLUMN phi REAL; -- how many times as much as chance alone healthy windows differ
ALTER TABLE feature_drift ADD COLUMN healthy_windows INTEGER; -- windows of the baseline that phi was learnt from
ALTER TABLE feature_drift ADD COLUMN level REAL; -- largest q-value that counted as significant
ALTER TABLE feature_drift ADD COLUMN previous_value REAL; -- effect against the window before
ALTER TABLE feature_drift ADD COLUMN previous_p REAL; -- its p-value
ALTER TABLE feature_drift ADD COLUMN day_value REAL; -- effect against the window that ended a day earlier
ALTER TABLE feature_drift ADD COLUMN day_p REAL; -- its p-value
ALTER TABLE feature_drift ADD COLUMN week_value REAL; -- effect against the window that ended a week earlier
ALTER TABLE feature_drift ADD COLUMN week_p REAL; -- its p-value

DROP VIEW drift_history;
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
        w.sealed_at || ' µs') AS sealed_at,
    d.expected,
    d.net,
    d.phi,
    d.healthy_windows,
    d.level,
    d.previous_value,
    d.previous_p,
    d.day_value,
    d.day_p,
    d.week_value,
    d.week_p
FROM windows AS w
JOIN feature_drift AS d ON d.window_id = w.id;

-- One row a feature of a baseline. Categories are stored under another name where their dictionary has buckets.
DROP VIEW feature_profile;
CREATE VIEW feature_profile AS
SELECT
    b.name || '@v' || b.version AS baseline,
    json_extract(f.value, '$.name') AS feature,
    json_extract(f.value, '$.role') AS role,
    (SELECT CASE a.key WHEN 'named' THEN 'categorical' ELSE a.key END
     FROM json_each(f.value, '$.aggregate') AS a LIMIT 1) AS kind,
    b.rows,
    (SELECT json_extract(a.value, '$.missing') FROM json_each(f.value, '$.aggregate') AS a LIMIT 1) AS missing
FROM baselines AS b, json_each(b.profile, '$.features') AS f;
