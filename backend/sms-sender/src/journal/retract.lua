-- The book of calls says that the gateway was not asked, or did not take the message: attempting -> claimed, as if the intent had not been
-- written. Its money is given back; nobody is told, because nothing happened.
-- KEYS: its hash, what was spent on the day of the intent.
-- ARGV: event id, keep (ms), who wrote it, attempt, cost, cap (0 = nothing was counted).
-- Returns 1 when the message may be sent again.
local id, keep, by, attempt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local before = read(id)
local record = before and fields_of(before) or {}
if record.state ~= 'attempting' or record.attempts ~= attempt or record.by ~= by then
  return 0
end
record.state, record.attempts, record.deadline = 'claimed', tonumber(record.attempts) - 1, nil
write(id, text_of(record), keep)
if tonumber(ARGV[6]) > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('DECRBY', KEYS[2], ARGV[5])
end
return 1
