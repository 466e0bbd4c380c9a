-- Orders get a number of their own, by which the index of the search knows them: row ids alone do not survive a VACUUM.
CREATE TABLE orders_numbered (
    number          INTEGER PRIMARY KEY,                                -- counted up; what was registered later has a greater one
    ttn             TEXT NOT NULL UNIQUE CHECK (length(ttn) = 16),
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
    sms_told        INTEGER NOT NULL DEFAULT 0 CHECK (sms_told IN (0, 1)), -- the customer was told by voice: no problem any more
    timeline_seq    INTEGER NOT NULL,                                   -- lines of its timeline so far
    event_seq       INTEGER NOT NULL,                                   -- integration events so far
    fence           INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0),      -- fencing token: grows with every load for edit
    fence_session   TEXT,                                               -- who loaded last
    search_text     TEXT NOT NULL                                       -- folded TTN, phones, names, cities, description
) STRICT;
INSERT INTO orders_numbered
SELECT row_number() OVER (ORDER BY registered_at, ttn), ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch, station, registered_at, updated_at,
       deleted_at, sms_state, sms_told, timeline_seq, event_seq, fence, fence_session, search_text
FROM orders;
DROP TABLE orders;
ALTER TABLE orders_numbered RENAME TO orders;
CREATE INDEX orders_by_station ON orders (branch, station, registered_at) WHERE deleted_at IS NULL;

-- Lists of any size (docs/adr/0010-lists-by-status.md). A page is read as one run per status, and every run has an index that begins with what
-- is equal in it and goes on in the order of the page: nothing is sorted, and nothing is passed over. One set of indexes is for the orders of
-- a branch, one for those of the company. What an index is limited by stands in it too: only then SQLite does without the rows.
CREATE INDEX orders_of_branch_by_ttn ON orders (branch, status, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_updated ON orders (branch, status, updated_at, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_description ON orders (branch, status, description_key, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_location ON orders (branch, status, location_key, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_ttn ON orders (status, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_updated ON orders (status, updated_at, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_description ON orders (status, description_key, ttn, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_location ON orders (status, location_key, ttn, deleted_at) WHERE deleted_at IS NULL;

-- The same of orders with a problem. They cost a write nothing: nearly no order is in them.
CREATE INDEX problems_of_branch_by_ttn ON orders (branch, status, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_updated ON orders (branch, status, updated_at, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_description ON orders (branch, status, description_key, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_location ON orders (branch, status, location_key, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_ttn ON orders (status, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_updated ON orders (status, updated_at, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_description ON orders (status, description_key, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_location ON orders (status, location_key, ttn, deleted_at, sms_state, sms_told)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;

-- How many orders a list has, kept by triggers: counting ten million takes seconds.
CREATE TABLE order_counts (
    branch      TEXT NOT NULL,
    status      INTEGER NOT NULL,
    orders      INTEGER NOT NULL,
    problems    INTEGER NOT NULL,
    sms_waiting INTEGER NOT NULL,
    PRIMARY KEY (branch, status)
) STRICT, WITHOUT ROWID;
INSERT INTO order_counts (branch, status, orders, problems, sms_waiting)
SELECT branch, status, count(*), count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3), count(*) FILTER (WHERE sms_state = 0)
FROM orders WHERE deleted_at IS NULL GROUP BY branch, status;

CREATE TRIGGER orders_counted_in AFTER INSERT ON orders WHEN NEW.deleted_at IS NULL BEGIN
    INSERT INTO order_counts (branch, status, orders, problems, sms_waiting)
    VALUES (NEW.branch, NEW.status, 1, NEW.sms_state IS NOT NULL AND NEW.sms_state IN (3, 4) AND NOT NEW.sms_told AND NEW.status < 3, NEW.sms_state IS 0)
    ON CONFLICT DO UPDATE SET orders = orders + 1, problems = problems + excluded.problems, sms_waiting = sms_waiting + excluded.sms_waiting;
END;
CREATE TRIGGER orders_counted_out AFTER DELETE ON orders WHEN OLD.deleted_at IS NULL BEGIN
    UPDATE order_counts
    SET orders = orders - 1,
        problems = problems - (OLD.sms_state IS NOT NULL AND OLD.sms_state IN (3, 4) AND NOT OLD.sms_told AND OLD.status < 3),
        sms_waiting = sms_waiting - (OLD.sms_state IS 0)
    WHERE branch = OLD.branch AND status = OLD.status;
END;
CREATE TRIGGER orders_counted_anew AFTER UPDATE OF branch, status, deleted_at, sms_state, sms_told ON orders
WHEN (OLD.branch, OLD.status, OLD.deleted_at IS NULL, OLD.sms_state, OLD.sms_told)
     IS NOT (NEW.branch, NEW.status, NEW.deleted_at IS NULL, NEW.sms_state, NEW.sms_told) BEGIN
    UPDATE order_counts
    SET orders = orders - 1,
        problems = problems - (OLD.sms_state IS NOT NULL AND OLD.sms_state IN (3, 4) AND NOT OLD.sms_told AND OLD.status < 3),
        sms_waiting = sms_waiting - (OLD.sms_state IS 0)
    WHERE branch = OLD.branch AND status = OLD.status AND OLD.deleted_at IS NULL;
    INSERT INTO order_counts (branch, status, orders, problems, sms_waiting)
    SELECT NEW.branch, NEW.status, 1, NEW.sms_state IS NOT NULL AND NEW.sms_state IN (3, 4) AND NOT NEW.sms_told AND NEW.status < 3, NEW.sms_state IS 0
    WHERE NEW.deleted_at IS NULL
    ON CONFLICT DO UPDATE SET orders = orders + 1, problems = problems + excluded.problems, sms_waiting = sms_waiting + excluded.sms_waiting;
END;
