-- Undoes a grant that Redis should not have made: it had lost the lock of another session, whose lease has not run out.
-- ARGV: TTN, session that got it, session that has it, its word, its holder as JSON, ms left of its lease. Answer: 1 put back, 0 things moved on.
local owner_then, word, holder, left_ms = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local present = redis.call('GET', LOCK)
if present and split(present) ~= ME then
    return 0
end
redis.call('SET', LOCK, owner_then .. ' ' .. word .. ' ' .. holder, 'PX', left_ms)
tell_held(holder, left_ms, true)
return 1
