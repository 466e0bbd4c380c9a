-- Tells the servers that a message waits, before any call: once for every reason and time, however often the message is taken up.
-- KEYS: journal, outcome stream. ARGV: what it waits for, outcome field, outcome (JSON). Returns 1 when it was told.
local before = read(KEYS[1])
local record = before and fields_of(before) or {}
if record.state ~= 'claimed' or record.waits == ARGV[1] then
  return 0
end
redis.call('XADD', KEYS[2], '*', ARGV[2], ARGV[3])
record.waits = ARGV[1]
write(KEYS[1], text_of(record))
return 1
