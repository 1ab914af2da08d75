-- What a run has asked of platforms: a row for each connection and operation, added to now and then while it works.
CREATE TABLE request (
    run        TEXT NOT NULL,
    connection TEXT NOT NULL,
    operation  TEXT NOT NULL,
    -- An object: how many by status, how long they took, what they waited for.
    figures    TEXT NOT NULL,
    PRIMARY KEY (run, connection, operation)
) WITHOUT ROWID;

-- The same of everybody who ever worked on this store, so that nobody has to add all runs up.
CREATE TABLE request_total (
    connection TEXT NOT NULL,
    operation  TEXT NOT NULL,
    figures    TEXT NOT NULL,
    PRIMARY KEY (connection, operation)
) WITHOUT ROWID;

-- How fast a connection may be asked, as whoever asked it last found it.
CREATE TABLE request_budget (
    connection TEXT PRIMARY KEY,
    -- Requests per second now, and what the settings allow; null is no limit.
    rate       REAL,
    ceiling    REAL,
    -- What the platform said is left of what it allows, and how much that is; null where it never said so.
    remaining  INTEGER,
    allowed    INTEGER,
    said_at    INTEGER,
    at         INTEGER NOT NULL
) WITHOUT ROWID;
