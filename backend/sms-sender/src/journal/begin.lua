-- Writes the intent down: claimed -> attempting. Only the holder of the slot may, and only one of those who took the message up wins.
-- The money is counted in the same step, so that several senders together cannot spend more than the day allows.
-- KEYS: journal, slot, what was spent today.
-- ARGV: slot token, hand, attempt (number of this call of the gateway, from 1), deadline, keep (ms), segments, cost, cap (0 = none).
-- Returns 'begun', 'no_slot', 'spend_cap', or 'elsewhere' when the message is not where the caller believes it to be.
local journal, slot, spent = KEYS[1], KEYS[2], KEYS[3]
local token, hand, attempt, deadline, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local cost, cap = tonumber(ARGV[7]), tonumber(ARGV[8])
if redis.call('GET', slot) ~= token then
  return 'no_slot'
end
local state, attempts, by = unpack(redis.call('HMGET', journal, 'state', 'attempts', 'by'))
-- The answer to this very call was lost and it comes again.
if state == 'attempting' and attempts == attempt and by == hand then
  return 'begun'
end
if state ~= 'claimed' or tonumber(attempts) ~= tonumber(attempt) - 1 then
  return 'elsewhere'
end
if cap > 0 then
  if tonumber(redis.call('GET', spent) or '0') + cost > cap then
    return 'spend_cap'
  end
  redis.call('INCRBY', spent, cost)
  redis.call('EXPIRE', spent, 3 * 86400)
end
redis.call('HSET', journal, 'state', 'attempting', 'attempts', attempt, 'by', hand, 'deadline', deadline, 'segments', ARGV[6])
redis.call('PEXPIRE', journal, keep)
return 'begun'
