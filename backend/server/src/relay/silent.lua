-- Which of these published events nobody has and nobody answers any more.
-- KEYS: outbox stream, outcome stream. ARGV: group of the senders, then publish numbers.
-- Answer: 'asked' and the silent numbers; or why it cannot be told now.
local outbox, outcomes, group = KEYS[1], KEYS[2], ARGV[1]
if redis.call('EXISTS', outbox) == 0 then
    return { 'no_stream' }
end
-- An outcome that waits to be recorded may be that of any of them.
if redis.call('EXISTS', outcomes) == 1 and redis.call('XLEN', outcomes) > 0 then
    return { 'outcomes_wait' }
end
local function named(list, name)
    for i = 1, #list, 2 do
        if list[i] == name then
            return list[i + 1]
        end
    end
end
local read
for _, info in ipairs(redis.call('XINFO', 'GROUPS', outbox)) do
    if named(info, 'name') == group then
        read = tonumber(string.match(named(info, 'last-delivered-id'), '^%d+'))
    end
end
if not read then
    return { 'no_group' }
end
local ends = tonumber(string.match(named(redis.call('XINFO', 'STREAM', outbox), 'last-generated-id'), '^%d+'))
local answer = { 'asked' }
for i = 2, #ARGV do
    local number, id = tonumber(ARGV[i]), ARGV[i] .. '-0'
    -- Above its end the stream was rolled back: the relay publishes that again under the same numbers.
    if number <= ends and #redis.call('XPENDING', outbox, group, id, id, 1) == 0 then
        if number <= read or #redis.call('XRANGE', outbox, id, id) == 0 then
            answer[#answer + 1] = ARGV[i]
        end
    end
end
return answer
