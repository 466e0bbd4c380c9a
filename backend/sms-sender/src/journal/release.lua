-- The gateway said that it did not take the message: attempting -> claimed. The one step that looks backward; the attempt stays counted, its
-- money is given back, and the servers are told that it will be tried again.
-- KEYS: its hash, outcome stream, what was spent on the day of the attempt.
-- ARGV: event id, keep (ms), hand, attempt, outcome field, outcome (JSON), cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local id, keep, hand, attempt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local before = read(id)
local record = before and fields_of(before) or {}
if record.state == 'claimed' and record.attempts == attempt then
  return 1
end
if record.state ~= 'attempting' or record.attempts ~= attempt or record.by ~= hand then
  return 0
end
-- What can fail comes first, so that a failed call has done nothing.
redis.call('XADD', KEYS[2], '*', ARGV[5], ARGV[6])
record.state, record.deadline = 'claimed', nil
write(id, text_of(record), keep)
if tonumber(ARGV[8]) > 0 and redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('DECRBY', KEYS[3], ARGV[7])
end
return 1
