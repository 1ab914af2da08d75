-- Times are milliseconds since the epoch, JSON is text. What must never be twice is a UNIQUE index.

-- What stands behind a connection: a community on a platform, or one sandbox world.
CREATE TABLE account (
    id         TEXT PRIMARY KEY,
    platform   TEXT NOT NULL,
    origin     TEXT NOT NULL,
    label      TEXT NOT NULL,
    first_seen INTEGER NOT NULL
);

-- By what an account is known again: the names of its connections, and fingerprints of its keys (never the keys).
CREATE TABLE account_sign (
    account  TEXT NOT NULL REFERENCES account (id),
    platform TEXT NOT NULL,
    origin   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('name', 'key')),
    sign     TEXT NOT NULL,
    PRIMARY KEY (platform, origin, kind, sign)
);

CREATE TABLE run (
    id         TEXT PRIMARY KEY,
    script     TEXT NOT NULL,
    source     TEXT NOT NULL,
    args       TEXT NOT NULL,
    connection TEXT,
    sandbox    INTEGER NOT NULL,
    settings   TEXT,
    started_at INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    attempt_at INTEGER NOT NULL,
    ended_at   INTEGER,
    state      TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'held', 'interrupted')),
    exit_code  INTEGER,
    summary    TEXT
);
CREATE INDEX run_by_time ON run (started_at);
CREATE INDEX run_unfinished ON run (state) WHERE state IN ('running', 'held', 'interrupted');

CREATE TABLE run_log (
    seq     INTEGER PRIMARY KEY,
    run     TEXT NOT NULL REFERENCES run (id),
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    level   TEXT NOT NULL,
    text    TEXT NOT NULL
);
CREATE INDEX run_log_by_run ON run_log (run, seq);

-- One request that may change something.
CREATE TABLE call (
    id         INTEGER PRIMARY KEY,
    run        TEXT NOT NULL REFERENCES run (id),
    attempt    INTEGER NOT NULL,
    account    TEXT NOT NULL,
    op         TEXT NOT NULL,
    connection TEXT NOT NULL,
    sentence   TEXT NOT NULL,
    request    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    begun_at   INTEGER NOT NULL,
    state      TEXT NOT NULL,
    job        TEXT,
    settled_at INTEGER,
    status     INTEGER,
    error      TEXT
);
CREATE INDEX call_by_run ON call (run);

-- What that request does to one subject: the smallest thing that can be done or not done.
CREATE TABLE effect (
    id            INTEGER PRIMARY KEY,
    call          INTEGER NOT NULL REFERENCES call (id),
    run           TEXT NOT NULL REFERENCES run (id),
    attempt       INTEGER NOT NULL,
    account       TEXT NOT NULL,
    op            TEXT NOT NULL,
    consequence   TEXT NOT NULL,
    mails         TEXT NOT NULL CHECK (mails IN ('no', 'yes', 'unknown')),
    kind          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    -- The group it is about; '' where there is none, so that UNIQUE holds for it too.
    target        TEXT NOT NULL,
    address       TEXT,
    campaign      TEXT NOT NULL,
    digest        TEXT NOT NULL,
    -- The how-manyth write to this subject in this run, from 1.
    ordinal       INTEGER NOT NULL,
    before        TEXT NOT NULL,
    wanted        TEXT NOT NULL,
    share         TEXT,
    state         TEXT NOT NULL
        CHECK (state IN ('planned', 'open', 'accepted', 'done', 'failed', 'doubt', 'applied', 'not_applied')),
    begun_at      INTEGER NOT NULL,
    settled_at    INTEGER,
    settled_by    TEXT,
    error         TEXT,
    -- The attempt that asked for something else instead.
    superseded_in INTEGER
);
CREATE INDEX effect_by_call ON effect (call);
CREATE INDEX effect_by_run ON effect (run, kind, subject, target);
CREATE INDEX effect_of_run ON effect (run);
CREATE INDEX effect_campaign ON effect (account, campaign, begun_at) WHERE mails = 'yes';
CREATE INDEX effect_pending ON effect (account, kind, subject) WHERE state IN ('open', 'accepted', 'doubt');
CREATE INDEX effect_pending_address ON effect (account, address)
    WHERE state IN ('open', 'accepted', 'doubt') AND address IS NOT NULL;
CREATE INDEX effect_removals ON effect (account, target, begun_at) WHERE consequence = 'removes';

-- The mail memory. Two processes cannot both begin the same mail, whether they name the person by id or by address.
CREATE UNIQUE INDEX mail_once ON effect (account, kind, subject, target, campaign)
    WHERE mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied');
CREATE UNIQUE INDEX mail_once_by_address ON effect (account, address, target, campaign)
    WHERE mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied') AND address IS NOT NULL;

-- What was made, by its natural key, until it is known to be gone.
CREATE TABLE object (
    account TEXT NOT NULL,
    op      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    target  TEXT NOT NULL,
    id      TEXT,
    share   TEXT,
    run     TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, op, kind, subject, target)
);
CREATE INDEX object_by_id ON object (account, kind, id);

-- How far something was read: incremental exports.
CREATE TABLE cursor (
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, name)
);

-- The sandbox: what its world grew from, and what was done to it since.
CREATE TABLE world (
    id         TEXT PRIMARY KEY,
    seed       TEXT NOT NULL,
    started_ms INTEGER NOT NULL
);
CREATE TABLE world_request (
    seq      INTEGER PRIMARY KEY,
    world    TEXT NOT NULL REFERENCES world (id),
    at_ms    INTEGER NOT NULL,
    platform TEXT NOT NULL,
    method   TEXT NOT NULL,
    target   TEXT NOT NULL,
    body     BLOB NOT NULL
);
CREATE INDEX world_request_by_world ON world_request (world, seq);

-- What a person allowed a held run to do.
CREATE TABLE approval (
    id     INTEGER PRIMARY KEY,
    run    TEXT NOT NULL REFERENCES run (id),
    what   TEXT NOT NULL,
    number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    who    TEXT NOT NULL,
    at     INTEGER NOT NULL
);
CREATE INDEX approval_by_run ON approval (run);
