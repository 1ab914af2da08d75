-- Addresses that a platform sends to. What arrived stays when a hook is removed.
CREATE TABLE hook (
    name       TEXT PRIMARY KEY,
    connection TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    removed_at INTEGER
);

-- The secret part of a hook's address, as its SHA-256 alone. One that was replaced still holds until it ends.
CREATE TABLE hook_secret (
    digest  TEXT PRIMARY KEY,
    hook    TEXT NOT NULL REFERENCES hook (name),
    made_at INTEGER NOT NULL,
    ends_at INTEGER
);

-- What was sent, before it is answered. A delivery that comes again is the same row.
CREATE TABLE delivery (
    seq          INTEGER PRIMARY KEY,
    hook         TEXT NOT NULL REFERENCES hook (name),
    key          TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    body         BLOB NOT NULL,
    replay_of    INTEGER,
    repeats      INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done')),
    tries        INTEGER NOT NULL DEFAULT 0,
    first_try_at INTEGER,
    next_try_at  INTEGER NOT NULL,
    trouble      TEXT,
    done_at      INTEGER,
    partial      INTEGER NOT NULL DEFAULT 0,
    notices      INTEGER NOT NULL,
    unknown      INTEGER NOT NULL DEFAULT 0,
    known        INTEGER NOT NULL DEFAULT 0,
    gone         INTEGER NOT NULL DEFAULT 0,
    own          INTEGER NOT NULL DEFAULT 0,
    unread       INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX delivery_once ON delivery (hook, key);
CREATE INDEX delivery_waiting ON delivery (next_try_at, seq) WHERE state = 'waiting';
CREATE INDEX delivery_by_hook ON delivery (hook, seq);

-- Notifications that became events, so that none does twice.
CREATE TABLE notice (
    hook     TEXT NOT NULL,
    key      TEXT NOT NULL,
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    PRIMARY KEY (hook, key)
) WITHOUT ROWID;
CREATE INDEX notice_by_delivery ON notice (delivery);

-- Bodies that were no delivery: the beginning of each, and not too many of them.
CREATE TABLE hook_aside (
    seq  INTEGER PRIMARY KEY,
    hook TEXT NOT NULL REFERENCES hook (name),
    at   INTEGER NOT NULL,
    why  TEXT NOT NULL,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX hook_aside_by_hook ON hook_aside (hook, seq);

-- A run that a delivery asks for: one for each job, with its id from the beginning.
CREATE TABLE hook_trigger (
    run        TEXT PRIMARY KEY,
    job        TEXT NOT NULL,
    delivery   INTEGER NOT NULL REFERENCES delivery (seq),
    events     TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'started', 'done')),
    started_at INTEGER,
    ended_at   INTEGER,
    ended_how  TEXT
);
CREATE UNIQUE INDEX hook_trigger_once ON hook_trigger (delivery, job);
CREATE INDEX hook_trigger_open ON hook_trigger (delivery, run) WHERE state <> 'done';
