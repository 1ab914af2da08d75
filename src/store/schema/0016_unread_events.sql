-- Events that reach no job, since the platform could not be asked about them: until somebody was told.
CREATE TABLE unread_event (
    id       INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    job      TEXT NOT NULL,
    -- How many people; 0 where nobody knows.
    people   INTEGER NOT NULL,
    why      TEXT NOT NULL
);
