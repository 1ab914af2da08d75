-- The rows of moments whose runs may be gone on with later: their end is written down where that happens.
CREATE INDEX tick_unfinished ON tick (run) WHERE state IN ('failed', 'timed_out', 'killed', 'held', 'in_doubt', 'interrupted');
