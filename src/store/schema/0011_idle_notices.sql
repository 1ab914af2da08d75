-- Notifications that asked for no run: one row for each reason within a delivery, with the first of those it is about.
CREATE TABLE notice_idle (
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    why      TEXT NOT NULL CHECK (why IN ('known', 'unknown', 'no_job', 'own', 'unread')),
    topic    TEXT NOT NULL,
    told_by  INTEGER NOT NULL DEFAULT 0,
    count    INTEGER NOT NULL,
    people   TEXT NOT NULL,
    PRIMARY KEY (delivery, why, topic, told_by)
) WITHOUT ROWID;
