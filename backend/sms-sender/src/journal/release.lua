-- The gateway said that it did not take the message: attempting -> claimed. The one step that looks backward; the attempt stays counted, its
-- money is given back, and the servers are told that it will be tried again.
-- KEYS: journal, outcome stream, what was spent on the day of the attempt.
-- ARGV: hand, attempt, outcome field, outcome (JSON), cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local before = read(KEYS[1])
local record = before and fields_of(before) or {}
if record.state == 'claimed' and record.attempts == ARGV[2] then
  return 1
end
if record.state ~= 'attempting' or record.attempts ~= ARGV[2] or record.by ~= ARGV[1] then
  return 0
end
-- What can fail comes first, so that a failed call has done nothing.
redis.call('XADD', KEYS[2], '*', ARGV[3], ARGV[4])
record.state, record.deadline = 'claimed', nil
write(KEYS[1], text_of(record))
if tonumber(ARGV[6]) > 0 and redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('DECRBY', KEYS[3], ARGV[5])
end
return 1
