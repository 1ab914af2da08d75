-- Who is who on two accounts after people have moved: what a source's id is called on the target.
CREATE TABLE identity (
    source    TEXT NOT NULL,
    target    TEXT NOT NULL,
    kind      TEXT NOT NULL,
    source_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    made_by   TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (source, target, kind, source_id)
);
