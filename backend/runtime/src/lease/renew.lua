-- KEYS: lease. ARGV: our token, length (ms). Renews the lease only if it is ours.
-- Answer: {1, token, length} renewed; {0, holder or false, milliseconds left} not ours.
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return { 1, holder, tonumber(ARGV[2]) }
end
return { 0, holder, redis.call('PTTL', KEYS[1]) }
