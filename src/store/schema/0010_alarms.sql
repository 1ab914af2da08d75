-- What somebody was told of a job, so that the same is told once.
CREATE TABLE alarm (
    job      TEXT PRIMARY KEY,
    state    TEXT NOT NULL CHECK (state IN ('fine', 'failing', 'paused', 'held', 'in_doubt', 'missed')),
    -- The run that was held: another one is told of again.
    run      TEXT,
    -- Moments in a row that gave way to a run or to a later moment.
    gave_way INTEGER NOT NULL,
    at       INTEGER NOT NULL
);

-- Messages that have not arrived yet. To whom is read from the job's file when they are sent: no address gets here.
CREATE TABLE alarm_outbox (
    id      INTEGER PRIMARY KEY,
    job     TEXT NOT NULL,
    way     TEXT NOT NULL CHECK (way IN ('webhook', 'command', 'mail')),
    message TEXT NOT NULL,
    made_at INTEGER NOT NULL
);
