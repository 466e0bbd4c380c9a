-- Renews a lock if it is still this session's. ARGV: TTN, session, lease in ms.
-- Answer: {1, holder} renewed; {0, holder} somebody else's; {0, nil} nobody's.
local ttn, session, lease_ms = ARGV[1], ARGV[2], ARGV[3]
local present = redis.call('GET', KEYS[1])
if not present then
    return { 0, false }
end
local owner = cjson.decode(present)
if owner.session ~= session then
    return { 0, present }
end
redis.call('PEXPIRE', KEYS[1], lease_ms)
if owner.purpose ~= 'command' then
    announce_held(ttn, present, lease_ms)
end
return { 1, present }
