-- What a run is to its job: a run that somebody started without one has none of it.
ALTER TABLE run ADD COLUMN job TEXT;
ALTER TABLE run ADD COLUMN cause TEXT;
ALTER TABLE run ADD COLUMN scheduled_at INTEGER;
CREATE INDEX run_by_job ON run (job, started_at) WHERE job IS NOT NULL;

-- The events that a run was started for, a list: a resumed run is given the same. They are there before the run is.
CREATE TABLE run_events (
    run    TEXT PRIMARY KEY,
    events TEXT NOT NULL
);
