-- Rosters that were handed over whole are effects on a group; what a group's last one was is asked before each new one.
CREATE INDEX effect_rosters ON effect (account, op, target, id) WHERE kind = 'group';
