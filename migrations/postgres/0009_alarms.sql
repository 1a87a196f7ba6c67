-- What makes an alarm one that people believe: what is remembered from window to window, and what a verdict rests on.

-- Discounted counts of the windows of one shape, by feature and segment. A seal adds its window to them in its own
-- transaction, so every window is added once.
CREATE TABLE memory (
    monitor     text COLLATE "C" NOT NULL,
    window_name text COLLATE "C" NOT NULL,
    segment     text COLLATE "C" NOT NULL,
    feature     text COLLATE "C" NOT NULL,
    shape_hash  text COLLATE "C" NOT NULL, -- of the plan and the window shape; counts of another one are never added
    through     bigint NOT NULL,           -- end of the last window that was added
    state       bytea  NOT NULL,           -- M, V and s of every bin: 16 + 8 bytes a bin, floats, little endian
    PRIMARY KEY (monitor, window_name, segment, feature)
) WITH (fillfactor = 50);                  -- every window updates all rows of its shape

-- Since when windows are judged under a budget of false alarms, and how many incidents the monitor has opened since.
ALTER TABLE windows ADD COLUMN budget text COLLATE "C"; -- null where there was no such thing
CREATE INDEX windows_by_budget ON windows (monitor, budget, window_end) WHERE segment = '' AND budget IS NOT NULL;
CREATE INDEX incidents_opened ON incidents (monitor, first_seen) WHERE opened_at IS NOT NULL;

ALTER TABLE feature_drift
    ADD COLUMN expected double precision,
    ADD COLUMN net double precision,
    ADD COLUMN phi double precision,
    ADD COLUMN healthy_windows bigint,
    ADD COLUMN level double precision,
    ADD COLUMN previous_value double precision,
    ADD COLUMN previous_p double precision,
    ADD COLUMN day_value double precision,
    ADD COLUMN day_p double precision,
    ADD COLUMN week_value double precision,
    ADD COLUMN week_p double precision;

CREATE OR REPLACE VIEW drift_history AS
SELECT
    w.monitor,
    w.segment,
    w.window_name,
    driftd_instant(w.window_start) AS window_start,
    driftd_instant(w.window_end) AS window_end,
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
    driftd_instant(w.sealed_at) AS sealed_at,
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
COMMENT ON COLUMN drift_history.expected IS 'What a healthy window of this size shows on average; NULL where unknown';
COMMENT ON COLUMN drift_history.net IS 'The effect beyond that; NULL where unknown';
COMMENT ON COLUMN drift_history.phi IS 'How many times as much as chance alone healthy windows differ; NULL where unknown';
COMMENT ON COLUMN drift_history.healthy_windows IS 'Windows of the baseline that phi was learnt from; NULL where unknown';
COMMENT ON COLUMN drift_history.level IS 'Largest q-value that counted as significant; NULL where unknown';
COMMENT ON COLUMN drift_history.previous_value IS 'Effect against the window before; NULL where unknown';
COMMENT ON COLUMN drift_history.previous_p IS 'Its p-value; NULL where unknown';
COMMENT ON COLUMN drift_history.day_value IS 'Effect against the window that ended a day earlier; NULL where unknown';
COMMENT ON COLUMN drift_history.day_p IS 'Its p-value; NULL where unknown';
COMMENT ON COLUMN drift_history.week_value IS 'Effect against the window that ended a week earlier; NULL where unknown';
COMMENT ON COLUMN drift_history.week_p IS 'Its p-value; NULL where unknown';

-- Categories are stored under another name where their dictionary has buckets.
CREATE OR REPLACE VIEW feature_profile AS
SELECT
    b.name || '@v' || b.version AS baseline,
    f.value ->> 'name' AS feature,
    f.value ->> 'role' AS role,
    CASE a.key WHEN 'named' THEN 'categorical' ELSE a.key END AS kind,
    b.rows,
    (a.value ->> 'missing')::bigint AS missing
FROM baselines AS b
CROSS JOIN LATERAL json_array_elements(b.profile -> 'features') AS f
CROSS JOIN LATERAL (SELECT e.key, e.value FROM json_each(f.value -> 'aggregate') AS e LIMIT 1) AS a;
