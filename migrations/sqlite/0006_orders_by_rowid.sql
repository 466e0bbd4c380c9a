-- Orders in a table with row ids. Without them a row stands in an index page, where more than a kilobyte of it overflows into pages of its own:
-- every search for a TTN compared whole rows, every change of an order rewrote its overflow (docs/BENCHMARKS.md, change of place).
CREATE TABLE orders_by_rowid (
    ttn             TEXT NOT NULL PRIMARY KEY CHECK (length(ttn) = 16),
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
) STRICT;
INSERT INTO orders_by_rowid
SELECT ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch, station, registered_at, updated_at,
       deleted_at, sms_state, timeline_seq, event_seq, fence, fence_session, search_text
FROM orders ORDER BY registered_at, ttn;
DROP TABLE orders;
ALTER TABLE orders_by_rowid RENAME TO orders;
CREATE INDEX orders_by_updated ON orders (updated_at, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_status ON orders (status, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_description ON orders (description_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_location ON orders (location_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_station ON orders (branch, station, registered_at) WHERE deleted_at IS NULL;
