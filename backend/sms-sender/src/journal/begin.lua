-- Writes intents down: claimed -> attempting, and a message that nobody took up before straight to attempting. Only the holder of the slot
-- may, and only one of those who took a message up wins. The money is counted in the same step, so that several senders together cannot
-- spend more than the day allows. Many messages go in one call; each is a step of its own, and one that fails does not touch the others.
-- KEYS: slot, then for every message: journal, and where money is counted, what was spent that day.
-- ARGV: slot token, keep (ms), then for every message: its record as it is with this intent when nobody took it up before, and its cost and
-- the day's cap with a space between them ('' = none is counted).
-- Returns a line for every message: 'begun', 'no_slot', 'spend_cap', 'elsewhere' (it is not where the caller believes it to be), or '!' and
-- an error.
local token, keep = ARGV[1], ARGV[2]
local FIRST = 'attempting - 1 '

local function begin(journal, new, spent, charge)
  -- Nearly all: nobody took it up before, and there is no money to count. One command looks and writes.
  local is_first = string.sub(new, 1, #FIRST) == FIRST
  if is_first and not spent and redis.call('SET', journal, new, 'NX', 'PX', keep) then
    return 'begun'
  end
  local intent = fields_of(new)
  local before = read(journal)
  local record = before and fields_of(before) or {}
  local state, attempts, attempt = record.state, record.attempts, intent.attempts
  -- The answer to this very call was lost and it comes again.
  if state == 'attempting' and attempts == attempt and record.by == intent.by then
    return 'begun'
  end
  local is_new = not before and is_first
  if not is_new and (state ~= 'claimed' or tonumber(attempts) ~= tonumber(attempt) - 1) then
    return 'elsewhere'
  end
  if spent then
    local cost, cap = string.match(charge, '^(%d+) (%d+)$')
    if tonumber(redis.call('GET', spent) or '0') + tonumber(cost) > tonumber(cap) then
      return 'spend_cap'
    end
    redis.call('INCRBY', spent, cost)
    redis.call('EXPIRE', spent, 3 * 86400)
  end
  if before then
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
local key = 2
for at = 3, #ARGV, 2 do
  local journal, charge, spent = KEYS[key], ARGV[at + 1], nil
  key = key + 1
  if charge ~= '' then
    spent = KEYS[key]
    key = key + 1
  end
  if ours then
    local well, answer = pcall(begin, journal, ARGV[at], spent, charge)
    answers[#answers + 1] = well and answer or '!' .. (type(answer) == 'table' and answer.err or tostring(answer))
  else
    answers[#answers + 1] = 'no_slot'
  end
end
return table.concat(answers, '\n')
