-- Frees a lock if it is this session's and, where a word is given, still held for that; the first live waiter gets it in the same step.
-- ARGV: TTN, session, word or ''. Answer: 1 freed, 0 not ours.
local wanted = ARGV[3]
local present = redis.call('GET', LOCK)
if not present then
    return 0
end
local owner, word = split(present)
if owner ~= ME or (wanted ~= '' and word ~= wanted) then
    return 0
end
redis.call('DEL', LOCK)
pass_on(word ~= 'command')
return 1
