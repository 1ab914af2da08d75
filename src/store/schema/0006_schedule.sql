-- What the scheduler knows of a job between two processes.
CREATE TABLE job (
    name       TEXT PRIMARY KEY,
    -- Its expressions and zone: moments of another timetable count from when it is first seen.
    timetable  TEXT NOT NULL,
    -- Every moment up to here has a row in `tick`.
    decided_to INTEGER NOT NULL,
    -- In a row.
    failures   INTEGER NOT NULL,
    last_done  INTEGER,
    -- A run that has not come to its end and that no open tick goes on with.
    unfinished TEXT
);

-- Written by people and by the scheduler, apart from what only the scheduler writes.
CREATE TABLE job_pause (
    job    TEXT PRIMARY KEY,
    until  INTEGER,
    reason TEXT NOT NULL,
    who    TEXT NOT NULL,
    at     INTEGER NOT NULL
);

-- Every due moment of every job, and what became of it.
CREATE TABLE tick (
    id           INTEGER PRIMARY KEY,
    job          TEXT NOT NULL,
    scheduled_at INTEGER NOT NULL,
    -- With the job's jitter; of a retry, when it is tried again.
    due_at       INTEGER NOT NULL,
    cause        TEXT NOT NULL CHECK (cause IN ('schedule', 'backfill')),
    made_up      INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'partial', 'failed', 'timed_out', 'killed',
                                                'held', 'in_doubt', 'interrupted', 'elsewhere', 'skipped', 'missed')),
    why          TEXT,
    -- How many older moments share this row, after a very long absence.
    folded       INTEGER NOT NULL,
    run          TEXT,
    tries        INTEGER NOT NULL,
    decided_at   INTEGER NOT NULL,
    begun_at     INTEGER,
    ended_at     INTEGER
);
-- A moment has one row, whoever decides it, and whenever.
CREATE UNIQUE INDEX tick_once ON tick (job, scheduled_at);
CREATE INDEX tick_open ON tick (state) WHERE state IN ('waiting', 'running');
CREATE INDEX tick_by_time ON tick (scheduled_at);
