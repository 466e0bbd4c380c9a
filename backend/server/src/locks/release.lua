-- Frees a lock if it is this session's and, where a purpose is given, still held for that. ARGV: TTN, session, purpose or ''.
-- Answer: 1 freed, 0 not ours.
local ttn, session, purpose = ARGV[1], ARGV[2], ARGV[3]
local present = redis.call('GET', KEYS[1])
if not present then
    return 0
end
local owner = cjson.decode(present)
if owner.session ~= session or (purpose ~= '' and owner.purpose ~= purpose) then
    return 0
end
redis.call('DEL', KEYS[1])
if owner.purpose ~= 'command' then
    announce_freed(ttn)
end
return 1
