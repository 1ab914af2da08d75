-- How large the log of each run is, kept by the database itself, so that whoever asks need not read the logs.
CREATE TABLE log_size (
    run   TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    -- Of its newest line, milliseconds since the epoch.
    at    INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO log_size (run, bytes, at)
SELECT run, SUM(octet_length(text) + 64), MAX(at) FROM run_log GROUP BY run;

-- 64: what a line takes besides its text.
CREATE TRIGGER run_log_added AFTER INSERT ON run_log BEGIN
    INSERT INTO log_size (run, bytes, at) VALUES (NEW.run, octet_length(NEW.text) + 64, NEW.at)
    ON CONFLICT (run) DO UPDATE SET bytes = bytes + excluded.bytes, at = MAX(at, excluded.at);
END;

CREATE TRIGGER run_log_gone AFTER DELETE ON run_log BEGIN
    UPDATE log_size SET bytes = bytes - octet_length(OLD.text) - 64 WHERE run = OLD.run;
END;
