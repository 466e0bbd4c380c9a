-- The gateway said that it did not take the message: attempting -> claimed. The one step that looks backward; the attempt stays counted.
-- KEYS: journal. ARGV: hand, attempt. Returns 1 when the message may be sent again.
local state, attempts, by = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempts', 'by'))
if state == 'claimed' and attempts == ARGV[2] then
  return 1
end
if state ~= 'attempting' or attempts ~= ARGV[2] or by ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'claimed')
redis.call('HDEL', KEYS[1], 'deadline')
return 1
