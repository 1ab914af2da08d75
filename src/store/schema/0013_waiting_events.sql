-- A run that an event asked for waits, too: for its next try, for its job to be let run again, for an older run.
ALTER TABLE hook_trigger ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- When it is tried again; without it, it is at work, or may begin at any time.
ALTER TABLE hook_trigger ADD COLUMN due_at INTEGER;
ALTER TABLE hook_trigger ADD COLUMN why TEXT;
