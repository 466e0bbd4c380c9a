-- `body` is the order as the domain sees it (JSON). The other columns repeat what lists sort, filter and search by, and what guards writes.
CREATE TABLE orders (
    ttn             TEXT PRIMARY KEY CHECK (length(ttn) = 16),
    body            TEXT NOT NULL,
    status          INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),    -- New, Delivering, Delivered, Completed, Canceled
    description     TEXT NOT NULL,
    description_key TEXT NOT NULL,                                      -- folded, for sorting
    city            TEXT NOT NULL,
    street          TEXT NOT NULL,
    location_key    TEXT NOT NULL,                                      -- folded city and street, for sorting
    recipient_city  TEXT NOT NULL,
    branch          TEXT NOT NULL,
    station         TEXT NOT NULL,                                      -- where it was registered
    registered_at   INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER,
    sms_state       INTEGER CHECK (sms_state BETWEEN 0 AND 4),          -- of the last message: queued, accepted, delivered, failed, unknown
    timeline_seq    INTEGER NOT NULL,                                   -- lines of its timeline so far
    event_seq       INTEGER NOT NULL,                                   -- integration events so far
    fence           INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0),      -- fencing token: grows with every load for edit
    fence_session   TEXT,                                               -- who loaded last
    search_text     TEXT NOT NULL                                       -- folded TTN, phones, names, cities, description
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_updated ON orders (updated_at, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_status ON orders (status, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_description ON orders (description_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_location ON orders (location_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_station ON orders (branch, station, registered_at) WHERE deleted_at IS NULL;

-- The timeline: never edited, only added to.
CREATE TABLE order_events (
    ttn         TEXT NOT NULL,
    seq         INTEGER NOT NULL CHECK (seq > 0),
    at          INTEGER NOT NULL,
    by_employee TEXT,
    by_name     TEXT,
    by_branch   TEXT,
    by_station  TEXT,
    fact        TEXT NOT NULL,
    PRIMARY KEY (ttn, seq)
) STRICT, WITHOUT ROWID;

-- Outcome of every command, written in the transaction of its effect: the same id never has a second effect.
CREATE TABLE commands (
    command_id TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    answer     TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
