-- Remembers under which id the gateway knows a message, and hands over the report that came before we knew. The parked report stays until it
-- runs out: should the answer to this call be lost, it comes again.
-- KEYS: link, parked report. ARGV: event id, keep (ms). Returns the parked report, or nil.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('GET', KEYS[2])
