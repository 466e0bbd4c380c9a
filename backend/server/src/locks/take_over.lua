-- A supervisor takes the lock whoever has it, past the line. ARGV: TTN, session, holder as JSON with "since":0, lease in ms, reason as JSON.
-- Answer: {1 taken | 2 held already, holder as JSON, who had it as JSON or false}.
local holder, lease_ms, reason = ARGV[3], ARGV[4], ARGV[5]
local present = redis.call('GET', LOCK)
local former, owner, word = false, nil, nil
if present then
    owner, word, former = split(present)
    if owner == ME and word == 'edit_place' then
        redis.call('PEXPIRE', LOCK, lease_ms)
        tell_held(former, lease_ms)
        return { 2, former, false }
    end
end
leave_line(ME)
redis.call('DEL', ASK)
holder = stamped(holder, now_ms())
redis.call('SET', LOCK, ME .. ' edit_place ' .. holder, 'PX', lease_ms)
tell_held(holder, lease_ms, true)
if owner and owner ~= ME then
    tell(owner, '{"told":"lost","ttn":"' .. TTN .. '","holder":' .. holder .. ',"how":{"how":"taken_over","reason":' .. reason .. '}}')
    return { 1, holder, former }
end
return { 1, holder, false }
