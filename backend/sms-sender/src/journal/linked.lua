-- Says which message the gateway means, or parks its report until we know: it came before the answer that names the message.
-- KEYS: link, parked report. ARGV: report, keep (ms). Returns the event id, or nil when the report was parked.
local event = redis.call('GET', KEYS[1])
if not event then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
return event
