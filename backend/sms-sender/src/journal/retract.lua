-- The book of calls says that the gateway was not asked, or did not take the message: attempting -> claimed, as if the intent had not been
-- written. Its money is given back; nobody is told, because nothing happened.
-- KEYS: journal, what was spent on the day of the intent. ARGV: who wrote it, attempt, cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local before = read(KEYS[1])
local record = before and fields_of(before) or {}
if record.state ~= 'attempting' or record.attempts ~= ARGV[2] or record.by ~= ARGV[1] then
  return 0
end
record.state, record.attempts, record.deadline = 'claimed', tonumber(record.attempts) - 1, nil
write(KEYS[1], text_of(record))
if tonumber(ARGV[4]) > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('DECRBY', KEYS[2], ARGV[3])
end
return 1
