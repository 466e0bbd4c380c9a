-- Takes a lock, or renews it when the same session holds it (a lost reply, asked again, is the same lock).
-- ARGV: TTN, session, holder as JSON with "since":0, purpose, lease in ms.
-- Answer: {1 taken | 2 held already | 0 somebody else's, holder as JSON}.
local ttn, session, holder, purpose, lease_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local present = redis.call('GET', KEYS[1])
if present then
    local owner = cjson.decode(present)
    if owner.session ~= session then
        return { 0, present }
    end
    -- An editor that opens while a short command of the same session runs takes the lock over; all else stays as it is.
    if owner.purpose == purpose or owner.purpose ~= 'command' then
        redis.call('PEXPIRE', KEYS[1], lease_ms)
        if owner.purpose ~= 'command' then
            announce_held(ttn, present, lease_ms)
        end
        return { 2, present }
    end
end
-- Redis' own clock, not the caller's. Formatted by hand: cjson would write it with 14 digits.
local time = redis.call('TIME')
local since = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
holder = string.gsub(holder, '"since":0', '"since":' .. since, 1)
redis.call('SET', KEYS[1], holder, 'PX', lease_ms)
-- Locks of short commands are over before anyone could read of them.
if purpose ~= 'command' then
    announce_held(ttn, holder, lease_ms)
end
return { 1, holder }
