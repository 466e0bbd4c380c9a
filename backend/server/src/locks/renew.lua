-- Renews a lock if it is still this session's. ARGV: TTN, session, lease in ms.
-- Answer: {1 renewed | 0 not ours, present holder or false, asking party or false, ms left to answer}.
local lease_ms = ARGV[3]
local present = redis.call('GET', LOCK)
if not present then
    return { 0, false, false, 0 }
end
local owner, word, holder = split(present)
if owner ~= ME then
    return { 0, holder, false, 0 }
end
-- What is only kept for us is kept for its time.
if word == 'edit_place' then
    redis.call('PEXPIRE', LOCK, lease_ms)
    tell_held(holder, lease_ms)
end
local ask = redis.call('HMGET', ASK, 'party', 'until', 'kept')
if ask[1] and not ask[3] then
    local left = tonumber(ask[2]) - now_ms()
    if left > 0 then
        return { 1, holder, ask[1], left }
    end
end
return { 1, holder, false, 0 }
