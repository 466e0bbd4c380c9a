-- Every lock held for editing. KEYS[1] the index. ARGV: prefix of lock keys.
-- Answer: TTN, holder as JSON, milliseconds left; again and again. Leases that ended are forgotten here: nobody says when one does.
local held = {}
for _, ttn in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local key = ARGV[1] .. '{' .. ttn .. '}'
    local present = redis.pcall('GET', key)
    if type(present) == 'string' then
        held[#held + 1] = ttn
        held[#held + 1] = present
        held[#held + 1] = tostring(redis.call('PTTL', key))
    else
        redis.call('SREM', KEYS[1], ttn)
    end
end
return held
