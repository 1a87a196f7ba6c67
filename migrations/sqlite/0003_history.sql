-- What was judged.

-- One row a window and segment. Ids are given in order of sealing.
CREATE TABLE windows (
    id            INTEGER PRIMARY KEY,
    monitor       TEXT    NOT NULL,
    segment       TEXT    NOT NULL,
    window_name   TEXT    NOT NULL,
    window_start  INTEGER NOT NULL,
    window_end    INTEGER NOT NULL,
    rows          INTEGER NOT NULL,
    coverage      REAL    NOT NULL, -- share of the window's panes that hold records
    outcome       TEXT    NOT NULL, -- worst outcome of its features
    baseline      TEXT    NOT NULL, -- name@vN
    baseline_hash TEXT    NOT NULL,
    sealed_at     INTEGER NOT NULL,
    UNIQUE (monitor, window_end, segment, window_name)
) STRICT;

-- One row a statistic of a feature of a window.
CREATE TABLE feature_drift (
    window_id       INTEGER NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
    feature         TEXT    NOT NULL,
    statistic       TEXT    NOT NULL,
    value           REAL,           -- NULL when it could not be computed; `reason` says why
    effect          REAL,           -- the number held against the thresholds
    certified_error REAL,
    n               INTEGER NOT NULL,
    m               INTEGER NOT NULL,
    p_value         REAL,
    q_value         REAL,
    warn            REAL,
    critical        REAL,
    outcome         TEXT,           -- NULL when the statistic is only shown
    reason          TEXT,
    PRIMARY KEY (window_id, feature, statistic)
) STRICT, WITHOUT ROWID;
