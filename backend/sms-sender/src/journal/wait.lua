-- Tells the servers that a message waits, before any call: once for every reason and time, however often the message is taken up.
-- KEYS: its hash, outcome stream. ARGV: event id, keep (ms), what it waits for, outcome field, outcome (JSON). Returns 1 when it was told.
local id, keep, waits = ARGV[1], ARGV[2], ARGV[3]
local before = read(id)
local record = before and fields_of(before) or {}
if record.state ~= 'claimed' or record.waits == waits then
  return 0
end
redis.call('XADD', KEYS[2], '*', ARGV[4], ARGV[5])
record.waits = waits
write(id, text_of(record), keep)
return 1
