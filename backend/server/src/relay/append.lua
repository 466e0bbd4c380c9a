-- Appends events to the outbox stream, only if the stream ends where the caller expects (compare-and-append).
-- KEYS[1] the stream. ARGV: expected last publish number, then for each event its publish number, the event, and '1' when it is a repeat.
-- Answer: {1, last} appended; {0, last} the stream ends at `last` instead, nothing was appended.
-- A replay of the same call finds the stream ending later than expected and appends nothing: no double after a lost reply.
local last = '0'
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            last = string.match(info[i + 1], '^%d+')
        end
    end
end
if last ~= ARGV[1] then
    return { 0, last }
end
for i = 2, #ARGV, 3 do
    if ARGV[i + 2] == '1' then
        redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'event', ARGV[i + 1], 'repeat', '1')
    else
        redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'event', ARGV[i + 1])
    end
    last = ARGV[i]
end
return { 1, last }
