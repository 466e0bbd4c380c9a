-- KEYS: lease. ARGV: our token, length (ms). Renews the lease only if it is ours.
-- Answer: {1, token, length} renewed; {0, holder or false, milliseconds left} not ours.
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return { 1, holder, tonumber(ARGV[2]) }
end
local left, longest = redis.call('PTTL', KEYS[1]), 4 * ARGV[2]
if left > longest then
  -- Redis' clock was set back after it was taken. Its holder, if alive, renews; a dead one does not keep it for hours. Not our own length:
  -- the holder's settings may be others.
  redis.call('PEXPIRE', KEYS[1], longest)
  left = longest
end
return { 0, holder, left }
