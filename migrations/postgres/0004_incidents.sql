-- What people were told.

-- Runs of bad windows. `body` is the whole incident; the columns beside it are what queries need of it. It is json and
-- not jsonb because it may name categories that were never seen before, which are any text, U+0000 included.
CREATE TABLE incidents (
    id              text COLLATE "C" PRIMARY KEY,
    monitor         text COLLATE "C" NOT NULL,
    segment         text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    severity        text COLLATE "C" NOT NULL,
    state           text COLLATE "C" NOT NULL,
    first_seen      bigint NOT NULL,
    opened_at       bigint,
    acknowledged_at bigint,
    resolved_at     bigint,
    features        json   NOT NULL,    -- array of names, worst first
    windows         bigint NOT NULL,
    body            json   NOT NULL
);
-- At most one unresolved incident an identity.
CREATE UNIQUE INDEX incidents_unresolved ON incidents (monitor, segment, kind) WHERE state <> 'resolved';
CREATE INDEX incidents_by_age ON incidents (first_seen, id);

-- Every change in an incident's life with its reason; rows are only ever inserted. A pending incident that went away
-- takes its rows along, because nobody was told of it.
CREATE TABLE incident_events (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    incident_id text COLLATE "C" NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    at          bigint  NOT NULL,
    transition  text COLLATE "C" NOT NULL,
    silenced    boolean NOT NULL,       -- a silence kept people from hearing of it
    body        json    NOT NULL
);
CREATE INDEX incident_events_by_incident ON incident_events (incident_id, id);

-- Temporary mutes. Whether one is active follows from its times and is never stored.
CREATE TABLE silences (
    id        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    matchers  json   NOT NULL,
    starts_at bigint NOT NULL,
    ends_at   bigint NOT NULL,
    author    text   NOT NULL,
    comment   text   NOT NULL
);

-- Messages decided, written in the transaction that decided them; one row a receiver.
CREATE TABLE notification_outbox (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    key         text COLLATE "C" NOT NULL, -- idempotency key: the same decision has the same key after any replay
    receiver    text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    body        json    NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts    integer NOT NULL,
    created_at  bigint  NOT NULL,
    due_at      bigint  NOT NULL,       -- not tried before
    lease_owner text,
    lease_until bigint,
    UNIQUE (key, receiver)
);
CREATE INDEX notification_outbox_pending ON notification_outbox (id) WHERE state = 'pending';
CREATE INDEX notification_outbox_settled ON notification_outbox (created_at) WHERE state <> 'pending';

-- Every try to deliver, and what became of it.
CREATE TABLE deliveries (
    outbox_id bigint  NOT NULL REFERENCES notification_outbox (id) ON DELETE CASCADE,
    attempt   integer NOT NULL,         -- from 1
    at        bigint  NOT NULL,
    owner     text    NOT NULL,
    outcome   text COLLATE "C" NOT NULL CHECK (outcome IN ('delivered', 'retry', 'dead')),
    retry_at  bigint,
    error     text,
    PRIMARY KEY (outbox_id, attempt)
);
