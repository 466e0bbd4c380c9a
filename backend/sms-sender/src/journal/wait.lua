-- Tells the servers that a message waits, before any call: once for every reason and time, however often the message is taken up.
-- KEYS: journal, outcome stream. ARGV: what it waits for, outcome field, outcome (JSON). Returns 1 when it was told.
if redis.call('HGET', KEYS[1], 'state') ~= 'claimed' or redis.call('HGET', KEYS[1], 'waits') == ARGV[1] then
  return 0
end
redis.call('XADD', KEYS[2], '*', ARGV[2], ARGV[3])
redis.call('HSET', KEYS[1], 'waits', ARGV[1])
return 1
