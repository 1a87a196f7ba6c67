-- What traffic is judged against.

-- One row a version of a baseline; a version never changes.
CREATE TABLE baselines (
    name         text COLLATE "C" NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    content_hash text COLLATE "C" NOT NULL, -- SHA-256 over layouts and counts; checked on every read
    created_at   bigint  NOT NULL,
    source       text    NOT NULL,      -- where the data came from, for people
    rows         bigint  NOT NULL,
    features     bigint  NOT NULL,      -- number of monitored features
    profile      json    NOT NULL,      -- json keeps the text as it was, -0.0 and U+0000 included; jsonb does not
    PRIMARY KEY (name, version)
);

-- From the pane that starts at `since_pane` on, `monitor` is judged against this version.
CREATE TABLE active_baselines (
    monitor    text COLLATE "C" NOT NULL,
    since_pane bigint  NOT NULL,
    name       text COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (monitor, since_pane),
    FOREIGN KEY (name, version) REFERENCES baselines (name, version)
);
