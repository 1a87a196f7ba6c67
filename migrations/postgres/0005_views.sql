-- What analysts read. Tables may change under these views; their columns only grow.

-- The instant of a number of microseconds, exactly; one before Postgres's calendar is -infinity.
CREATE FUNCTION driftd_instant(micros bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN micros < -210866803200000000 THEN '-infinity'::timestamptz
    ELSE (timestamp '1970-01-01'
          + make_interval(days => (micros / 86400000000)::integer, secs => (micros % 86400000000) / 1000000.0::double precision))
         AT TIME ZONE 'UTC'
END;

-- So that a range of instants is found without reading every window.
CREATE INDEX windows_by_end ON windows (driftd_instant(window_end));

CREATE VIEW drift_history AS
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
    driftd_instant(w.sealed_at) AS sealed_at
FROM windows AS w
JOIN feature_drift AS d ON d.window_id = w.id;
COMMENT ON VIEW drift_history IS 'One row for every statistic of every feature of every judged window';
COMMENT ON COLUMN drift_history.monitor IS 'Monitor';
COMMENT ON COLUMN drift_history.segment IS 'Segment, such as carrier=UA; empty for the whole population, (other) for the overflow';
COMMENT ON COLUMN drift_history.window_name IS 'Shape of the window';
COMMENT ON COLUMN drift_history.window_start IS 'First instant of the window, event time';
COMMENT ON COLUMN drift_history.window_end IS 'First instant after the window, event time';
COMMENT ON COLUMN drift_history.feature IS 'Monitored column';
COMMENT ON COLUMN drift_history.statistic IS 'Drift statistic';
COMMENT ON COLUMN drift_history.value IS 'Its value; NULL when it could not be computed';
COMMENT ON COLUMN drift_history.certified_error IS 'How far above the value the exact one can lie';
COMMENT ON COLUMN drift_history.n IS 'Usable values of the baseline';
COMMENT ON COLUMN drift_history.m IS 'Usable values of the window';
COMMENT ON COLUMN drift_history.p_value IS 'p-value';
COMMENT ON COLUMN drift_history.q_value IS 'p-value after Benjamini-Hochberg';
COMMENT ON COLUMN drift_history.warn IS 'Warn threshold; NULL for a statistic that is only shown';
COMMENT ON COLUMN drift_history.critical IS 'Critical threshold; NULL for a statistic that is only shown';
COMMENT ON COLUMN drift_history.outcome IS 'Verdict of the statistic; NULL for one that is only shown';
COMMENT ON COLUMN drift_history.baseline IS 'Baseline judged against, name@vN';
COMMENT ON COLUMN drift_history.sealed_at IS 'When it was judged, wall time';

CREATE VIEW incident_history AS
SELECT
    i.id AS incident_id,
    i.monitor,
    i.segment,
    i.kind,
    i.severity,
    i.state,
    driftd_instant(i.opened_at) AS opened_at,
    driftd_instant(i.acknowledged_at) AS acknowledged_at,
    driftd_instant(i.resolved_at) AS resolved_at,
    i.features,
    i.windows
FROM incidents AS i;
COMMENT ON VIEW incident_history IS 'One row an incident';
COMMENT ON COLUMN incident_history.incident_id IS 'Incident';
COMMENT ON COLUMN incident_history.monitor IS 'Monitor';
COMMENT ON COLUMN incident_history.segment IS 'Segment; empty for the whole population';
COMMENT ON COLUMN incident_history.kind IS 'drift, data_quality or no_data';
COMMENT ON COLUMN incident_history.severity IS 'Worst severity';
COMMENT ON COLUMN incident_history.state IS 'pending, open, acknowledged or resolved';
COMMENT ON COLUMN incident_history.opened_at IS 'When it opened, wall time';
COMMENT ON COLUMN incident_history.acknowledged_at IS 'When somebody took it on, wall time';
COMMENT ON COLUMN incident_history.resolved_at IS 'When it was over, wall time';
COMMENT ON COLUMN incident_history.features IS 'Names of its features, worst first';
COMMENT ON COLUMN incident_history.windows IS 'Number of bad windows';

CREATE VIEW feature_profile AS
SELECT
    b.name || '@v' || b.version AS baseline,
    f.value ->> 'name' AS feature,
    f.value ->> 'role' AS role,
    a.key AS kind,
    b.rows,
    (a.value ->> 'missing')::bigint AS missing
FROM baselines AS b
CROSS JOIN LATERAL json_array_elements(b.profile -> 'features') AS f
CROSS JOIN LATERAL (SELECT e.key, e.value FROM json_each(f.value -> 'aggregate') AS e LIMIT 1) AS a;
COMMENT ON VIEW feature_profile IS 'One row a feature of a baseline';
COMMENT ON COLUMN feature_profile.baseline IS 'Baseline, name@vN';
COMMENT ON COLUMN feature_profile.feature IS 'Monitored column';
COMMENT ON COLUMN feature_profile.role IS 'feature, prediction or label';
COMMENT ON COLUMN feature_profile.kind IS 'numeric, categorical or presence';
COMMENT ON COLUMN feature_profile.rows IS 'Records of the baseline';
COMMENT ON COLUMN feature_profile.missing IS 'Records without a value';
