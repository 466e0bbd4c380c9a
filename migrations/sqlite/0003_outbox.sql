-- The outbox. States: in_progress -> published -> confirmed, or dead (docs/OUTBOX.md).
CREATE TABLE integration_events (
    event_id      TEXT PRIMARY KEY,
    ttn           TEXT NOT NULL,
    seq           INTEGER NOT NULL CHECK (seq > 0),
    kind          TEXT NOT NULL,
    payload       TEXT NOT NULL,
    needs_outcome INTEGER NOT NULL CHECK (needs_outcome IN (0, 1)),
    status        TEXT NOT NULL CHECK (status IN ('in_progress', 'published', 'confirmed', 'dead')),
    publish_seq   INTEGER UNIQUE,
    attempts      INTEGER NOT NULL DEFAULT 0,
    last_error    TEXT,
    created_at    INTEGER NOT NULL,
    published_at  INTEGER,
    confirmed_at  INTEGER,
    UNIQUE (ttn, seq),
    CHECK (status = 'in_progress' OR status = 'dead' OR publish_seq IS NOT NULL),
    CHECK ((status = 'confirmed') = (confirmed_at IS NOT NULL))
) STRICT;
-- What the relay looks for, in the order of commits; small, because published rows leave it.
CREATE INDEX integration_events_to_publish ON integration_events (publish_seq) WHERE status = 'in_progress';
CREATE INDEX integration_events_unconfirmed ON integration_events (publish_seq) WHERE status = 'published';

-- Who may give publish numbers, and the next one. One row.
CREATE TABLE relay_lease (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    holder   TEXT NOT NULL,
    until    INTEGER NOT NULL,
    next_seq INTEGER NOT NULL CHECK (next_seq > 0)
) STRICT;
INSERT INTO relay_lease (id, holder, until, next_seq) VALUES (1, '', 0, 1);

-- The SMS of an order. `event_id` is the integration event that causes it and the gateway's client reference.
CREATE TABLE messages (
    event_id    TEXT PRIMARY KEY,
    ttn         TEXT NOT NULL,
    notice      TEXT NOT NULL,
    phone       TEXT NOT NULL,
    language    TEXT NOT NULL,
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),         -- queued, accepted, delivered, failed, unknown
    reason      TEXT,
    text        TEXT,
    segments    INTEGER,
    attempts    INTEGER NOT NULL DEFAULT 0,
    queued_at   INTEGER NOT NULL,
    accepted_at INTEGER,
    finished_at INTEGER,
    request_id  TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_order ON messages (ttn, queued_at);
