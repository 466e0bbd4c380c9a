-- Messages that did not arrive are dealt with: sent once more, to another number, or told by voice. A resend is a message of its own.
ALTER TABLE messages ADD COLUMN expires_at INTEGER;                     -- after this it is not sent any more
ALTER TABLE messages ADD COLUMN next_attempt_at INTEGER;                -- after an attempt that did not go through
ALTER TABLE messages ADD COLUMN replaces TEXT;
ALTER TABLE messages ADD COLUMN replaced_by TEXT;
ALTER TABLE messages ADD COLUMN told_at INTEGER;
ALTER TABLE messages ADD COLUMN told_by TEXT CHECK (told_at IS NOT NULL OR told_by IS NULL);    -- JSON

-- A customer who was told by voice: the order has no problem any more.
ALTER TABLE orders ADD COLUMN sms_told INTEGER NOT NULL DEFAULT 0 CHECK (sms_told IN (0, 1));

-- The place in the list: what nobody dealt with first (0 unknown, 1 failed), 2 waiting, 3 accepted, 4 delivered, then what was dealt with
-- (5 failed, 6 unknown). Within the first three the oldest comes first, within the others the newest; `place` ascends in both.
ALTER TABLE messages ADD COLUMN rank INTEGER GENERATED ALWAYS AS (
    CASE state WHEN 0 THEN 2 WHEN 1 THEN 3 WHEN 2 THEN 4
               WHEN 3 THEN CASE WHEN replaced_by IS NULL AND told_at IS NULL THEN 1 ELSE 5 END
               ELSE CASE WHEN replaced_by IS NULL AND told_at IS NULL THEN 0 ELSE 6 END END) VIRTUAL;
ALTER TABLE messages ADD COLUMN place INTEGER GENERATED ALWAYS AS (
    CASE WHEN state = 0 OR (state > 2 AND replaced_by IS NULL AND told_at IS NULL) THEN queued_at ELSE -queued_at END) VIRTUAL;
CREATE INDEX messages_in_list ON messages (rank, place, event_id);
-- What retention looks for.
CREATE INDEX messages_with_text ON messages (queued_at) WHERE text IS NOT NULL AND state <> 0;

-- What was tried, as the senders report it: a line for every state that an attempt came to. Lines are only added.
CREATE TABLE message_attempts (
    event_id TEXT NOT NULL,
    attempt  INTEGER NOT NULL CHECK (attempt >= 0),                     -- 0: the gateway was never called
    state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),            -- queued: tried again
    at       INTEGER NOT NULL,
    reason   TEXT,
    next_at  INTEGER CHECK (next_at IS NULL OR state = 0),
    PRIMARY KEY (event_id, attempt, state)
) STRICT, WITHOUT ROWID;

-- The texts that an admin wrote; what is not here has its default.
CREATE TABLE sms_templates (
    notice     TEXT NOT NULL CHECK (notice IN ('accepted', 'arrived', 'completed')),
    language   TEXT NOT NULL CHECK (language IN ('uk', 'en')),
    text       TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,                                           -- JSON
    PRIMARY KEY (notice, language)
) STRICT, WITHOUT ROWID;

-- More than take-overs is audited now: the list of actions is the code's.
DROP TRIGGER audit_is_never_changed;
DROP TRIGGER audit_is_never_cut;
ALTER TABLE audit RENAME TO audit_before;
CREATE TABLE audit (
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
INSERT INTO audit SELECT * FROM audit_before;
DROP TABLE audit_before;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never cut'); END;

-- Events carry the text from now on. What is under way gets one without the tracking page, whose address is not known here; what is done
-- needs neither text nor phone any more.
UPDATE integration_events SET payload = json_remove(payload, '$.notify') WHERE needs_outcome = 1 AND status = 'confirmed';
UPDATE integration_events
SET payload = json_set(payload, '$.notify.expires_at', created_at + 172800000, '$.notify.text', replace(
    CASE (payload ->> '$.notify.language') || ' ' || (payload ->> '$.notify.notice')
        WHEN 'uk accepted' THEN 'Посилку {ttn} прийнято.' WHEN 'uk arrived' THEN 'Посилка {ttn} прибула.'
        WHEN 'uk completed' THEN 'Посилку {ttn} вручено. Дякуємо!' WHEN 'en accepted' THEN 'Parcel {ttn} accepted.'
        WHEN 'en arrived' THEN 'Parcel {ttn} has arrived.' ELSE 'Parcel {ttn} handed over. Thank you!' END,
    '{ttn}', substr(ttn, 1, 4) || ' ' || substr(ttn, 5, 4) || ' ' || substr(ttn, 9, 4) || ' ' || substr(ttn, 13, 4)))
WHERE needs_outcome = 1 AND status <> 'confirmed';
UPDATE messages
SET text = (SELECT payload ->> '$.notify.text' FROM integration_events WHERE integration_events.event_id = messages.event_id)
WHERE text IS NULL AND state = 0;
