-- Renews a lock if it is still this session's. KEYS[1] the lock. ARGV: session, lease in ms.
-- Answer: {1, holder} renewed; {0, holder} somebody else's; {0} nobody's.
local present = redis.call('GET', KEYS[1])
if not present then
    return { 0 }
end
if cjson.decode(present).session ~= ARGV[1] then
    return { 0, present }
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { 1, present }
