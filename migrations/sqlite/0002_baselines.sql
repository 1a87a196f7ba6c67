-- What traffic is judged against.

-- One row a version of a baseline; a version never changes.
CREATE TABLE baselines (
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    content_hash TEXT    NOT NULL,  -- SHA-256 over layouts and counts; checked on every read
    created_at   INTEGER NOT NULL,
    source       TEXT    NOT NULL,  -- where the data came from, for people
    rows         INTEGER NOT NULL,
    features     INTEGER NOT NULL,  -- number of monitored features
    profile      TEXT    NOT NULL CHECK (json_valid(profile)),
    PRIMARY KEY (name, version)
) STRICT;

-- From the pane that starts at `since_pane` on, `monitor` is judged against this version.
CREATE TABLE active_baselines (
    monitor    TEXT    NOT NULL,
    since_pane INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (monitor, since_pane),
    FOREIGN KEY (name, version) REFERENCES baselines (name, version)
) STRICT, WITHOUT ROWID;
