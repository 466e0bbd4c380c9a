-- Frees a lock if it is this session's. KEYS[1] the lock. ARGV: session. Answer: 1 freed, 0 not ours.
local present = redis.call('GET', KEYS[1])
if present and cjson.decode(present).session == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
