-- Remembers under which id the gateway knows a message, and hands over the report that came before we knew.
-- KEYS: link, parked report. ARGV: event id, keep (ms). Returns the parked report, or nil.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local parked = redis.call('GET', KEYS[2])
if parked then
  redis.call('DEL', KEYS[2])
end
return parked
