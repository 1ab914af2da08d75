-- What a script would do, until it is done or too old. A plan's name is the name of the one run that it can become.
CREATE TABLE plan (
    id         TEXT PRIMARY KEY,
    script     TEXT NOT NULL,
    connection TEXT NOT NULL,
    sandbox    INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    digest     TEXT NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX plan_by_time ON plan (made_at);

-- A plan is approved before its run is there, and the approval binds what the plan says.
CREATE TABLE approval_of (
    id     INTEGER PRIMARY KEY,
    run    TEXT NOT NULL,
    what   TEXT NOT NULL,
    number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    who    TEXT NOT NULL,
    at     INTEGER NOT NULL,
    digest TEXT
);
INSERT INTO approval_of (id, run, what, number, reason, who, at)
    SELECT id, run, what, number, reason, who, at FROM approval;
DROP TABLE approval;
ALTER TABLE approval_of RENAME TO approval;
CREATE INDEX approval_by_run ON approval (run);
