-- One reason more: what a notification names is no id. A check of a table cannot be changed in its place.
CREATE TABLE notice_idle_new (
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    why      TEXT NOT NULL CHECK (why IN ('known', 'unknown', 'no_job', 'own', 'unread', 'no_id')),
    topic    TEXT NOT NULL,
    told_by  INTEGER NOT NULL DEFAULT 0,
    count    INTEGER NOT NULL,
    people   TEXT NOT NULL,
    PRIMARY KEY (delivery, why, topic, told_by)
) WITHOUT ROWID;

INSERT INTO notice_idle_new SELECT delivery, why, topic, told_by, count, people FROM notice_idle;
DROP TABLE notice_idle;
ALTER TABLE notice_idle_new RENAME TO notice_idle;
