-- What the relay does with events that do not simply go out (docs/OUTBOX.md).

-- How often an event was published again because nobody had it and nobody answered.
ALTER TABLE integration_events ADD COLUMN republished INTEGER NOT NULL DEFAULT 0 CHECK (republished >= 0);
-- Events that an operator has to look at; nearly always none.
CREATE INDEX integration_events_dead ON integration_events (publish_seq) WHERE status = 'dead';

-- Numbers that an event had before it was published again: desktops count every number.
CREATE TABLE earlier_numbers (
    publish_seq INTEGER PRIMARY KEY,
    event_id    TEXT NOT NULL,
    is_first    INTEGER NOT NULL CHECK (is_first IN (0, 1))              -- 1: the change itself was told under this number
) STRICT;
CREATE INDEX earlier_numbers_of_event ON earlier_numbers (event_id);

-- The audit takes more kinds of deeds; which ones there are is the code's to say.
CREATE TABLE audit_of_more (
    number     INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    employee   TEXT NOT NULL,
    name       TEXT NOT NULL,
    branch     TEXT NOT NULL,
    station    TEXT NOT NULL,
    action     TEXT NOT NULL CHECK (action <> '' AND action NOT GLOB '*[^a-z_]*'),
    ttn        TEXT,
    detail     TEXT NOT NULL,                                           -- JSON
    request_id TEXT NOT NULL
) STRICT;
INSERT INTO audit_of_more (number, at, employee, name, branch, station, action, ttn, detail, request_id)
SELECT number, at, employee, name, branch, station, action, ttn, detail, request_id FROM audit;
DROP TABLE audit;
ALTER TABLE audit_of_more RENAME TO audit;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never cut'); END;
