-- The holder's answer to the question of a colleague. ARGV: TTN, session, 'hand_over' or 'keep', keep ms.
-- Answer: {0} the question is over; {1 handed over, new holder as JSON, asked at}; {2 kept}.
local answer, keep_ms = ARGV[3], tonumber(ARGV[4])
local present = redis.call('GET', LOCK)
local ask = redis.call('HMGET', ASK, 'session', 'asked_at', 'kept')
if not present or not ask[1] or ask[3] then
    return { 0, '', '' }
end
local owner = split(present)
if owner ~= ME then
    return { 0, '', '' }
end
local now = now_ms()
if answer == 'keep' then
    redis.call('HSET', ASK, 'kept', number(now + keep_ms))
    redis.call('PEXPIRE', ASK, keep_ms)
    tell(ask[1], '{"told":"kept","ttn":"' .. TTN .. '","ask_again_in_ms":' .. number(keep_ms) .. '}')
    return { 2, '', '' }
end
local alive_until, holder = string.match(redis.call('HGET', WAITING, ask[1]) or '', '^(%d+) (.*)$')
redis.call('DEL', ASK)
leave_line(ask[1])
if not alive_until or tonumber(alive_until) <= now then
    -- Who asked has gone.
    return { 0, '', '' }
end
holder = stamped(holder, now)
redis.call('SET', LOCK, ask[1] .. ' granted ' .. holder, 'PX', CONFIRM_MS)
tell_held(holder, CONFIRM_MS, true)
tell(ask[1], '{"told":"granted","ttn":"' .. TTN .. '"}')
return { 1, holder, ask[2] }
