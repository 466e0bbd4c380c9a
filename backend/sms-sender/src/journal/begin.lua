-- Writes intents down: claimed -> attempting, and a message that nobody took up before straight to attempting. Only the holder of the slot
-- may, and only one of those who took a message up wins. The money is counted in the same step, so that several senders together cannot
-- spend more than the day allows. Many messages go in one call; each is a step of its own, and one that fails does not touch the others.
-- KEYS: slot, then for every message: journal, what was spent that day.
-- ARGV: slot token, keep (ms), then for every message: hand, attempt (number of this call of the gateway, from 1), cost, cap (0 = none), its
-- record as it is with this intent when nobody took it up before.
-- Returns for every message 'begun', 'no_slot', 'spend_cap', 'elsewhere' (it is not where the caller believes it to be), or '!' and an error.
local token, keep = ARGV[1], ARGV[2]
local PARTS = 5

local function begin(journal, spent, at)
  local hand, attempt, cap, new = ARGV[at], ARGV[at + 1], ARGV[at + 3], ARGV[at + 4]
  -- Nearly all: nobody took it up before, and there is no money to count. One command looks and writes.
  if attempt == '1' and cap == '0' and redis.call('SET', journal, new, 'NX', 'PX', keep) then
    return 'begun'
  end
  local before = read(journal)
  local record = before and fields_of(before) or {}
  local state, attempts = record.state, record.attempts
  -- The answer to this very call was lost and it comes again.
  if state == 'attempting' and attempts == attempt and record.by == hand then
    return 'begun'
  end
  local is_new = not before and attempt == '1'
  if not is_new and (state ~= 'claimed' or tonumber(attempts) ~= tonumber(attempt) - 1) then
    return 'elsewhere'
  end
  if cap ~= '0' then
    local cost = tonumber(ARGV[at + 2])
    if tonumber(redis.call('GET', spent) or '0') + cost > tonumber(cap) then
      return 'spend_cap'
    end
    redis.call('INCRBY', spent, cost)
    redis.call('EXPIRE', spent, 3 * 86400)
  end
  if before then
    local intent = fields_of(new)
    for _, name in ipairs({ 'state', 'attempts', 'by', 'deadline', 'segments' }) do
      record[name] = intent[name]
    end
    new = text_of(record)
  end
  write(journal, new, keep)
  return 'begun'
end

local ours = redis.call('GET', KEYS[1]) == token
local answers = {}
for number = 1, (#KEYS - 1) / 2 do
  if ours then
    local well, answer = pcall(begin, KEYS[2 * number], KEYS[2 * number + 1], 3 + (number - 1) * PARTS)
    answers[number] = well and answer or '!' .. (type(answer) == 'table' and answer.err or tostring(answer))
  else
    answers[number] = 'no_slot'
  end
end
return answers
