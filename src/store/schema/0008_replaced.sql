-- What was in doubt and was overtaken by what was sent later is a state of its own. SQLite changes no CHECK of a table that is
-- there: it is made anew.
CREATE TABLE effect_of (
    id            INTEGER PRIMARY KEY,
    call          INTEGER NOT NULL REFERENCES call (id),
    run           TEXT NOT NULL REFERENCES run (id),
    attempt       INTEGER NOT NULL,
    account       TEXT NOT NULL,
    op            TEXT NOT NULL,
    consequence   TEXT NOT NULL,
    mails         TEXT NOT NULL CHECK (mails IN ('no', 'yes', 'unknown')),
    kind          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    -- The group it is about; '' where there is none, so that UNIQUE holds for it too.
    target        TEXT NOT NULL,
    address       TEXT,
    campaign      TEXT NOT NULL,
    digest        TEXT NOT NULL,
    -- The how-manyth write to this subject in this run, from 1.
    ordinal       INTEGER NOT NULL,
    before        TEXT NOT NULL,
    wanted        TEXT NOT NULL,
    share         TEXT,
    state         TEXT NOT NULL
        CHECK (state IN ('planned', 'open', 'accepted', 'done', 'failed', 'doubt', 'applied', 'not_applied', 'replaced')),
    begun_at      INTEGER NOT NULL,
    settled_at    INTEGER,
    settled_by    TEXT,
    error         TEXT,
    -- The attempt that asked for something else instead.
    superseded_in INTEGER
);
INSERT INTO effect_of SELECT
    id, call, run, attempt, account, op, consequence, mails, kind, subject, target, address,
    campaign, digest, ordinal, before, wanted, share, state, begun_at, settled_at, settled_by, error, superseded_in
FROM effect;
DROP TABLE effect;
ALTER TABLE effect_of RENAME TO effect;
CREATE INDEX effect_by_call ON effect (call);
CREATE INDEX effect_by_run ON effect (run, kind, subject, target);
CREATE INDEX effect_of_run ON effect (run);
CREATE INDEX effect_campaign ON effect (account, campaign, begun_at) WHERE mails = 'yes';
CREATE INDEX effect_pending ON effect (account, kind, subject) WHERE state IN ('open', 'accepted', 'doubt');
CREATE INDEX effect_pending_address ON effect (account, address)
    WHERE state IN ('open', 'accepted', 'doubt') AND address IS NOT NULL;
CREATE INDEX effect_removals ON effect (account, target, begun_at) WHERE consequence = 'removes';

-- The mail memory. Two processes cannot both begin the same mail, whether they name the person by id or by address.
CREATE UNIQUE INDEX mail_once ON effect (account, kind, subject, target, campaign)
    WHERE mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied');
CREATE UNIQUE INDEX mail_once_by_address ON effect (account, address, target, campaign)
    WHERE mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied') AND address IS NOT NULL;
CREATE INDEX effect_rosters ON effect (account, op, target, id) WHERE kind = 'group';

-- Whole rosters that were called "not applied" although no read could show it: they are doubts, or were overtaken.
UPDATE effect SET state = 'doubt', settled_at = NULL
WHERE kind = 'group' AND state = 'not_applied' AND settled_by = 'look-up'
  AND json_type(before, '$.weighed_against') IS NOT NULL;
UPDATE effect SET state = 'replaced', settled_at = later.settled_at, settled_by = 'run ' || later.run
FROM (SELECT account, op, target, id, run, settled_at FROM effect
      WHERE kind = 'group' AND state IN ('done', 'applied') ORDER BY id DESC) AS later
WHERE effect.kind = 'group' AND effect.state = 'doubt' AND json_type(effect.before, '$.weighed_against') IS NOT NULL
  AND later.account = effect.account AND later.op = effect.op AND later.target = effect.target AND later.id > effect.id;

-- Ids of groups that take rosters whole were kept in small letters, though their case counts.
UPDATE effect SET subject = trim(json_extract(wanted, '$.group_id')), target = trim(json_extract(wanted, '$.group_id'))
WHERE kind = 'group' AND json_type(before, '$.weighed_against') IS NOT NULL AND json_type(wanted, '$.group_id') = 'text';
