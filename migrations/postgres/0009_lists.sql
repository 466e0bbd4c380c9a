-- Lists of any size (docs/adr/0010-lists-by-status.md). A page is read as one run per status, and every run has an index that begins with what
-- is equal in it and goes on in the order of the page: nothing is sorted, and nothing is passed over. One set of indexes is for the orders of
-- a branch, one for those of the company.
DROP INDEX orders_by_updated;
DROP INDEX orders_by_status;
DROP INDEX orders_by_description;
DROP INDEX orders_by_location;
CREATE INDEX orders_of_branch_by_ttn ON orders (branch, status, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_updated ON orders (branch, status, updated_at, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_description ON orders (branch, status, description_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_of_branch_by_location ON orders (branch, status, location_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_ttn ON orders (status, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_updated ON orders (status, updated_at, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_description ON orders (status, description_key, ttn) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_location ON orders (status, location_key, ttn) WHERE deleted_at IS NULL;

-- The same of orders with a problem. They cost a write nothing: nearly no order is in them.
CREATE INDEX problems_of_branch_by_ttn ON orders (branch, status, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_updated ON orders (branch, status, updated_at, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_description ON orders (branch, status, description_key, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_of_branch_by_location ON orders (branch, status, location_key, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_ttn ON orders (status, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_updated ON orders (status, updated_at, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_description ON orders (status, description_key, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;
CREATE INDEX problems_by_location ON orders (status, location_key, ttn)
    WHERE deleted_at IS NULL AND sms_state IN (3, 4) AND NOT sms_told AND status < 3;

-- How many orders a list has, kept by triggers: counting ten million takes seconds. The number is the sum over lanes: a transaction holds the
-- rows that it counts in until it commits, and servers that write beside each other should not wait for that.
CREATE TABLE order_counts (
    branch      TEXT COLLATE "C" NOT NULL,
    status      SMALLINT NOT NULL,
    lane        INTEGER NOT NULL,
    orders      BIGINT NOT NULL,
    problems    BIGINT NOT NULL,
    sms_waiting BIGINT NOT NULL,
    PRIMARY KEY (branch, status, lane)
) WITH (fillfactor = 50);                                                -- room for new versions of a row beside the old ones
INSERT INTO order_counts (branch, status, lane, orders, problems, sms_waiting)
SELECT branch, status, 0, count(*), count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3), count(*) FILTER (WHERE sms_state = 0)
FROM orders WHERE deleted_at IS NULL GROUP BY branch, status;

CREATE FUNCTION orders_counted_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO order_counts AS counted (branch, status, lane, orders, problems, sms_waiting)
    SELECT branch, status, pg_backend_pid() % 64, count(*),
           count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3), count(*) FILTER (WHERE sms_state = 0)
    FROM fresh WHERE deleted_at IS NULL GROUP BY branch, status ORDER BY branch, status
    ON CONFLICT (branch, status, lane) DO UPDATE
    SET orders = counted.orders + excluded.orders, problems = counted.problems + excluded.problems,
        sms_waiting = counted.sms_waiting + excluded.sms_waiting;
    RETURN NULL;
END $$;
CREATE FUNCTION orders_counted_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO order_counts AS counted (branch, status, lane, orders, problems, sms_waiting)
    SELECT branch, status, pg_backend_pid() % 64, -count(*),
           -count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3), -count(*) FILTER (WHERE sms_state = 0)
    FROM stale WHERE deleted_at IS NULL GROUP BY branch, status ORDER BY branch, status
    ON CONFLICT (branch, status, lane) DO UPDATE
    SET orders = counted.orders + excluded.orders, problems = counted.problems + excluded.problems,
        sms_waiting = counted.sms_waiting + excluded.sms_waiting;
    RETURN NULL;
END $$;
-- One by one, because most updates change nothing that is counted, and only a trigger of a row can be spared by a WHEN.
CREATE FUNCTION orders_counted_anew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO order_counts AS counted (branch, status, lane, orders, problems, sms_waiting)
    SELECT branch, status, pg_backend_pid() % 64, sum(one), coalesce(sum(one) FILTER (WHERE problem), 0),
           coalesce(sum(one) FILTER (WHERE waiting), 0)
    FROM (
        SELECT 1 AS one, NEW.branch, NEW.status, NEW.deleted_at,
               coalesce(NEW.sms_state IN (3, 4) AND NOT NEW.sms_told AND NEW.status < 3, FALSE) AS problem, NEW.sms_state IS NOT DISTINCT FROM 0 AS waiting
        UNION ALL
        SELECT -1, OLD.branch, OLD.status, OLD.deleted_at,
               coalesce(OLD.sms_state IN (3, 4) AND NOT OLD.sms_told AND OLD.status < 3, FALSE), OLD.sms_state IS NOT DISTINCT FROM 0
    ) AS change (one, branch, status, deleted_at, problem, waiting)
    WHERE deleted_at IS NULL GROUP BY branch, status ORDER BY branch, status
    ON CONFLICT (branch, status, lane) DO UPDATE
    SET orders = counted.orders + excluded.orders, problems = counted.problems + excluded.problems,
        sms_waiting = counted.sms_waiting + excluded.sms_waiting;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_counted_in AFTER INSERT ON orders REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION orders_counted_in();
CREATE TRIGGER orders_counted_out AFTER DELETE ON orders REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION orders_counted_out();
CREATE TRIGGER orders_counted_anew AFTER UPDATE OF branch, status, deleted_at, sms_state, sms_told ON orders
    FOR EACH ROW
    WHEN ((OLD.branch, OLD.status, OLD.deleted_at IS NULL, OLD.sms_state, OLD.sms_told)
          IS DISTINCT FROM (NEW.branch, NEW.status, NEW.deleted_at IS NULL, NEW.sms_state, NEW.sms_told))
    EXECUTE FUNCTION orders_counted_anew();
