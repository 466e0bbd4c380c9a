-- The gateway said that it did not take the message: attempting -> claimed. The one step that looks backward; the attempt stays counted, its
-- money is given back, and the servers are told that it will be tried again.
-- KEYS: journal, outcome stream, what was spent on the day of the attempt.
-- ARGV: hand, attempt, outcome field, outcome (JSON), cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local state, attempts, by = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempts', 'by'))
if state == 'claimed' and attempts == ARGV[2] then
  return 1
end
if state ~= 'attempting' or attempts ~= ARGV[2] or by ~= ARGV[1] then
  return 0
end
-- What can fail comes first, so that a failed call has done nothing.
redis.call('XADD', KEYS[2], '*', ARGV[3], ARGV[4])
redis.call('HSET', KEYS[1], 'state', 'claimed')
redis.call('HDEL', KEYS[1], 'deadline')
if tonumber(ARGV[6]) > 0 and redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('DECRBY', KEYS[3], ARGV[5])
end
return 1
