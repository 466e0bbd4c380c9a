-- Takes a lock, or renews it when the same session holds it (a lost reply, asked again, is the same lock).
-- KEYS[1] the lock. ARGV: session, holder as JSON with "since":0, lease in ms.
-- Answer: {1 taken | 2 held already | 0 somebody else's, holder as JSON}.
local present = redis.call('GET', KEYS[1])
if present then
    if cjson.decode(present).session ~= ARGV[1] then
        return { 0, present }
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return { 2, present }
end
-- Redis' own clock, not the caller's. Formatted by hand: cjson would write it with 14 digits.
local time = redis.call('TIME')
local since = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local holder = string.gsub(ARGV[2], '"since":0', '"since":' .. since, 1)
redis.call('SET', KEYS[1], holder, 'PX', ARGV[3])
return { 1, holder }
