-- What people were told.

-- Runs of bad windows. `body` is the whole incident; the columns beside it are what queries need of it.
CREATE TABLE incidents (
    id              TEXT    NOT NULL PRIMARY KEY,
    monitor         TEXT    NOT NULL,
    segment         TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    severity        TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    first_seen      INTEGER NOT NULL,
    opened_at       INTEGER,
    acknowledged_at INTEGER,
    resolved_at     INTEGER,
    features        TEXT    NOT NULL,   -- JSON array of names, worst first
    windows         INTEGER NOT NULL,
    body            TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;
-- At most one unresolved incident an identity.
CREATE UNIQUE INDEX incidents_unresolved ON incidents (monitor, segment, kind) WHERE state <> 'resolved';
CREATE INDEX incidents_by_age ON incidents (first_seen, id);

-- Every change in an incident's life with its reason; rows are only ever inserted. A pending incident that went away
-- takes its rows along, because nobody was told of it.
CREATE TABLE incident_events (
    id          INTEGER PRIMARY KEY,
    incident_id TEXT    NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    transition  TEXT    NOT NULL,
    silenced    INTEGER NOT NULL,       -- 1: a silence kept people from hearing of it
    body        TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX incident_events_by_incident ON incident_events (incident_id, id);

-- Temporary mutes. Whether one is active follows from its times and is never stored.
CREATE TABLE silences (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    matchers  TEXT    NOT NULL CHECK (json_valid(matchers)),
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    author    TEXT    NOT NULL,
    comment   TEXT    NOT NULL
) STRICT;

-- Messages decided, written in the transaction that decided them; one row a receiver.
CREATE TABLE notification_outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL,       -- idempotency key: the same decision has the same key after any replay
    receiver    TEXT    NOT NULL,
    incident_id TEXT    NOT NULL,
    body        TEXT    NOT NULL CHECK (json_valid(body)),
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,       -- not tried before
    lease_owner TEXT,
    lease_until INTEGER,
    UNIQUE (key, receiver)
) STRICT;
CREATE INDEX notification_outbox_pending ON notification_outbox (id) WHERE state = 'pending';

-- Every try to deliver, and what became of it.
CREATE TABLE deliveries (
    outbox_id INTEGER NOT NULL REFERENCES notification_outbox (id) ON DELETE CASCADE,
    attempt   INTEGER NOT NULL,         -- from 1
    at        INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    outcome   TEXT    NOT NULL CHECK (outcome IN ('delivered', 'retry', 'dead')),
    retry_at  INTEGER,
    error     TEXT,
    PRIMARY KEY (outbox_id, attempt)
) STRICT, WITHOUT ROWID;
