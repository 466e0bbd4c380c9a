-- What servers ask for beside their writers, so that nobody who saves waits for it (store/postgres/upkeep.rs). Only the owner of the tables may do
-- these things; a server has no right to the tables themselves and asks through this function (pg_temp last: no table of the asker is meant). It
-- 1. sorts into the index of the search what was written lately. Until then that waits in a list, through which every search looks, and whoever
--    writes and finds it full sorts it in while everybody of his group waits. So the list may hold more than before, and mostly holds less;
-- 2. counts tables that have grown to more than four times what PostgreSQL knows of them. A plan that was made for an empty table is kept, takes
--    any index for free, and goes through all of it with every batch, until somebody counts.
ALTER INDEX orders_search_terms SET (gin_pending_list_limit = 4096);
CREATE FUNCTION office_upkeep() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    grown TEXT;
BEGIN
    PERFORM gin_clean_pending_list('orders_search_terms'::regclass);
    FOR grown IN
        SELECT relname FROM pg_class
        WHERE oid IN ('orders'::regclass, 'orders_search'::regclass, 'order_events'::regclass, 'integration_events'::regclass, 'messages'::regclass,
                      'message_attempts'::regclass, 'commands'::regclass)
          AND pg_relation_size(oid) > (4 * relpages + 8)::bigint * current_setting('block_size')::bigint
    LOOP
        EXECUTE format('ANALYZE %I', grown);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION office_upkeep() FROM PUBLIC;
