-- The book of calls says that the gateway was not asked, or did not take the message: attempting -> claimed, as if the intent had not been
-- written. Its money is given back; nobody is told, because nothing happened.
-- KEYS: journal, what was spent on the day of the intent. ARGV: who wrote it, attempt, cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local state, attempts, by = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempts', 'by'))
if state ~= 'attempting' or attempts ~= ARGV[2] or by ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'claimed', 'attempts', tonumber(attempts) - 1)
redis.call('HDEL', KEYS[1], 'deadline')
if tonumber(ARGV[4]) > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('DECRBY', KEYS[2], ARGV[3])
end
return 1
