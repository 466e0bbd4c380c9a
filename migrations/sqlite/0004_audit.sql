-- What was done with a power that others do not have. Lines are only added.
CREATE TABLE audit (
    number     INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    employee   TEXT NOT NULL,
    name       TEXT NOT NULL,
    branch     TEXT NOT NULL,
    station    TEXT NOT NULL,
    action     TEXT NOT NULL CHECK (action IN ('lock_taken_over')),
    ttn        TEXT,
    detail     TEXT NOT NULL,                                           -- JSON
    request_id TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never cut'); END;
